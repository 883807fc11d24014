// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sampling/interlock_rig.hpp"

#include <algorithm>

namespace knead::sampling {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, kEventCount> kNames{
    "good samples",    "good while",   "time passes",  "spike",      "spike at rail", "too hard",
    "at rail",         "at rail long", "pull",         "stuck long", "uncalibrated",  "sensor fault",
    "ball stop",       "too hot",      "warm",         "silence",    "hole",          "restart",
    "request changes", "renew",        "lease lapses", "stop",       "clear",         "begin session"};

// The trips that a reading's value alone can set.
constexpr std::array kOfValue{Trip::kOverForce, Trip::kOverForceFault, Trip::kSaturated, Trip::kImplausible,
                              Trip::kOpenOrShort};

bool gained_of_value(TripSet before, TripSet after) {
  return std::ranges::any_of(kOfValue, [&](Trip t) { return after.has(t) && !before.has(t); });
}

StepInput at_rail(StepInput input) {
  input.sample.raw = protocol::kRawMax;
  input.force_from_reference = Newtons{415};
  input.sample.quality |= Quality::kSaturated;
  return input;
}

}  // namespace

std::string_view name_of(Event event) { return kNames.at(static_cast<std::size_t>(event)); }

StepInput InterlockRig::good() {
  StepInput in;
  in.sample.seq = ++seq_;
  in.sample.raw = 160'000 + static_cast<std::int32_t>(seq_ % 7);  // noise
  in.force_from_reference = Newtons{20};
  in.temperature_c = 25;
  return in;
}

LeasedRequest InterlockRig::request() {
  if (renewing_) lease_end_ = now_ + limits_.lease;
  return {.level = level_, .expires = lease_end_};
}

void InterlockRig::pass(std::chrono::milliseconds time) {
  now_ += time;
  pass_at_ball(time);
}

void InterlockRig::pass_at_ball(std::chrono::milliseconds time) {
  device_ += time;
  ran_for_ += time;
  if (last_.level.value != 0) {
    session_on_ += time;
    run_on_ += time;
    off_for_ = {};
  } else if ((off_for_ += time) >= kRest) {
    run_on_ = {};
  }
}

void InterlockRig::feed(const StepInput& input, std::chrono::milliseconds after, bool is_good) {
  pass(after);
  StepInput in = input;
  in.sample.device_time = device_;
  in.sample.motor = last_.level;
  if (is_good) last_good_ = now_;
  flagged_ = has(in.sample.quality, Quality::kUncalibrated | Quality::kSensorFault) || in.ball_stop_latched ||
             in.ball_over_temperature;
  const TripSet before = active();
  judge(interlock_.step(in, request(), now_), before);
}

void InterlockRig::feed_good(int samples, std::chrono::milliseconds after) {
  for (int i = 0; i < samples; ++i) feed(good(), after, true);
}

void InterlockRig::silence(std::chrono::milliseconds how_long) {
  for (auto t = 0ms; t < how_long; t += kTickPeriod) {
    pass(kTickPeriod);
    const TripSet before = active();
    judge(interlock_.tick(request(), now_), before);
  }
}

void InterlockRig::judge(const Decision& decision, TripSet before, bool cleared) {
  const Level level = decision.level;
  last_ = decision;
  strongest_ = std::max(strongest_, level);
  if (level.value == 0 && !off_after_) off_after_ = now_ - event_began_;

  rule(level.value == 0 || !decision.active.any(), "off while any trip is active");
  rule(decision.active == active(), "what is decided is what is told");
  rule(level <= level_ && level <= limits_.max_level, "no more than the request and the ceiling");
  rule(level.value == 0 || now_ < lease_end_, "off when the lease has ended");
  rule(level.value == 0 || now_ - last_good_ <= limits_.stale, "off 20 ms after the last good sample");
  rule(level.value == 0 || !stopped_, "off from a stop to its clearing");
  rule(level.value == 0 || !flagged_, "off while the ball itself gives a reason");

  const double at = limits_.rise_per_s * 255.0 * to_seconds(ran_for_);
  constexpr double kRoundedUp = 1.0 + 1e-6;  // to a whole level, whose fraction is a float's
  rule(level.value <= ramp_base_ + at + kRoundedUp, "no rise above the slew limit");
  ramp_base_ = std::min(ramp_base_, level.value - at);

  rule(level.value == 0 || session_on_ <= limits_.motor_budget + limits_.stale,
       "off when the session's budget is spent");
  rule(level.value == 0 || run_on_ <= limits_.motor_run + limits_.stale, "off when a run was long enough");

  before.without(decision.active).for_each([this](Trip t) { ended_.set(t); });
  if (cleared) return;
  before.without(decision.active).for_each([this](Trip t) {
    rule(!is_latched(t) || t == Trip::kBallStop, "what is latched ends by clear() alone");
  });
}

void InterlockRig::happen(Event event) {
  strongest_ = {};
  ended_ = {};
  off_after_.reset();
  event_began_ = now_;
  const TripSet before = active();
  const auto flawed = [&](int samples, auto&& flaw) {
    for (int i = 0; i < samples; ++i) {
      StepInput in = good();
      flaw(in);
      feed(in);
    }
  };
  // The reading itself is sound.
  const auto flagged = [&](auto&& flag) {
    for (int i = 0; i < 2; ++i) {
      StepInput in = good();
      flag(in);
      feed(in, kBrief, true);
    }
  };
  switch (event) {
    case Event::kGoodSamples:
      return feed_good(12);
    case Event::kGoodWhile:
      return feed_good(70, kCoarse);
    case Event::kTimePasses:
      return feed_good(1100, kCoarse);
    case Event::kSpike:
    case Event::kSpikeAtRail: {
      feed_good(3);
      const TripSet then = active();
      StepInput in = event == Event::kSpike ? good() : at_rail(good());
      if (event == Event::kSpike) in.force_from_reference = Newtons{205};
      feed(in);
      feed_good(1);
      return rule(!gained_of_value(then, active()), "a single spike trips nothing");
    }
    case Event::kTooHard:
      return flawed(5, [](StepInput& in) { in.force_from_reference = Newtons{70}; });
    case Event::kAtRail:
      return flawed(5, [](StepInput& in) { in = at_rail(in); });
    case Event::kAtRailLong:
      for (int i = 0; i < 110; ++i) feed(at_rail(good()), kCoarse);
      return;
    case Event::kPull:
      return flawed(5, [](StepInput& in) { in.force_from_reference = Newtons{-12}; });
    case Event::kStuckLong:
      for (int i = 0; i < 120; ++i) {
        StepInput in = good();
        in.sample.raw = 160'000;
        feed(in, kCoarse, i == 0);
        if (i < 100) last_good_ = now_;  // a second must pass before it is known to be none
      }
      return;
    case Event::kUncalibrated:
      return flawed(2, [](StepInput& in) { in.sample.quality |= Quality::kUncalibrated; });
    case Event::kSensorFault:
      return flawed(2, [](StepInput& in) { in.sample.quality |= Quality::kSensorFault; });
    case Event::kBallStop:
      return flagged([](StepInput& in) { in.ball_stop_latched = true; });
    case Event::kTooHot:
      return flagged([](StepInput& in) { in.ball_over_temperature = true; });
    case Event::kWarm:
      return flagged([this](StepInput& in) { in.temperature_c = limits_.max_temperature_c - 1; });
    case Event::kSilence:
      return silence(30ms);
    case Event::kHole: {
      StepInput in = good();
      in.lost_before = 30;
      pass_at_ball(30ms);
      return feed(in, kBrief, true);
    }
    case Event::kRestart: {
      StepInput in = good();
      in.sample.quality |= Quality::kReanchored;
      device_ = DeviceTime{};
      return feed(in, kBrief, true);
    }
    case Event::kRequestChanges:
      level_ = level_ == Level{255} ? Level{60} : Level{255};
      return feed_good(1);
    case Event::kRenew:
      renewing_ = true;
      return feed_good(1);
    case Event::kLeaseLapses:
      renewing_ = false;
      return feed_good(26, kCoarse);
    case Event::kStop:
      interlock_.request_stop();
      stopped_ = true;
      return judge(interlock_.tick(request(), now_), before);
    case Event::kClear:
      interlock_.clear();
      stopped_ = false;
      return judge(interlock_.tick(request(), now_), before, true);
    case Event::kBeginSession:
      interlock_.begin_session();
      session_on_ = {};
      return judge(interlock_.tick(request(), now_), before);
  }
}

}  // namespace knead::sampling
