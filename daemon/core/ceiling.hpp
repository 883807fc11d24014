// SPDX-License-Identifier: Apache-2.0
// The compiled ceilings of R2: configuration lowers them, nothing raises them. Figures: docs/evidence.md, "Safety"; R1,
// R4.
#pragma once

#include <chrono>

#include "daemon/core/units.hpp"

namespace knead::ceiling {

constexpr Newtons kHardLimit{60.0};               ///< motor off at or above it, relative to the reference tare
constexpr std::chrono::milliseconds kLease{250};  ///< a motor request not renewed for this long lapses
constexpr std::chrono::milliseconds kTtl{500};    ///< what the ball is told; it stops by itself after it
constexpr std::chrono::milliseconds kStale{20};   ///< no fresh sample for this long: motor off
constexpr double kMotorLevel = 1.0;               ///< of the motor's full scale
constexpr int kTemperatureC = 45;                 ///< of the ball
constexpr std::chrono::seconds kVibration{240};   ///< motor-on time in one session
/// Motor-on time without a rest. (choice: the longest release step of the shipped routine takes 135 s and must not be
/// cut short; 2 min a side is what is in trial, NCT07307014)
constexpr std::chrono::seconds kVibrationRun{150};
/// Full strengths a second by which the motor may grow stronger. (choice: half a second to full strength is twice what
/// a startled person takes to let go)
constexpr double kRisePerS = 2.0;

}  // namespace knead::ceiling
