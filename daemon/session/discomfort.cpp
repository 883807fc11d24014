// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/discomfort.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/core/ceiling.hpp"

namespace knead::session {

namespace {

using namespace std::chrono_literals;

constexpr auto kHandsOff = 500ms;  // before a ramp may begin (choice)
constexpr auto kRateSpan = 500ms;  // of the rate that is shown: steady enough to follow, quick enough to correct
constexpr auto kRateStep = 20ms;
constexpr auto kRateLeast = 200ms;  // the onset of a ramp has no rate yet
constexpr auto kBetweenAdvice = 1500ms;
constexpr auto kPressReach = 100ms;  // how old the newest reading at a press may be: half a newton of a ramp (choice)
constexpr std::size_t kPressReadings = 5;  // the force at a press is their median: one wild reading does not count

}  // namespace

DiscomfortProtocol DiscomfortProtocol::below(Newtons hard_limit) {
  DiscomfortProtocol protocol;
  const double below = ceiling::kHardLimit.value - protocol.stop.value;
  protocol.stop.value = std::min(protocol.stop.value, std::max(hard_limit.value - below, protocol.least.value));
  return protocol;
}

std::string_view to_string(DiscomfortPhase phase) noexcept {
  switch (phase) {
    case DiscomfortPhase::kRest:
      return "rest";
    case DiscomfortPhase::kReady:
      return "ready";
    case DiscomfortPhase::kRamp:
      return "ramp";
    case DiscomfortPhase::kEnded:
      return "ended";
  }
  return "ended";
}

std::string_view to_string(TrialVerdict verdict) noexcept {
  switch (verdict) {
    case TrialVerdict::kGood:
      return "good";
    case TrialVerdict::kTooFast:
      return "too-fast";
    case TrialVerdict::kTooSlow:
      return "too-slow";
    case TrialVerdict::kTooSoon:
      return "too-soon";
    case TrialVerdict::kLetGo:
      return "let-go";
    case TrialVerdict::kTooLong:
      return "too-long";
    case TrialVerdict::kNoReading:
      return "no-reading";
  }
  return "no-reading";
}

std::string_view to_string(DiscomfortOutcome outcome) noexcept {
  switch (outcome) {
    case DiscomfortOutcome::kDone:
      return "done";
    case DiscomfortOutcome::kAboveStop:
      return "above-stop";
    case DiscomfortOutcome::kGivenUp:
      return "given-up";
    case DiscomfortOutcome::kNoReading:
      return "no-reading";
    case DiscomfortOutcome::kStopped:
      return "stopped";
  }
  return "stopped";
}

Discomfort::Discomfort(DiscomfortProtocol protocol) : protocol_(protocol) {
  cue(CueKind::kLetGo, "Hands off the ball");
}

void Discomfort::on_sample(SessionTime t, const Sample& sample) {
  pass(t);
  if (ended()) return;
  const bool down = has(sample.quality, Quality::kButton);
  const bool pressed = button_ && !*button_ && down;
  button_ = down;
  if (phase_ == DiscomfortPhase::kRamp && has(sample.quality, Quality::kReanchored)) {
    end_trial(TrialVerdict::kNoReading);
    return;
  }
  if (!usable(sample.quality) || !std::isfinite(sample.force.value)) {  // pass() ends it when none comes
    if (pressed) press(t);
    return;
  }
  last_usable_ = now_;
  force_ = sample.force;
  switch (phase_) {
    case DiscomfortPhase::kRest:
      if (force_ >= protocol_.contact) {
        hands_off_since_.reset();
      } else if (!hands_off_since_) {
        hands_off_since_ = now_;
      }
      if (hands_off_since_ && now_ - *hands_off_since_ >= kHandsOff && rest_left() == 0us) {
        enter(DiscomfortPhase::kReady);
      }
      break;
    case DiscomfortPhase::kReady:
      if (force_ >= protocol_.contact) enter(DiscomfortPhase::kRamp);
      break;
    case DiscomfortPhase::kRamp:
      feed_ramp();
      break;
    case DiscomfortPhase::kEnded:
      break;
  }
  if (pressed) press(t);
}

void Discomfort::on_clock(SessionTime t) { pass(t); }

void Discomfort::press(SessionTime t) {
  pass(t);
  if (phase_ != DiscomfortPhase::kRamp) return;
  // The person felt it, whatever the sensor did at that moment: readings just before it tell the force.
  if (now_ - last_usable_ > kPressReach) return end_trial(TrialVerdict::kNoReading);
  judge();
}

void Discomfort::on_ball_lost(SessionTime t) {
  pass(t);
  end(DiscomfortOutcome::kNoReading, "the ball was unplugged");
}

void Discomfort::stop(SessionTime t) {
  pass(t);
  end(DiscomfortOutcome::kStopped, "stopped by a person");
}

void Discomfort::pass(SessionTime t) {
  now_ = std::max(now_, t);
  if (ended()) return;
  if (now_ - last_usable_ >= protocol_.silence) {
    end(DiscomfortOutcome::kNoReading, "the ball sent no usable reading");
  } else if (now_.time_since_epoch() >= protocol_.longest_set) {
    end(DiscomfortOutcome::kGivenUp, "the set took too long");
  } else if (phase_ == DiscomfortPhase::kReady && now_ - phase_began_ >= protocol_.wait) {
    end(DiscomfortOutcome::kGivenUp, "nobody leaned on the ball");
  } else if (phase_ == DiscomfortPhase::kRamp && now_ - phase_began_ >= protocol_.longest_ramp) {
    end_trial(TrialVerdict::kTooLong);
  }
}

void Discomfort::enter(DiscomfortPhase phase) {
  phase_ = phase;
  phase_began_ = now_;
  hands_off_since_.reset();
  recent_.clear();
  last_readings_.clear();
  if (phase == DiscomfortPhase::kReady) {
    cue(CueKind::kPress, "Lean on slowly; press the button at the first discomfort", Urgency::kNormal, good() + 1);
  } else if (phase == DiscomfortPhase::kRamp) {
    ramp_start_ = {now_, force_.value};
    advised_ = now_;
    feed_ramp();
  }
}

void Discomfort::feed_ramp() {
  if (recent_.empty() || now_ - recent_.back().t >= kRateStep) recent_.push_back({now_, force_.value});
  while (recent_.size() > 2 && now_ - recent_[1].t >= kRateSpan) recent_.pop_front();
  last_readings_.push_back(force_.value);
  if (last_readings_.size() > kPressReadings) last_readings_.pop_front();
  if (force_ >= protocol_.stop) {
    judge();
  } else if (force_.value < protocol_.contact.value / 2) {
    end_trial(TrialVerdict::kLetGo);
  } else {
    advise();
  }
}

std::optional<double> Discomfort::rate_n_per_s() const noexcept {
  if (phase_ != DiscomfortPhase::kRamp || recent_.size() < 2) return std::nullopt;
  const auto span = recent_.back().t - recent_.front().t;
  if (span < kRateLeast) return std::nullopt;
  return (recent_.back().force_n - recent_.front().force_n) / to_seconds(span);
}

std::chrono::microseconds Discomfort::rest_left() const noexcept {
  if (phase_ != DiscomfortPhase::kRest) return 0us;
  return std::max<std::chrono::microseconds>(0us, rest_ - (now_ - phase_began_));
}

void Discomfort::advise() {
  const auto rate = rate_n_per_s();
  if (!rate || now_ - advised_ < kBetweenAdvice) return;
  const double off = *rate / protocol_.rate_n_per_s - 1;
  if (std::abs(off) <= protocol_.rate_tolerance) return;
  advised_ = now_;
  off > 0 ? cue(CueKind::kLighter, "Slower") : cue(CueKind::kHarder, "A little faster");
}

Newtons Discomfort::pressed_force() const {
  std::vector<double> readings(last_readings_.begin(), last_readings_.end());
  std::ranges::sort(readings);
  return {readings.at(readings.size() / 2)};
}

double Discomfort::mean_rate() const noexcept {
  const double s = to_seconds(now_ - ramp_start_.t);
  return s > 0 ? (force_.value - ramp_start_.force_n) / s : 0.0;
}

void Discomfort::judge() {
  const bool at_stop = force_ >= protocol_.stop;
  const double rate = mean_rate();
  const double off = rate / protocol_.rate_n_per_s - 1;
  // A tap and its press can be as quick as one sample: no rate, and too little force.
  if (!at_stop && force_ < protocol_.least) return end_trial(TrialVerdict::kTooSoon);
  if (off > protocol_.rate_tolerance || now_ == ramp_start_.t) return end_trial(TrialVerdict::kTooFast);
  if (off < -protocol_.rate_tolerance) return end_trial(TrialVerdict::kTooSlow);
  if (at_stop) {
    cue(CueKind::kLetGo, "Let go now", Urgency::kHigh);
    end(DiscomfortOutcome::kAboveStop,
        fmt::format("no discomfort up to {:.0f} N, where this stops", protocol_.stop.value));
    return;
  }
  end_trial(TrialVerdict::kGood);
}

int Discomfort::good() const noexcept {
  return static_cast<int>(
      std::ranges::count_if(trials_, [](const DiscomfortTrial& t) { return t.verdict == TrialVerdict::kGood; }));
}

void Discomfort::end_trial(TrialVerdict verdict) {
  const bool over = force_ >= protocol_.stop;
  trials_.push_back({.verdict = verdict,
                     .force = last_readings_.empty() ? force_ : pressed_force(),
                     .rate_n_per_s = mean_rate(),
                     .duration = now_ - ramp_start_.t});
  if (good() >= protocol_.trials) {
    cue(CueKind::kDone, "Done. Hands off the ball");
    return end(DiscomfortOutcome::kDone, "three good trials");
  }
  if (static_cast<int>(trials_.size()) >= protocol_.most_attempts) {
    return end(DiscomfortOutcome::kGivenUp,
               fmt::format("{} trials, and fewer than {} good", trials_.size(), protocol_.trials));
  }
  rest_ = protocol_.rest;
  std::string_view why;
  switch (verdict) {
    case TrialVerdict::kGood:
      why = "Good. Let go and rest";
      break;
    case TrialVerdict::kTooFast:
      why = "That was too fast; let go, it is repeated";
      break;
    case TrialVerdict::kTooSlow:
      why = "That was too slow; let go, it is repeated";
      break;
    case TrialVerdict::kTooSoon:
      why = "Too little force to count; let go, it is repeated";
      break;
    case TrialVerdict::kLetGo:
      why = "You let go before the press; it is repeated";
      break;
    case TrialVerdict::kTooLong:
      why = "That took too long; let go, it is repeated";
      break;
    case TrialVerdict::kNoReading:
      why = "The ball gave no reading there; let go, it is repeated";
      break;
  }
  enter(DiscomfortPhase::kRest);
  cue(CueKind::kLetGo, std::string(why), over ? Urgency::kHigh : Urgency::kNormal);
}

void Discomfort::end(DiscomfortOutcome outcome, std::string reason) {
  if (ended()) return;
  enter(DiscomfortPhase::kEnded);
  outcome_ = outcome;
  reason_ = std::move(reason);
}

void Discomfort::cue(CueKind kind, std::string text, Urgency urgency, std::optional<int> count) {
  cues_.push_back({.kind = kind, .text = std::move(text), .urgency = urgency, .count = count});
}

std::vector<Cue> Discomfort::take_cues() { return std::exchange(cues_, {}); }

std::optional<DiscomfortResult> result_of(const Discomfort& set) {
  if (!set.ended() || set.outcome() != DiscomfortOutcome::kDone) return std::nullopt;
  double mean = 0.0;
  double squares = 0.0;
  double n = 0.0;
  for (const DiscomfortTrial& trial : set.trials()) {
    if (trial.verdict != TrialVerdict::kGood) continue;
    const double off = trial.force.value - mean;
    mean += off / ++n;
    squares += off * (trial.force.value - mean);
  }
  return DiscomfortResult{.mean_n = mean, .sd_n = std::sqrt(squares / (n - 1))};
}

}  // namespace knead::session
