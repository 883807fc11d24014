// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/ext/samples.h>

#include <array>
#include <cstdint>
#include <span>

#include "host.hpp"
#include "plugin_base.hpp"

namespace knead::sdk {

using Sample = knead_sample_t;

/// Its force may be used.
[[nodiscard]] constexpr bool is_usable(const Sample& sample) noexcept {
  return (sample.quality & std::uint32_t{KNEAD_QUALITY_UNUSABLE}) == 0;
}
/// Nothing is missing between the sample before and this one, so that the time between them may be counted.
[[nodiscard]] constexpr bool is_connected(const Sample& sample) noexcept {
  constexpr std::uint32_t kBroken{KNEAD_QUALITY_GAP_BEFORE | KNEAD_QUALITY_REANCHORED};
  return (sample.quality & kBroken) == 0;
}
[[nodiscard]] constexpr SessionTime time_of(const Sample& sample) noexcept { return SessionTime{sample.session_us}; }

/// Every sample of the ball up to the event at hand, oldest first, each once. Throws a Refusal where this Knead has no
/// samples.
class SampleReader {
 public:
  explicit SampleReader(const Host& host)
      : host_(host), samples_(static_cast<const knead_samples_t*>(host.extension(KNEAD_EXT_SAMPLES))) {
    if (samples_ == nullptr) throw Refusal("this Knead has no samples for plugins");
  }

  /// The next batch, valid until the next call; empty when there are no more for now.
  [[nodiscard]] std::span<const Sample> read() noexcept {
    std::uint32_t count = 0;
    std::uint64_t lost = 0;
    if (!ok(Status{samples_->read(host_.abi(), batch_.data(), kBatch, &count, &lost)})) return {};
    lost_ = told_ ? lost : lost_ + lost;
    told_ = count > 0;
    return std::span<const Sample>(batch_).first(count);
  }
  /// How many are missing before the last batch, because the plugin came too late for them.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  static constexpr std::uint32_t kBatch = 512;
  const Host& host_;
  const knead_samples_t* samples_;
  std::uint64_t lost_ = 0;
  bool told_ = true;  ///< lost_ came with a batch
  std::array<Sample, kBatch> batch_{};
};

/// A plugin that is given every sample, before each event that comes after it.
class SampledPlugin : public Plugin {
 protected:
  explicit SampledPlugin(Host& host) : Plugin(host), reader_(host) {}

  /// @p lost samples are missing before the first of @p samples.
  virtual void on_samples(std::span<const Sample> samples, std::uint64_t lost) = 0;

 private:
  void before_event() final {
    for (auto batch = reader_.read(); !batch.empty(); batch = reader_.read()) on_samples(batch, reader_.lost());
  }

  SampleReader reader_;
};

}  // namespace knead::sdk
