// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "daemon/session/calibration.hpp"

namespace knead::cli {

/// Collects the points of a calibration, one known force after the other, and then the unloaded ball once more: a
/// sensor that does not come back to where it was has crept, or something still lies on it.
///
///            begin(now)             at rest, and changed where nobody says so
///   [named] ────────────▶ [looking] ────────────────────────────────────────▶ [named], the next force ── … ──▶
///   [complete]
///                             └── not within the patience ──▶ [given up]
///
/// Pure: what the ball says and what time it is are arguments. Nothing is written to a ball by it.
class PointCollector {
 public:
  /// @p weights in the order in which they are put on, after the unloaded ball. @p wait_for_change: nobody says when a
  /// force is there, so it is when the reading has come to rest where it has not been before.
  PointCollector(std::vector<Newtons> weights, bool wait_for_change, std::chrono::milliseconds patience);

  enum class Step : std::uint8_t { kLooking, kTaken, kGivenUp };

  /// The person says that current() acts, or is about to. @pre not complete().
  void begin(HostTime now) noexcept { until_ = now + patience_; }
  /// What the ball said now. @pre not complete().
  Step take(HostTime now, const Result<session::Rest>& rest);

  [[nodiscard]] bool complete() const noexcept { return zero_again_.has_value(); }
  /// What has to act now; 0: nothing. @pre not complete().
  [[nodiscard]] Newtons current() const {
    return points_.size() < forces_.size() ? forces_[points_.size()] : Newtons{};
  }
  [[nodiscard]] const std::vector<session::KnownForce>& points() const noexcept { return points_; }
  /// Whether the unloaded ball reads after the weights what it read before, to session::kSteadiness by the heaviest of
  /// them. Error: kRefused, with the difference and the way out. @pre complete().
  [[nodiscard]] Result<> check_zero() const;
  /// Why it was given up, or why it is still looking.
  [[nodiscard]] const Error& problem() const noexcept { return problem_; }

 private:
  [[nodiscard]] bool is_new(const session::Rest& rest) const;

  std::vector<Newtons> forces_;
  bool wait_for_change_;
  std::chrono::milliseconds patience_;
  HostTime until_{};
  std::vector<session::KnownForce> points_;
  std::optional<double> zero_again_;  ///< raw
  Error problem_{};
};

}  // namespace knead::cli
