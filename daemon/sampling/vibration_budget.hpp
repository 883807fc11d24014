// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace knead::sampling {

/// How long the motor rests once a run of it is used up, and how long a pause must be to end a run. (choice: a person
/// who shifts the ball is back sooner; it is not configurable, since less would undo the limit of a run)
constexpr std::chrono::seconds kRest{10};

/// Motor-on time, by what the ball says it applied and on its clock: it is the vibration that is bounded, not the wish.
///
///             on for `run`, pauses below kRest left out
///   [fresh] ────────────────────────────────────────────▶ [tired]      off for kRest ends every run
///      ▲                                                     │
///      └──────────────────── off for kRest ──────────────────┘
///
/// Beside it the sum of a session grows until begin_session(), which is no rest: a run goes on over it.
///
/// Pure; RT safe.
class VibrationBudget {
 public:
  VibrationBudget(std::chrono::microseconds session, std::chrono::microseconds run,
                  std::chrono::microseconds ttl) noexcept
      : session_limit_(session), run_limit_(run), ttl_(ttl) {}

  /// The ball's motor was @p on at the end of @p elapsed.
  void pass(bool on, std::chrono::microseconds elapsed) noexcept;
  void begin_session() noexcept { session_ = {}; }

  [[nodiscard]] bool spent() const noexcept { return session_ >= session_limit_; }
  [[nodiscard]] bool tired() const noexcept { return tired_; }

 private:
  std::chrono::microseconds session_limit_;
  std::chrono::microseconds run_limit_;
  std::chrono::microseconds ttl_;
  std::chrono::microseconds session_{};
  std::chrono::microseconds run_{};
  std::chrono::microseconds off_for_{};
  bool on_ = false;
  bool tired_ = false;
};

}  // namespace knead::sampling
