// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace knead::cli {

std::string clock_text(double seconds) {
  constexpr double kLongest = 1e9;
  const auto whole = static_cast<long>(std::isfinite(seconds) ? std::clamp(seconds, 0.0, kLongest) : 0.0);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string calibration_text(const api::CalibrationStatus& calibration) {
  if (!calibration.by_weights) return fmt::format("calibrated before {:.10}", calibration.at);
  const auto days = static_cast<long>(std::clamp(calibration.age_days, 0.0, 1e6));
  std::string text =
      fmt::format("calibrated {:.10} ({})", calibration.at,
                  days == 0 ? std::string("today") : fmt::format("{} day{} ago", days, days == 1 ? "" : "s"));
  if (calibration.residual_pct) text += fmt::format(", residual {:.2f} %", *calibration.residual_pct);
  return text;
}

std::string describe(const api::BallStatus& ball) {
  std::string text = fmt::format("{} on {}", ball.serial.empty() ? "(no serial)" : ball.serial, ball.path);
  if (!ball.problem.empty()) return text + ": " + ball.problem;
  text += fmt::format(": {} Hz", ball.rate_hz);
  if (ball.force_n) text += fmt::format(", {:.1f} N", *ball.force_n);
  if (ball.temperature_c) text += fmt::format(", {} °C", *ball.temperature_c);
  if (!ball.calibrated) text += ", not calibrated (`knead calibrate`)";
  if (ball.calibration) text += ", " + calibration_text(*ball.calibration);
  if (ball.lost > 0) text += fmt::format(", {} samples lost", ball.lost);
  for (const auto& trip : ball.trips) text += fmt::format("; {}", trip.detail.empty() ? trip.kind : trip.detail);
  return text;
}

}  // namespace knead::cli
