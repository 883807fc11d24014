// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/set_coach.hpp"

#include <algorithm>

namespace activation {
namespace {

// (choice) each.
constexpr std::int64_t kPatienceUs = 6 * kSecondUs;  // beyond what the tempo asks for, before a word is said again
constexpr std::int64_t kRemindEveryUs = 8 * kSecondUs;
constexpr std::int64_t kStaleUs = kSecondUs;
constexpr std::int64_t kBetweenWarningsUs = kSecondUs;
constexpr std::int64_t kWordUs = 500'000;  // a shorter phase is over before its word is

}  // namespace

SetCoach::SetCoach(const SetPlan& plan, SetOutput& out)
    : plan_(within_bounds(plan)), out_(out), presses_(plan.press_n) {}

void SetCoach::start(std::int64_t now_us) {
  now_us_ = start_us_ = last_read_us_ = now_us;
  lead_in(now_us, true);
}

void SetCoach::pause(std::int64_t now_us) noexcept {
  if (!running() || paused_) return;
  paused_ = true;
  before_us_ += now_us - start_us_;
  haptics_.stop();
}

void SetCoach::resume(std::int64_t now_us) {
  if (!running() || !paused_) return;
  paused_ = false;
  presses_.reset();
  now_us_ = start_us_ = last_read_us_ = now_us;
  const bool knows_the_place = point_.phase != Phase::kLeadIn || !whole_lead_in_;
  lead_in(now_us, !knows_the_place);
}

void SetCoach::feed(const Reading& reading, std::int64_t now_us) {
  if (!running() || paused_ || reading.t_us < start_us_) return;
  now_us_ = std::max(now_us_, now_us);
  Reading in_order = reading;
  in_order.t_us = std::max(std::min(reading.t_us, now_us_), last_read_us_);
  last_read_us_ = in_order.t_us;
  if (plan_.detect == Detection::kPress) {
    feed_press(in_order);
  } else {
    feed_tempo(in_order);
  }
}

void SetCoach::tick(std::int64_t now_us) {
  if (!running() || paused_) return;
  now_us_ = std::max(now_us_, now_us);
  while (running() && advance(now_us_)) {
  }
  if (!running()) return;
  if (before_us_ + now_us_ - start_us_ >= plan_.max_elapsed_us - kEndEarlyUs) return finish(false);
  if (haptics_.take(now_us_)) out_.haptic_tick();
}

// ---- Readings ------------------------------------------------------------------------------------------------------

void SetCoach::feed_press(const Reading& reading) {
  const bool was_pressing = presses_.pressing();
  const auto rep = presses_.feed(reading);
  if (!was_pressing && presses_.pressing()) {
    warned_ = false;
    before_press_ = point_;
    if (point_.phase != Phase::kLeadIn) begin_rep(reading.t_us);
  }
  if (presses_.pressing()) warn_if_too_hard(presses_.peak_n(), reading.t_us);
  if (rep) {
    end_rep(*rep, reading.t_us);
  } else if (was_pressing && !presses_.pressing() && point_.phase == Phase::kRep) {
    haptics_.stop();
    point_ = before_press_;  // only a bump: what was asked for still is
  }
}

void SetCoach::feed_tempo(const Reading& reading) {
  while (running() && advance(reading.t_us)) {
  }
  if (point_.phase != Phase::kRep || !reading.usable) return;
  tempo_span_.add(reading);
  warn_if_too_hard(tempo_span_.peak_n(), reading.t_us);
}

void SetCoach::warn_if_too_hard(double peak_n, std::int64_t at_us) {
  // Once in a rep; and whoever drums on the ball hears it once in a second.
  if (warned_ || !(peak_n > plan_.ceiling_n) || at_us < next_warning_us_) return;
  warned_ = true;
  next_warning_us_ = at_us + kBetweenWarningsUs;
  say(lighter_cue(hard_before_), at_us);
}

// ---- The phases ----------------------------------------------------------------------------------------------------

void SetCoach::enter(Phase phase, std::int64_t at_us) noexcept { point_ = {phase, at_us, at_us, 0}; }

void SetCoach::lead_in(std::int64_t at_us, bool whole) {
  whole_lead_in_ = whole;
  enter(Phase::kLeadIn, at_us);
  say(setup_cue(plan_.exercise), at_us);
}

bool SetCoach::advance(std::int64_t now_us) {
  switch (point_.phase) {
    case Phase::kLeadIn:
      return advance_lead_in(now_us);
    case Phase::kAwait:
      return advance_await(now_us);
    case Phase::kRep:
      return advance_rep(now_us);
    case Phase::kRest: {
      const std::int64_t over_us = point_.start_us + plan_.tempo.rest_us;
      if (now_us < over_us) return false;
      enter(Phase::kAwait, over_us);
      return true;
    }
    case Phase::kIdle:
    case Phase::kOver:
      break;
  }
  return false;
}

bool SetCoach::advance_lead_in(std::int64_t now_us) {
  const std::int64_t ball_us = point_.start_us + kSetupUs;
  if (whole_lead_in_ && point_.said == 0) {
    if (now_us < ball_us) return false;
    ++point_.said;
    say(ball_cue(plan_.exercise), ball_us);
    return true;
  }
  const int counted = point_.said - (whole_lead_in_ ? 1 : 0);
  const std::int64_t due_us = ball_us + (whole_lead_in_ ? kBallUs : 0) + counted * kSecondUs;
  if (now_us < due_us) return false;
  if (counted < kCountdownFrom) {
    ++point_.said;
    say(countdown_cue(kCountdownFrom - counted), due_us);
  } else {
    enter(Phase::kAwait, due_us);
  }
  return true;
}

bool SetCoach::advance_await(std::int64_t now_us) {
  if (point_.said == 0) {
    point_.said = 1;
    say(up_cue(plan_.exercise, next()), point_.start_us);
    if (plan_.detect == Detection::kTempo || presses_.pressing()) {
      before_press_ = point_;
      begin_rep(point_.start_us);
    }
    return true;
  }
  const bool first = point_.reminded_us == point_.start_us;
  if (now_us - point_.reminded_us < (first ? plan_.tempo.up_us + kPatienceUs : kRemindEveryUs)) return false;
  point_.reminded_us = now_us;
  say(reminder_cue(plan_.exercise, next()), now_us);
  return true;
}

bool SetCoach::advance_rep(std::int64_t now_us) {
  const std::int64_t hold_us = point_.start_us + plan_.tempo.up_us;
  const std::int64_t down_us = hold_us + plan_.tempo.hold_us;
  const std::int64_t over_us = down_us + plan_.tempo.down_us;
  if (point_.said == 0 && now_us >= hold_us) {
    point_.said = 1;
    if (plan_.tempo.hold_us < kWordUs) return true;
    say(hold_cue(plan_.exercise), hold_us);
    tick_haptically(2, hold_us);
    return true;
  }
  if (point_.said == 1 && now_us >= down_us) {
    point_.said = 2;
    say(down_cue(plan_.exercise), down_us);
    tick_haptically(3, down_us);
    return true;
  }
  if (plan_.detect == Detection::kTempo) {
    if (now_us < over_us) return false;
    end_rep(tempo_span_.rep(point_.start_us, plan_.rep_us()), over_us);
    return true;
  }
  const bool first = point_.reminded_us == point_.start_us;
  if (now_us - point_.reminded_us < (first ? plan_.rep_us() + kPatienceUs : kRemindEveryUs)) return false;
  point_.reminded_us = now_us;
  say(let_go_cue(), now_us);
  return true;
}

void SetCoach::begin_rep(std::int64_t at_us) noexcept {
  enter(Phase::kRep, at_us);
  if (plan_.detect == Detection::kTempo) {
    tempo_span_ = ForceSpan();
    warned_ = false;
  }
  tick_haptically(1, at_us);
}

void SetCoach::end_rep(const Rep& rep, std::int64_t at_us) {
  const bool too_hard = rep.peak_n > plan_.ceiling_n;
  hard_before_ = too_hard;
  totals_.add(rep, too_hard);
  out_.rep(totals_.reps(), rep, too_hard);
  if (totals_.reps() >= plan_.reps) return finish(true);
  if (point_.phase == Phase::kLeadIn) return;
  enter(Phase::kRest, at_us);
  if (plan_.tempo.rest_us >= kWordUs) say(rest_cue(), at_us);
}

void SetCoach::finish(bool completed) {
  enter(Phase::kOver, now_us_);
  out_.cue(completed ? done_cue(totals_.reps()) : time_up_cue({totals_.reps(), plan_.reps}));
  out_.finish(totals_, completed);
}

void SetCoach::say(const Cue& cue, std::int64_t due_us) {
  if (now_us_ - due_us <= kStaleUs) out_.cue(cue);
}

void SetCoach::tick_haptically(int ticks, std::int64_t at_us) noexcept {
  if (plan_.haptics) haptics_.play(ticks, at_us);
}

}  // namespace activation
