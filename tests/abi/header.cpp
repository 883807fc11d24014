// SPDX-License-Identifier: Apache-2.0
// The C++ header must come first, and need nothing before it; twice, since authors include what they use.
#include <knead/plugin.hpp>
//
#include <knead/plugin.hpp>

namespace {

class Smallest final : public knead::sdk::Plugin {
 public:
  static constexpr knead::sdk::About kAbout{.id = "smallest", .name = "Smallest", .version = "1.0.0"};
  explicit Smallest(knead::sdk::Host& host) : Plugin(host) {}

 private:
  void on_activation_start(const knead::sdk::ActivationStart& /*event*/) override { host().finish(false); }
};

}  // namespace

KNEAD_PLUGIN(Smallest)
