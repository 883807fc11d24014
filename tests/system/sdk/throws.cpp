// SPDX-License-Identifier: Apache-2.0
// A plugin whose set ends in an exception, and that refuses the exercise "none" by another.
#include <knead/plugin.hpp>
#include <stdexcept>

namespace {

class Throws final : public knead::sdk::SampledPlugin {
 public:
  static constexpr knead::sdk::About kAbout{.id = "throws", .name = "Throws", .version = "1.0.0"};
  explicit Throws(knead::sdk::Host& host) : SampledPlugin(host) {
    if (host.text("exercise", "") == "none") throw knead::sdk::Refusal("there is no exercise called \"none\"");
  }

 private:
  void on_samples(std::span<const knead::sdk::Sample> /*samples*/, std::uint64_t /*lost*/) override {
    if (host().state() == knead::sdk::State::kActive) throw std::runtime_error("the table is empty");
  }
};

}  // namespace

KNEAD_PLUGIN(Throws)
