// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/relaxation.hpp"

#include <cmath>

namespace knead::session {

void RelaxationAccumulator::feed(SessionTime t, const Sample& sample, const Band& band, Newtons contact) noexcept {
  if (complete_) return;
  // What the ball's host lost is marked; what the record lost, only the numbers tell.
  const bool missing = next_seq_ && sample.seq != *next_seq_;
  next_seq_ = sample.seq + 1;
  const bool broken = missing || has(sample.quality, Quality::kGapBefore) || has(sample.quality, Quality::kReanchored);
  const bool pressed = usable(sample.quality) && std::isfinite(sample.force.value) && sample.force > contact;
  if (broken || !pressed) began_.reset();
  if (!began_) {
    if (!pressed || sample.force < band.lo || sample.force > band.hi) return;
    began_ = t;
    seconds_ = {};
  }
  const auto second = static_cast<std::size_t>((t - *began_) / std::chrono::seconds(1));
  if (second >= kSeconds) {
    complete_ = true;
    return;
  }
  seconds_.at(second).sum_n += sample.force.value;
  ++seconds_.at(second).count;
}

std::optional<Relaxation> RelaxationAccumulator::result() const noexcept {
  if (!complete_) return std::nullopt;
  for (const Second& second : seconds_) {
    if (second.count == 0) return std::nullopt;
  }
  const auto mean = [this](std::size_t n) { return seconds_.at(n).sum_n / static_cast<double>(seconds_.at(n).count); };
  double n = 0.0;
  double x_mean = 0.0;
  double y_mean = 0.0;
  double xx = 0.0;
  double xy = 0.0;
  for (std::size_t second = 1; second < kSeconds; ++second) {
    const double x = std::log(static_cast<double>(second) + 0.5);
    const double y = std::log(mean(second));
    n += 1;
    const double dx = x - x_mean;
    x_mean += dx / n;
    y_mean += (y - y_mean) / n;
    xx += dx * (x - x_mean);
    xy += dx * (y - y_mean);
  }
  return Relaxation{.r60 = (mean(0) - mean(kSeconds - 1)) / mean(0), .slope = xy / xx};
}

}  // namespace knead::session
