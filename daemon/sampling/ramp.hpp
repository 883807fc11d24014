// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include "daemon/core/units.hpp"

namespace knead::sampling {

/// The slew limit: the motor's level rises at a bounded rate, so that nobody is startled by it, and falls at once.
///
///   level ▲        ┌──── wanted
///         │      ／└─┐
///         │    ／    └── a lower wish holds at once
///         │  ／             off: the next rise begins at 0
///         └────────────────────────────────────────▶ the ball's clock
///
/// Pure; RT safe.
class Ramp {
 public:
  /// @p rise_per_s full strengths a second.
  explicit Ramp(double rise_per_s) noexcept : levels_per_us_(rise_per_s * 255.0 / 1e6) {}

  /// @p elapsed on the ball's clock since the last call; with 0 the level can only fall. @return what is due of
  /// @p wanted.
  Level follow(Level wanted, std::chrono::microseconds elapsed) noexcept {
    if (wanted.value == 0) {
      reached_ = 0.0;
      return {};
    }
    const double room =
        reached_ + levels_per_us_ * static_cast<double>(std::max(elapsed.count(), elapsed.zero().count()));
    reached_ = std::min<double>(wanted.value, room);
    // Upwards, so that the first step is felt as soon as it is due.
    return {static_cast<std::uint8_t>(std::ceil(reached_))};
  }

 private:
  double levels_per_us_;
  double reached_ = 0.0;  // 0..255, with its fraction
};

}  // namespace knead::sampling
