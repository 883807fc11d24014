// SPDX-License-Identifier: Apache-2.0
// What is pure in calibrating and taring a ball: is it at rest, do known weights lie on a line, may it be tared.
// PROTOCOL.md, section 6, has the formulas; the ball and the record are somebody else's (daemon/live/calibrator.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/sample.hpp"
#include "daemon/core/units.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::session {

/// Standard acceleration of gravity in m/s² (3rd CGPM, 1901): makes newtons of a weight's kilograms. The true one
/// differs by 0.3 % at most between the equator and the poles, less than a kitchen scale.
constexpr double kStandardGravity = 9.80665;

/// So much is looked at to find a ball at rest: 50 periods of the mains' hum, four times the ball's own window for
/// TARE. (choice)
constexpr std::chrono::microseconds kRestWindow = std::chrono::seconds(1);
/// At rest: no two readings of the window further apart, spikes aside. The ball's own bound for TARE (PROTOCOL.md,
/// section 6).
constexpr Newtons kSteadiness{0.5};
/// Unloaded: no further from the *reference* tare, so that taring again and again cannot creep past a limit (EVIDENCE,
/// Safety). A hand that rests on the ball weighs more. (choice)
constexpr Newtons kUnloaded{3.0};

/// What a second of readings of a ball at rest came to. Converter counts.
struct Rest {
  double raw = 0.0;         ///< mean
  double spread_raw = 0.0;  ///< largest less smallest
  std::uint64_t readings = 0;
  DeviceTime from{};  ///< of the first and the last reading that count
  DeviceTime to{};
  bool operator==(const Rest&) const = default;
};

/// Looks at the newest kRestWindow of @p samples, which are in order. Single spikes are taken out first (median of
/// three). @p slope in newtons per count, where the ball is calibrated: without it only a reading that wanders is
/// found, and calibrate() looks again with its own. Error: kRefused, with what is in the way and what to do.
[[nodiscard]] Result<Rest> at_rest(std::span<const Sample> samples, std::optional<double> slope);

// ---- Calibration --------------------------------------------------------------------------------------------------

/// A ball at rest under a force that is known.
struct KnownForce {
  Newtons force{};  ///< 0: unloaded
  double raw = 0.0;
  double spread_raw = 0.0;
  bool operator==(const KnownForce&) const = default;
};

/// Unloaded, the one that gives the slope, and some to show how straight the line is. (choice)
constexpr std::size_t kMaxKnownForces = 8;
/// Its error grows with the way from it to the hard limit of 60 N: 10 g more or less are 2 % of 5 N, and 1.2 N there.
constexpr Newtons kLightestCalibration{5.0};
/// Above it a calibration is worth a word: 1 N on a ball of 100 N is the band's hysteresis, so a session feels it.
constexpr double kResidualNoticePct = 1.0;
/// Above it a calibration is refused: 4 N on a ball of 100 N is how well people hold a force that they see (Snodgrass,
/// Man Ther 2010;15:19), and a sensor that is worse than the hand judges nobody. Mostly a weight was not what it was
/// said to be.
constexpr double kResidualLimitPct = 4.0;
/// A slope that moves by more since the last calibration is a wrong weight sooner than a changed ball. (choice)
constexpr double kLikelyChangePct = 25.0;

/// What the ball is and has.
struct CalibrationTask {
  std::uint16_t full_scale_n = 0;  ///< rating of the load cell; 0: not known, then the heaviest weight stands for it
  protocol::Calibration before{};
  bool accept_change = false;  ///< a person says that the ball has changed by much
};

struct CalibrationResult {
  protocol::Calibration calibration{};
  /// What the line says less what is known, in newtons, one for each known force, in their order; of the two that make
  /// the line it is what rounding leaves.
  std::vector<double> residuals_n;
  /// Largest of them in % of full scale; empty where only two forces are known, which always lie on a line.
  std::optional<double> residual_pct;
  double change_pct = 0.0;  ///< of the slope, from the one before; 0 without one
  std::string notice;       ///< what is worth a word, for a person; empty: nothing
};

/// The line through the unloaded point and the heaviest known force, judged by the others. Any order.
/// Errors: kInvalidInput (which forces), kRefused (what they show), each with the way out.
[[nodiscard]] Result<CalibrationResult> calibrate(std::span<const KnownForce> known, const CalibrationTask& task);

// ---- Tare ---------------------------------------------------------------------------------------------------------

/// Whether a ball at rest is unloaded: by its reference. Error: kRefused, with the force and the way out.
[[nodiscard]] Result<> check_unloaded(double raw, const protocol::Calibration& calibration);

}  // namespace knead::session
