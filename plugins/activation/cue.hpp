// SPDX-License-Identifier: Apache-2.0
// Every sentence of the set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugins/activation/exercise.hpp"

namespace activation {

/// The numbers are those of knead/plugin.h; plugin.cpp holds them to it.
enum class CueKind : std::uint8_t {
  kInfo = 0,
  kLighter = 3,
  kLetGo = 5,
  kCountdown = 7,
  kRepUp = 8,
  kRepHold = 9,
  kRepDown = 10,
  kRest = 11,
  kDone = 12,
};
enum class Urgency : std::uint8_t { kLow = 0, kNormal = 1, kHigh = 2 };

struct Cue {
  CueKind kind = CueKind::kInfo;
  std::string text;
  Urgency urgency = Urgency::kNormal;
  std::optional<int> count{};
};

/// Rep @p n of @p reps.
struct Place {
  int n = 1;
  int reps = 1;
};

Cue setup_cue(const Exercise& exercise);
Cue ball_cue(const Exercise& exercise);
Cue countdown_cue(int seconds);
Cue up_cue(const Exercise& exercise, Place rep);
Cue hold_cue(const Exercise& exercise);
Cue down_cue(const Exercise& exercise);
Cue rest_cue();
/// Nobody has begun the rep for a while.
Cue reminder_cue(const Exercise& exercise, Place rep);
/// A press lasts much longer than the tempo asks for.
Cue let_go_cue();
/// @param again the rep before was too hard as well.
Cue lighter_cue(bool again);
Cue done_cue(int reps);
Cue time_up_cue(Place done);

}  // namespace activation
