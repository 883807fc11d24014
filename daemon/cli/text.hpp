// SPDX-License-Identifier: Apache-2.0
// Values as people read them. Pure.
#pragma once

#include <string>

#include "daemon/api/messages.hpp"

namespace knead::cli {

/// "1:05" or "2:03:04".
std::string clock_text(double seconds);
/// "calibrated 2026-03-01 (3 days ago), residual 0.21 %"
std::string calibration_text(const api::CalibrationStatus& calibration);
/// "KN-0001 on usb 1-2: 1000 Hz, 12.3 N" or what is wrong with it.
std::string describe(const api::BallStatus& ball);

}  // namespace knead::cli
