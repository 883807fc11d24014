// SPDX-License-Identifier: Apache-2.0
// What a plugin may do to a session. It is somebody else's code: every value is checked, every flood has an end.
#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/session/session.hpp"
#include "daemon/session/text.hpp"

namespace knead::session {
namespace {

/// R1: a plugin that hangs has its request lapse, and the motor is off within 250 ms. The main thread sees the lapse a
/// beat of 10 ms later at most, and a reading and a command are on their way for a millisecond or two each.
constexpr std::chrono::milliseconds kMaxPluginMotor{250 - 20};
constexpr std::size_t kMaxKeyBytes = 64;
constexpr std::size_t kMaxUnitBytes = 16;
constexpr std::size_t kMaxTextBytes = 200;

bool believable(const Rep& rep) {
  const auto good = [](double value) { return std::isfinite(value) && value >= 0; };
  return good(rep.peak.value) && good(rep.mean.value) && good(rep.impulse_ns) && rep.duration.count() >= 0;
}

}  // namespace

void Session::on_plugin(SessionTime t, const PluginAction& action) {
  advance(t);
  if (ended()) return;
  std::visit([this](const auto& each) { on_action(each); }, action);
}

void Session::on_plugin_failed(SessionTime t, std::string_view reason) {
  advance(t);
  if (ended() || plugin_failure_) return;
  plugin_failure_ = clean_text(reason, kMaxReasonBytes);
  plugin_motor_until_ = now_;
  emit(event::PluginFailed{*plugin_failure_});
  if (phase_ == Phase::kActivation) return end_activation(*plugin_failure_);
  cue(CueKind::kWarning, "The exercise part is not available today. The release goes on.");
}

void Session::on_action(const action::ShowCue& action) {
  Cue shown = action.cue;
  shown.text = clean_text(shown.text, kMaxCueBytes);
  const bool its_turn = phase_ == Phase::kActivation && !paused_;
  if (!its_turn || shown.text.empty() || !cue_limit_.admits(now_)) {
    ++dropped_cues_;
    return;
  }
  last_cue_ = shown;
  emit(event::Cued{.cue = std::move(shown), .from_plugin = true});
}

void Session::on_action(const action::RequestMotor& action) {
  if (phase_ != Phase::kActivation || paused_) return;
  plugin_motor_ = action.request;
  plugin_motor_.frequency_hz = std::min(plugin_motor_.frequency_hz, kMaxFrequencyHz);
  if (plugin_motor_.pattern > protocol::Pattern::kWave) plugin_motor_.pattern = protocol::Pattern::kSteady;
  plugin_motor_until_ = now_ + std::clamp(action.duration, std::chrono::milliseconds(0), kMaxPluginMotor);
}

/// Taken in a pause too: the person did the rep, and the word of it was still on its way.
void Session::on_action(const action::LogRep& action) {
  if (phase_ != Phase::kActivation || static_cast<int>(reps_.size()) >= target_reps() || !believable(action.rep)) {
    ++ignored_reps_;
    return;
  }
  Rep rep = action.rep;
  rep.n = static_cast<int>(reps_.size()) + 1;
  rep.start = std::clamp(rep.start, activation_began_, now_);
  rep.duration = std::min(rep.duration, now_ - activation_began_);
  rep.too_hard = rep.too_hard || rep.peak > routine_.activation->ceiling;
  reps_.push_back(rep);
  emit(event::RepDone{rep});
}

void Session::on_action(const action::Note& action) {
  event::Noted note{.key = clean_text(action.key, kMaxKeyBytes),
                    .value = action.value,
                    .unit = clean_text(action.unit, kMaxUnitBytes),
                    .text = clean_text(action.text, kMaxTextBytes)};
  if (note.key.empty() || !std::isfinite(note.value) || !note_limit_.admits(now_)) {
    ++dropped_notes_;
    return;
  }
  emit(std::move(note));
}

void Session::on_action(const action::RequestRelease& action) {
  const bool its_turn = !paused_ && (phase_ == Phase::kRelease || (phase_ == Phase::kActivation && reps_.empty()));
  const bool granted = action.credit >= kMinFurtherCredit && action.credit <= further_left_ &&
                       further_steps_ < kMaxFurtherSteps && steps_.size() < kMaxSteps;
  if (!its_turn || !granted) {
    ++refused_releases_;
    return;
  }
  further_left_ -= action.credit;
  ++further_steps_;
  ReleaseStep more = routine_.release.back();
  more.credit = action.credit;
  more.max_elapsed = usual_elapsed(action.credit);
  const StepResult& last = steps_.back();
  steps_.push_back({.target = more.credit, .side = last.side, .muscle = last.muscle});
  routine_.release.push_back(std::move(more));
  emit(event::StepAdded{.step = static_cast<int>(steps_.size()) - 1, .credit = action.credit});
  if (phase_ != Phase::kActivation) return;
  open_ = false;
  plugin_motor_until_ = now_;
  begin_step(steps_.size() - 1);
}

void Session::on_action(const action::SaveState& action) {
  if (action.bytes.size() > kMaxStateBytes || state_saves_ == kMaxStateSaves) return;
  ++state_saves_;
  saved_state_ = action.bytes;
}

void Session::on_action(const action::Finish& /*action*/) {
  if (phase_ == Phase::kActivation) end_activation("the exercise ended early");
}

void Session::note_dropped() {
  const auto note = [this](std::string key, std::uint64_t count, std::string text) {
    if (count == 0) return;
    emit(event::Noted{.key = std::move(key), .value = static_cast<double>(count), .unit = {}, .text = std::move(text)});
  };
  note("session.ignored_reps", ignored_reps_, "reps beyond the target, outside the activation, or not believable");
  note("session.refused_releases", refused_releases_, "further release steps beyond what the routine grants");
  note("session.dropped_cues", dropped_cues_, "plugin cues that came too fast, empty, or not in its turn");
  note("session.dropped_notes", dropped_notes_, "plugin notes that came too fast or could not be stored");
}

}  // namespace knead::session
