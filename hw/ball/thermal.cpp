// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/thermal.hpp"

#include <chrono>
#include <cmath>

namespace knead::ball {

void Thermal::advance(DeviceTime now, Level level) {
  const double elapsed_s = to_seconds(now - last_);
  last_ = now;
  if (held_ || elapsed_s <= 0.0) return;
  const double settled = kRoomC + kRiseAtFullK * level.fraction();
  celsius_ = settled + (celsius_ - settled) * std::exp(-elapsed_s / kTimeConstantS);
  judge();
}

void Thermal::hold(std::optional<double> celsius) {
  held_ = celsius.has_value();
  if (celsius) celsius_ = *celsius;
  judge();
}

void Thermal::judge() noexcept {
  if (celsius_ > kLimitC) too_hot_ = true;
  if (celsius_ < kReleaseC) too_hot_ = false;
}

}  // namespace knead::ball
