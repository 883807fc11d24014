// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/cue.hpp"

namespace activation {
namespace {

std::string reps_of(int reps) { return std::to_string(reps) + (reps == 1 ? " rep." : " reps."); }

std::string ask_for(const Exercise& exercise, Place rep) {
  std::string text = "Rep " + std::to_string(rep.n);
  text += rep.n == rep.reps && rep.reps > 1 ? ", the last. " : ". ";
  text += exercise.up;
  return text;
}

}  // namespace

Cue setup_cue(const Exercise& exercise) { return {CueKind::kInfo, std::string(exercise.setup)}; }

Cue ball_cue(const Exercise& exercise) { return {CueKind::kInfo, std::string(exercise.ball)}; }

Cue countdown_cue(int seconds) {
  return {CueKind::kCountdown, std::to_string(seconds) + ".", Urgency::kNormal, seconds};
}

Cue up_cue(const Exercise& exercise, Place rep) {
  return {CueKind::kRepUp, ask_for(exercise, rep), Urgency::kNormal, rep.n};
}

Cue hold_cue(const Exercise& exercise) { return {CueKind::kRepHold, std::string(exercise.hold)}; }

Cue down_cue(const Exercise& exercise) { return {CueKind::kRepDown, std::string(exercise.down)}; }

Cue rest_cue() { return {CueKind::kRest, "Rest."}; }

Cue reminder_cue(const Exercise& exercise, Place rep) {
  return {CueKind::kRepUp, "When you are ready. " + ask_for(exercise, rep), Urgency::kLow, rep.n};
}

Cue let_go_cue() { return {CueKind::kLetGo, "Lower, and let go."}; }

Cue lighter_cue(bool again) {
  return {CueKind::kLighter, again ? "Still too hard. Use half the effort." : "Lighter.", Urgency::kHigh};
}

Cue done_cue(int reps) { return {CueKind::kDone, "Done. " + reps_of(reps), Urgency::kNormal, reps}; }

Cue time_up_cue(Place done) {
  return {CueKind::kInfo, "Time is up. " + std::to_string(done.n) + " of " + reps_of(done.reps), Urgency::kNormal,
          done.n};
}

}  // namespace activation
