// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugins/activation/exercise.hpp"

namespace activation {

/// Fewer than ten, always: whatever the routine says. docs/evidence.md, Dose.
constexpr int kMostReps = 9;

// The lead-in: "Lie face down ..." is said at 0, where the ball goes next, then 3, 2, 1. Each text has the time that a
// voice takes for it; the exercises' test holds them to it. (choice)
constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kSetupUs = 4 * kSecondUs;
constexpr std::int64_t kBallUs = 3 * kSecondUs;
constexpr int kCountdownFrom = 3;
constexpr std::int64_t kLeadInUs = kSetupUs + kBallUs + kCountdownFrom * kSecondUs;
/// After a pause the person knows where the ball goes.
constexpr std::int64_t kShortLeadInUs = kSetupUs + kCountdownFrom * kSecondUs;

/// The set ends by itself so much before the session would end it, so that its totals are still taken. Five ticks.
constexpr std::int64_t kEndEarlyUs = 250'000;

struct SetPlan {
  Exercise exercise;
  int reps = 8;
  Tempo tempo;
  Detection detect = Detection::kPress;
  double press_n = 3.0;
  double ceiling_n = 8.0;
  std::int64_t max_elapsed_us = 0;  ///< without pauses; 0: the routine gave none
  bool haptics = true;

  [[nodiscard]] std::int64_t rep_us() const noexcept { return tempo.up_us + tempo.hold_us + tempo.down_us; }
};

/// The plan within bounds that every number after it can rely on: 1..kMostReps reps, phases that take time, an end.
SetPlan within_bounds(SetPlan plan) noexcept;

/// Why nobody could do this set, "what; what to do", or nothing.
std::optional<std::string> problem_with(const SetPlan& plan);

}  // namespace activation
