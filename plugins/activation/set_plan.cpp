// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/set_plan.hpp"

#include <algorithm>

namespace activation {
namespace {

// As a routine is checked for them.
constexpr std::int64_t kShortestMoveUs = 100'000;
constexpr std::int64_t kLongestPhaseUs = 30 * kSecondUs;

std::string seconds(std::int64_t us) { return std::to_string((us + kSecondUs - 1) / kSecondUs); }

}  // namespace

SetPlan within_bounds(SetPlan plan) noexcept {
  plan.reps = std::clamp(plan.reps, 1, kMostReps);
  Tempo& tempo = plan.tempo;
  tempo.up_us = std::clamp(tempo.up_us, kShortestMoveUs, kLongestPhaseUs);
  tempo.hold_us = std::clamp(tempo.hold_us, std::int64_t{0}, kLongestPhaseUs);
  tempo.down_us = std::clamp(tempo.down_us, kShortestMoveUs, kLongestPhaseUs);
  tempo.rest_us = std::clamp(tempo.rest_us, std::int64_t{0}, kLongestPhaseUs);
  if (plan.max_elapsed_us <= 0) {
    plan.max_elapsed_us = kLeadInUs + (plan.rep_us() + tempo.rest_us) * plan.reps * 3 / 2;  // as a routine's default
  }
  return plan;
}

std::optional<std::string> problem_with(const SetPlan& plan) {
  // By press the person may be quicker than the tempo; the clock is not.
  if (plan.detect != Detection::kTempo) return std::nullopt;
  const std::int64_t needed =
      kLeadInUs + plan.rep_us() * plan.reps + plan.tempo.rest_us * (plan.reps - 1) + kEndEarlyUs;
  if (plan.max_elapsed_us >= needed) return std::nullopt;
  return "with the lead-in, " + std::to_string(plan.reps) + " reps by tempo take " + seconds(needed) +
         " s, and the set may take " + std::to_string(plan.max_elapsed_us / kSecondUs) +
         " s; give max_elapsed_s = " + seconds(needed) + " or more";
}

}  // namespace activation
