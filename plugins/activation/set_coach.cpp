// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/set_coach.hpp"

#include <algorithm>
#include <string>

namespace activation {
namespace {

// Times for a person to get into place, and before a word is said again. (choice)
constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kLeadInUs = 6 * kSecondUs;
constexpr int kCountdownFrom = 3;
constexpr std::int64_t kPatienceUs = 6 * kSecondUs;
constexpr std::int64_t kRemindEveryUs = 8 * kSecondUs;

}  // namespace

SetCoach::SetCoach(const SetPlan& plan, SetOutput& out) : plan_(plan), out_(out), presses_(plan.press_n) {
  plan_.reps = std::clamp(plan_.reps, 1, kMostReps);
}

void SetCoach::start(std::int64_t now_us) {
  start_us_ = now_us;
  say(KNEAD_CUE_INFO, plan_.exercise.setup);
  enter(Phase::kLeadIn, now_us);
}

void SetCoach::pause() noexcept { paused_ = true; }

void SetCoach::resume(std::int64_t now_us) {
  if (!running() || !paused_) return;
  paused_ = false;
  presses_.reset();
  start_us_ = now_us;
  enter(Phase::kLeadIn, now_us);
}

void SetCoach::feed(const Reading& reading) {
  if (!running() || paused_ || reading.t_us < start_us_) return;
  if (!plan_.by_press) {
    while (running() && advance(reading.t_us)) {
    }
    if (phase_ == Phase::kRep && reading.usable) {
      tempo_span_.add(reading);
      warn_if_too_hard(tempo_span_.peak_n());
    }
    return;
  }
  const bool was_pressing = presses_.pressing();
  const auto rep = presses_.feed(reading);
  if (!was_pressing && presses_.pressing()) begin_rep(reading.t_us);
  if (presses_.pressing()) warn_if_too_hard(presses_.peak_n());
  if (rep) {
    end_rep(*rep, reading.t_us);
  } else if (was_pressing && !presses_.pressing()) {
    enter(Phase::kAwait, reading.t_us);  // only a bump: what was asked for still is
    said_ = 1;
  }
}

void SetCoach::tick(std::int64_t now_us) {
  while (running() && !paused_ && advance(now_us)) {
  }
}

// ---- The phases ----------------------------------------------------------------------------------------------------

void SetCoach::enter(Phase phase, std::int64_t at_us) noexcept {
  phase_ = phase;
  phase_start_us_ = at_us;
  reminded_us_ = at_us;
  said_ = 0;
}

/// One step that is due by now, if there is one.
bool SetCoach::advance(std::int64_t now_us) {
  const std::int64_t elapsed = now_us - phase_start_us_;
  switch (phase_) {
    case Phase::kLeadIn: {
      const int left = kCountdownFrom - said_;
      if (left > 0 && elapsed >= kLeadInUs - left * kSecondUs) {
        ++said_;
        say(KNEAD_CUE_COUNTDOWN, std::to_string(left) + ".", left);
        return true;
      }
      if (elapsed < kLeadInUs) return false;
      enter(Phase::kAwait, phase_start_us_ + kLeadInUs);
      return true;
    }
    case Phase::kAwait:
      if (!plan_.by_press) {
        say_up("", KNEAD_URGENCY_NORMAL);
        begin_rep(phase_start_us_);
        return true;
      }
      if (said_ == 0) {
        said_ = 1;
        say_up("", KNEAD_URGENCY_NORMAL);
        return true;
      }
      if (now_us - reminded_us_ < (reminded_us_ == phase_start_us_ ? plan_.up_us + kPatienceUs : kRemindEveryUs))
        return false;
      reminded_us_ = now_us;
      say_up("When you are ready. ", KNEAD_URGENCY_LOW);
      return true;
    case Phase::kRep:
      return advance_rep(now_us);
    case Phase::kRest:
      if (elapsed < plan_.rest_us) return false;
      enter(Phase::kAwait, phase_start_us_ + plan_.rest_us);
      return true;
    case Phase::kIdle:
    case Phase::kOver:
      break;
  }
  return false;
}

bool SetCoach::advance_rep(std::int64_t now_us) {
  const std::int64_t elapsed = now_us - phase_start_us_;
  if (said_ == 0 && elapsed >= plan_.up_us) {
    said_ = 1;
    if (plan_.hold_us > 0) say(KNEAD_CUE_REP_HOLD, plan_.exercise.hold);
    return true;
  }
  if (said_ == 1 && elapsed >= plan_.up_us + plan_.hold_us) {
    said_ = 2;
    say(KNEAD_CUE_REP_DOWN, plan_.exercise.down);
    return true;
  }
  const std::int64_t whole_us = plan_.up_us + plan_.hold_us + plan_.down_us;
  if (!plan_.by_press) {
    if (elapsed < whole_us) return false;
    end_rep(tempo_span_.rep(phase_start_us_, whole_us), phase_start_us_ + whole_us);
    return true;
  }
  const std::int64_t patience = reminded_us_ == phase_start_us_ ? whole_us + kPatienceUs : kRemindEveryUs;
  if (now_us - reminded_us_ < patience) return false;
  reminded_us_ = now_us;
  say(KNEAD_CUE_LET_GO, "Lower, and let go.");
  return true;
}

void SetCoach::begin_rep(std::int64_t at_us) noexcept {
  enter(Phase::kRep, at_us);
  tempo_span_ = ForceSpan();
  warned_ = false;
}

void SetCoach::end_rep(const Rep& rep, std::int64_t at_us) {
  ++done_;
  out_.rep(done_, rep, rep.peak_n > plan_.ceiling_n);
  if (done_ >= plan_.reps) {
    phase_ = Phase::kOver;
    say(KNEAD_CUE_DONE, "Done. " + std::to_string(done_) + (done_ == 1 ? " rep." : " reps."), done_);
    out_.finish(true);
    return;
  }
  enter(Phase::kRest, at_us);
  if (plan_.rest_us > 0) say(KNEAD_CUE_REST, "Rest.");
}

void SetCoach::warn_if_too_hard(double peak_n) {
  if (warned_ || !(peak_n > plan_.ceiling_n)) return;
  warned_ = true;  // once in a rep
  out_.cue(KNEAD_CUE_LIGHTER, "Lighter.", KNEAD_URGENCY_HIGH, KNEAD_NO_COUNT);
}

void SetCoach::say(std::uint32_t kind, std::string_view text, int count) {
  out_.cue(kind, text, KNEAD_URGENCY_NORMAL, count);
}

void SetCoach::say_up(std::string_view before, std::uint32_t urgency) {
  const int n = done_ + 1;
  std::string text(before);
  text += "Rep " + std::to_string(n) + ". ";
  text += plan_.exercise.up;
  out_.cue(KNEAD_CUE_REP_UP, text, urgency, n);
}

}  // namespace activation
