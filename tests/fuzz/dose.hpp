// SPDX-License-Identifier: Apache-2.0
// A Routine in hand is one that may be run. Its dose is added up here once more, on purpose not with the reader's own
// sums (R8; docs/evidence.md, "Dose" and "Safety").
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "daemon/session/routine.hpp"
#include "tests/fuzz/must.hpp"

namespace knead::fuzz {

using namespace std::chrono_literals;
using std::chrono::microseconds;

inline void bands_are_bearable(const session::Routine& routine) {
  for (const auto& step : routine.release) {
    const double lo = step.band.lo.value;
    const double hi = step.band.hi.value;
    const double hysteresis = step.band.hysteresis.value;
    must(lo < hi && hi <= 60.0, "a band rises and ends at the hard limit");
    must(hysteresis >= 0.0 && lo - hysteresis > 0.0 && lo + hysteresis <= hi, "a hysteresis fits its band");
  }
}

inline void no_spot_is_overdone(const session::Routine& routine, session::Side chosen) {
  std::map<std::pair<std::string, session::Side>, microseconds> spots;
  for (const auto& step : routine.release) spots[{step.muscle, session::resolve(step.side, chosen)}] += step.credit;
  for (const auto& [spot, credit] : spots) must(credit <= 120s, "a spot is pressed for 120 s at most");
}

inline void steps_end(const session::Routine& routine) {
  must(!routine.release.empty() && routine.release.size() <= 8, "a routine has 1 to 8 steps");
  microseconds vibration{};
  for (const auto& step : routine.release) {
    must(step.credit >= 1s && step.max_elapsed >= step.credit && step.max_elapsed <= 180s,
         "a step can be done, and ends");
    if (step.vibration.level > Level{}) vibration += step.max_elapsed;
    must(step.vibration.pattern <= protocol::Pattern::kWave, "a pattern is one the ball has");
  }
  must(vibration <= 240s, "the motor runs for 240 s at most");
}

inline microseconds longest(const session::Routine& routine) {
  microseconds sum{};
  for (const auto& step : routine.release) sum += step.max_elapsed;
  sum += 15s * (routine.release.size() - 1);  // the waits for the contact of each later step
  if (routine.activation) sum += routine.activation->max_elapsed;
  return sum;
}

inline void is_of_the_method(const session::Routine& routine) {
  microseconds credit{};
  for (const auto& step : routine.release) credit += step.credit;
  must(credit >= 60s && credit <= 120s, "R8: release is credited 60 to 120 s");
  must(routine.activation.has_value(), "R8: the method activates after release");
  must(routine.activation->reps < 10, "R8: fewer than 10 reps");
  must(longest(routine) <= 240s && routine.worst_case() == 240s, "R8: a session ends within 240 s");
}

/// Holds @p routine against all of the above.
inline void may_be_run(const session::Routine& routine) {
  steps_end(routine);
  bands_are_bearable(routine);
  no_spot_is_overdone(routine, session::Side::kLeft);
  no_spot_is_overdone(routine, session::Side::kRight);
  if (const auto& activation = routine.activation) {
    must(activation->reps >= 1 && activation->reps <= 50, "reps are 1 to 50");
    must(activation->press < activation->ceiling && activation->ceiling.value <= 60.0, "a rep can be light enough");
    must(activation->tempo.cycle() >= 200ms, "a rep takes time");
    must(activation->max_elapsed >= activation->tempo.cycle() * activation->reps, "there is time for the reps");
  }
  if (routine.method == session::Method::kReleaseActivate) is_of_the_method(routine);
  must(longest(routine) <= 900s, "a custom session ends within 900 s");
  must(longest(routine) <= routine.worst_case(), "a session takes no longer than it says");
}

}  // namespace knead::fuzz
