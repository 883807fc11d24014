// SPDX-License-Identifier: Apache-2.0
// What the interlock holds to. Each value is at most its ceiling (R2).
#pragma once

#include <algorithm>
#include <chrono>

#include "daemon/core/ceiling.hpp"
#include "daemon/core/units.hpp"

namespace knead::sampling {

struct Limits {
  Newtons hard_limit = ceiling::kHardLimit;
  Level max_level = Level::from_fraction(ceiling::kMotorLevel);
  int max_temperature_c = ceiling::kTemperatureC;
  std::chrono::milliseconds stale = ceiling::kStale;
  std::chrono::milliseconds lease = ceiling::kLease;
  std::chrono::milliseconds ttl = ceiling::kTtl;
  double rise_per_s = ceiling::kRisePerS;                   ///< full strengths a second, on the ball's clock
  std::chrono::seconds motor_budget = ceiling::kVibration;  ///< motor-on time in one session, on the ball's clock
  std::chrono::seconds motor_run = ceiling::kVibrationRun;  ///< motor-on time without a rest, on the ball's clock

  /// No value above its ceiling, whatever a caller asked for.
  [[nodiscard]] constexpr Limits capped() const {
    constexpr Limits kCeilings{};
    return {
        // The ceiling first: what is no number becomes it.
        .hard_limit = std::min(kCeilings.hard_limit, hard_limit),
        .max_level = std::min(max_level, kCeilings.max_level),
        .max_temperature_c = std::min(max_temperature_c, kCeilings.max_temperature_c),
        .stale = std::min(stale, kCeilings.stale),
        .lease = std::min(lease, kCeilings.lease),
        .ttl = std::clamp(ttl, std::chrono::milliseconds(1), kCeilings.ttl),
        .rise_per_s = std::min(kCeilings.rise_per_s, rise_per_s),
        .motor_budget = std::min(motor_budget, kCeilings.motor_budget),
        .motor_run = std::min(motor_run, kCeilings.motor_run),
    };
  }
};

}  // namespace knead::sampling
