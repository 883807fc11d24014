// SPDX-License-Identifier: Apache-2.0
// The session's clock and the states it goes through.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/session/session.hpp"
#include "daemon/session/text.hpp"

namespace knead::session {
namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::seconds kCountdown{10};

/// "upper_trapezius" as one would say it.
std::string spoken(std::string_view name) {
  std::string words(name);
  std::ranges::replace(words, '_', ' ');
  return words;
}

}  // namespace

// ---- The clock ----------------------------------------------------------------------------------------------------

void Session::advance(SessionTime t) {
  t = std::max(t, now_);
  while (!ended()) {
    const NextDeadline next = next_deadline();
    if (next.at > t) break;
    pass(std::max(now_, next.at));
    expire(next.what);
  }
  if (ended()) return;
  pass(t);
  tick();
}

void Session::pass(SessionTime t) {
  const auto dt = t - now_;
  if (motor_request().level.value > 0) {
    vibrated_ += phase_ == Phase::kActivation ? std::min(dt, plugin_motor_until_ - now_) : dt;
  }
  if (!paused_ && phase_ == Phase::kRelease && step_clock_runs_) steps_[step_].elapsed += dt;
  if (!paused_ && phase_ == Phase::kActivation) activation_elapsed_ += dt;
  now_ = t;
}

Session::NextDeadline Session::next_deadline() const noexcept {
  if (phase_ == Phase::kWaiting) return {Deadline::kFirstContact, SessionTime{} + kContactWait};
  NextDeadline next;
  if (!paused_ && phase_ == Phase::kRelease) {
    next = step_clock_runs_ ? NextDeadline{Deadline::kStepEnd, now_ + (step().max_elapsed - steps_[step_].elapsed)}
                            : NextDeadline{Deadline::kStepClock, step_began_ + kSideChangeWait};
  } else if (!paused_ && phase_ == Phase::kActivation) {
    next = {Deadline::kActivationEnd, now_ + (routine_.activation->max_elapsed - activation_elapsed_)};
  }
  const SessionTime worst = *first_contact_ + worst_case_;
  if (worst < next.at) next = {Deadline::kWorstCase, worst};
  return next;
}

void Session::expire(Deadline what) {
  switch (what) {
    case Deadline::kNone:
      return;
    case Deadline::kFirstContact:
      return end(Outcome::kIncomplete, fmt::format("nobody leaned on the ball for {} seconds", kContactWait.count()));
    case Deadline::kStepClock:
      return start_step_clock();
    case Deadline::kStepEnd:
      return end_step(false);
    case Deadline::kActivationEnd:
      return end_activation("the time for the exercise ran out");
    case Deadline::kWorstCase:
      return end(Outcome::kIncomplete,
                 fmt::format("the session was {} seconds old, pauses included", to_seconds(worst_case_)));
  }
}

void Session::tick() {
  if (paused_ || now_ < next_tick_) return;
  emit(event::Tick{});
  // After a jump the next tick is the next one due, not all that were missed.
  next_tick_ = SessionTime{(now_.time_since_epoch() / kTick + 1) * kTick};
}

// ---- The course ---------------------------------------------------------------------------------------------------

std::string Session::spot() const {
  if (steps_.empty()) return "the spot";
  return fmt::format("your {} {}", to_string(steps_[step_].side), spoken(steps_[step_].muscle));
}

bool Session::same_spot_as_before() const noexcept {
  return step_ > 0 && steps_[step_].side == steps_[step_ - 1].side && steps_[step_].muscle == steps_[step_ - 1].muscle;
}

void Session::begin_step(std::size_t index) {
  if (index >= steps_.size()) return begin_activation();
  phase_ = Phase::kRelease;
  step_ = index;
  open_ = true;
  step_clock_runs_ = false;
  counted_down_ = false;
  step_began_ = now_;
  timer_ = ReleaseTimer(band(), step().credit);
  in_band_ = false;
  measures_.break_interval();
  emit(event::StepStarted{.step = static_cast<int>(index), .side = steps_[index].side});
  // On another spot, the pressure that is still there is the old spot's.
  let_go_ = index == 0 || same_spot_as_before() || !in_contact();
  if (let_go_ && in_contact()) return start_step_clock();
  cue(CueKind::kSide, fmt::format("Let go. Now the ball goes on {}.", spot()));
}

void Session::start_step_clock() {
  step_clock_runs_ = true;
  coach_.reset(now_);
}

void Session::feed_release(const Sample& sample) {
  if (!step_clock_runs_) {
    if (believed_ && !in_contact()) let_go_ = true;
    if (!let_go_ || !in_contact()) return;
    start_step_clock();
  }
  const Band target = band();
  timer_.feed(now_, sample.force, sample.quality);
  measures_.feed(now_, sample, target, routine_.contact);
  StepResult& result = steps_[step_];
  result.credited = timer_.credited();
  if (timer_.in_band() != in_band_) {
    in_band_ = timer_.in_band();
    if (in_band_) {
      emit(event::BandEntered{});
    } else {
      emit(event::BandLeft{.above = sample.force > target.hi});
    }
  }
  if (timer_.done()) return end_step(true);
  if (!counted_down_ && result.target >= 2 * kCountdown && result.target - result.credited <= kCountdown) {
    counted_down_ = true;
    coach_.reset(now_);
    cue(CueKind::kCountdown, "Ten more seconds.", Urgency::kLow, static_cast<int>(kCountdown.count()));
  }
  if (!believed_) return;
  if (const auto word = coach_.feed(now_, sample.force, in_band_, target, routine_.contact)) {
    cue(word->kind, word->text, word->urgency);
  }
}

void Session::end_step(bool completed) {
  StepResult& result = steps_[step_];
  result.completed = completed;
  open_ = false;
  step_clock_runs_ = false;
  in_band_ = false;
  emit(event::StepEnded{
      .step = static_cast<int>(step_), .completed = completed, .credited = result.credited, .elapsed = result.elapsed});
  const bool last = step_ + 1 == steps_.size();
  if (last && routine_.activation) {
    cue(CueKind::kLetGo, fmt::format("{} Let go of the pressure. Next: {} very light reps.",
                                     completed ? "Well done." : "Time is up.", target_reps()));
  } else if (!completed) {
    cue(CueKind::kInfo, "Time is up for this spot.");
  } else if (!last) {
    cue(CueKind::kDone, "Well done.");
  }
  begin_step(step_ + 1);
}

void Session::begin_activation() {
  measures_.break_interval();
  phase_ = Phase::kActivation;
  if (!routine_.activation) return finish_course("");
  open_ = true;
  activation_began_ = now_;
  emit(event::ActivationStarted{});
  if (plugin_failure_) end_activation(*plugin_failure_);
}

void Session::end_activation(std::string_view reason) {
  activation_completed_ = static_cast<int>(reps_.size()) >= target_reps();
  open_ = false;
  emit(event::ActivationEnded{activation_completed_});
  finish_course(reason);
}

void Session::finish_course(std::string_view reason) {
  const bool released = std::ranges::all_of(steps_, &StepResult::completed);
  const bool activated = !routine_.activation || activation_completed_;
  if (released && activated) return end(Outcome::kCompleted, "every step and every rep was done");
  std::string why;
  const auto also = [&why](std::string_view text) { (why += why.empty() ? "" : "; ") += text; };
  if (!released) also("the release did not get its time in the band");
  if (!activated) also(fmt::format("{} of {} reps were done", reps_.size(), target_reps()));
  if (!activated && !reason.empty()) also(reason);
  end(Outcome::kIncomplete, std::move(why));
}

void Session::end(Outcome outcome, std::string reason) {
  if (open_ && phase_ == Phase::kRelease) {
    emit(event::StepEnded{.step = static_cast<int>(step_),
                          .completed = false,
                          .credited = steps_[step_].credited,
                          .elapsed = steps_[step_].elapsed});
  } else if (open_ && phase_ == Phase::kActivation) {
    activation_completed_ = static_cast<int>(reps_.size()) >= target_reps();
    emit(event::ActivationEnded{activation_completed_});
  }
  note_dropped();
  phase_ = Phase::kEnded;
  open_ = false;
  paused_ = false;
  step_clock_runs_ = false;
  in_band_ = false;
  plugin_motor_until_ = now_;
  outcome_ = outcome;
  reason_ = std::move(reason);
  switch (outcome) {
    case Outcome::kCompleted:
      cue(CueKind::kDone, "Done. See you next time.");
      break;
    case Outcome::kIncomplete:
      cue(CueKind::kInfo, "The session is over: " + reason_ + ".");
      break;
    case Outcome::kStopped:
      cue(CueKind::kInfo, "Stopped.");
      break;
    case Outcome::kFaulted:
      cue(CueKind::kWarning, "Stopped for safety: " + reason_, Urgency::kHigh);
      break;
  }
  emit(event::SessionEnded{.outcome = outcome, .reason = reason_});
}

}  // namespace knead::session
