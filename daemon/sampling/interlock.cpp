// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/interlock.hpp"

#include <algorithm>

namespace knead::sampling {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Newtons kForceHysteresis{10.0};   // choice: a person who eases off a little is still too near
constexpr milliseconds kForceCalm{500};     // choice: long enough to have let go on purpose
constexpr int kOverForceToFault = 3;        // issue of the interlock: three times, then a fault
constexpr Newtons kImplausiblePull{-10.0};  // choice: nothing can pull at a ball; creep and tare errors are less
constexpr milliseconds kGoodFor{100};       // choice: readings must be good this long before they are believed
constexpr seconds kStuckAfter{1};           // EVIDENCE, Safety: one distinct value in 1 s while pressed
constexpr seconds kOpenAfter{1};            // choice: as stuck; nobody presses beyond the converter's range for so long
constexpr Newtons kPressed{2.0};            // as contact_n of a routine by default
constexpr int kFreshArrivals = 10;          // choice: 10 ms at 1 kHz; one late packet does not count as life
constexpr int kTemperatureHysteresisC = 3;  // choice

}  // namespace

Interlock::Interlock(const Limits& limits) noexcept
    : limits_(limits.capped()),
      budget_(limits_.motor_budget, limits_.motor_run, limits_.ttl),
      ramp_(limits_.rise_per_s) {}

Decision Interlock::step(const StepInput& input, const LeasedRequest& request, HostTime now) noexcept {
  const Sample& s = input.sample;
  judge_continuity(input, now);
  // A value that means nothing must not vouch for the next as its neighbour.
  if (has(s.quality, Quality::kUncalibrated | Quality::kSensorFault)) spike_filter_.forget();
  const Reading reading = spike_filter_.take({.force_from_reference = input.force_from_reference,
                                              .raw = s.raw,
                                              .at_rail = has(s.quality, Quality::kSaturated)});
  judge_force(reading, s.device_time);
  judge_sensor(reading, s);
  judge_ball(input);
  spend_budget(s, now);
  const bool joined = has_sample_ && !has(s.quality, Quality::kReanchored);
  // A ball whose clock leaps earns no leap of the motor.
  const auto elapsed = joined ? std::min<std::chrono::microseconds>(s.device_time - last_device_time_, limits_.stale)
                              : std::chrono::microseconds(0);
  last_device_time_ = s.device_time;
  has_sample_ = true;
  last_arrival_ = now;
  return decide(request, now, elapsed);
}

Decision Interlock::tick(const LeasedRequest& request, HostTime now) noexcept {
  if (!has_sample_ || now - last_arrival_ > limits_.stale - kOffAhead) {
    active_.set(Trip::kStale);
    fresh_in_a_row_ = 0;
  }
  // No sample, no rise.
  return decide(request, now, std::chrono::microseconds(0));
}

void Interlock::judge_continuity(const StepInput& input, HostTime now) noexcept {
  const Sample& s = input.sample;
  const bool late = has_sample_ && now - last_arrival_ > limits_.stale;
  if (late) active_.set(Trip::kStale);  // tick() may not have run in between

  const bool restarted = has(s.quality, Quality::kReanchored);
  const bool hole =
      has_sample_ && !restarted && input.lost_before > 0 && s.device_time - last_device_time_ > limits_.stale;
  // A ball that begins anew over and over would otherwise never be seen to stick, and never spend its budget.
  if (hole || (restarted && has_sample_)) active_.set(Trip::kGap);

  if (late || hole || restarted) {
    fresh_in_a_row_ = 0;
    spike_filter_.forget();
    stuck_.end();
    rail_.end();
    calm_.end();
    bad_reading_at_ = s.device_time;  // a restarted clock may lie before it; readings must prove themselves anew
  }
  // By arrival: a late report that brings a dozen old readings is one sign of life, not twelve.
  if (now != last_arrival_ || fresh_in_a_row_ == 0) fresh_in_a_row_ = std::min(fresh_in_a_row_ + 1, kFreshArrivals);
  if (fresh_in_a_row_ >= kFreshArrivals) {
    active_.set(Trip::kStale, false);
    active_.set(Trip::kGap, false);
  }
}

void Interlock::judge_force(const Reading& reading, DeviceTime at) noexcept {
  const Newtons force = reading.force_from_reference;
  if (reading.at_rail) {
    active_.set(Trip::kSaturated);
    bad_reading_at_ = at;
  } else if (force <= kImplausiblePull) {
    active_.set(Trip::kImplausible);
    bad_reading_at_ = at;
  }
  if (at - bad_reading_at_ >= kGoodFor) {
    active_.set(Trip::kSaturated, false);
    active_.set(Trip::kImplausible, false);
  }

  if (force >= limits_.hard_limit) {
    calm_.end();
    if (!active_.has(Trip::kOverForce)) {
      active_.set(Trip::kOverForce);
      if (++over_force_count_ >= kOverForceToFault) active_.set(Trip::kOverForceFault);
    }
    return;
  }
  if (!active_.has(Trip::kOverForce)) return;
  if (force >= limits_.hard_limit - kForceHysteresis) return calm_.end();
  if (!calm_.on) calm_.begin(at);
  calm_.look(at, kForceCalm);
  if (calm_.lasted) active_.set(Trip::kOverForce, false);
}

void Interlock::judge_sensor(const Reading& reading, const Sample& sample) noexcept {
  active_.set(Trip::kUncalibrated, has(sample.quality, Quality::kUncalibrated));
  if (has(sample.quality, Quality::kSensorFault)) active_.set(Trip::kSensorFault);

  if (!reading.at_rail) rail_.end();
  if (reading.at_rail && !rail_.on) rail_.begin(sample.device_time);
  rail_.look(sample.device_time, kOpenAfter);
  if (rail_.lasted) active_.set(Trip::kOpenOrShort);

  const bool pressed = reading.force_from_reference >= kPressed;
  if (!pressed) stuck_.end();
  if (pressed && (!stuck_.on || reading.raw != stuck_raw_)) {
    stuck_.begin(sample.device_time);
    stuck_raw_ = reading.raw;
  }
  stuck_.look(sample.device_time, kStuckAfter);
  // A sensor at a rail repeats its value too; that has a name of its own.
  if (stuck_.lasted && !reading.at_rail) active_.set(Trip::kStuck);
}

void Interlock::judge_ball(const StepInput& input) noexcept {
  active_.set(Trip::kBallStop, input.ball_stop_latched);
  if (input.ball_over_temperature || input.temperature_c >= limits_.max_temperature_c) {
    active_.set(Trip::kOverTemperature);
  } else if (input.temperature_c <= limits_.max_temperature_c - kTemperatureHysteresisC) {
    active_.set(Trip::kOverTemperature, false);
  }
}

void Interlock::spend_budget(const Sample& sample, HostTime now) noexcept {
  if (has_sample_) {
    // Over a restart of the ball's clock the host's is all there is.
    const bool joined = !has(sample.quality, Quality::kReanchored);
    budget_.pass(sample.motor.value != 0,
                 joined ? sample.device_time - last_device_time_
                        : std::chrono::duration_cast<std::chrono::microseconds>(now - last_arrival_));
  }
  if (budget_.spent()) active_.set(Trip::kBudget);
  active_.set(Trip::kRest, budget_.tired());
}

Decision Interlock::decide(const LeasedRequest& request, HostTime now, std::chrono::microseconds elapsed) noexcept {
  Decision out{.active = active_};
  const bool leased = now < request.expires && request.expires - now <= limits_.lease;
  const bool permitted = leased && !active_.any() && has_sample_;
  out.level = ramp_.follow(permitted ? std::min(request.level, limits_.max_level) : Level{}, elapsed);
  if (out.level.value == 0) return out;
  out.pattern = request.pattern;
  out.frequency_hz = request.frequency_hz;
  return out;
}

void Interlock::request_stop() noexcept { active_.set(Trip::kStop); }

void Interlock::clear() noexcept {
  active_.set(Trip::kStop, false);
  active_.set(Trip::kSensorFault, false);  // the next sample sets it again when the cause is still there
  if (!stuck_.lasted) active_.set(Trip::kStuck, false);
  if (!rail_.lasted) active_.set(Trip::kOpenOrShort, false);
  // What led to no fault yet goes on counting.
  if (active_.has(Trip::kOverForceFault) && !active_.has(Trip::kOverForce)) {
    active_.set(Trip::kOverForceFault, false);
    over_force_count_ = 0;
  }
}

void Interlock::begin_session() noexcept {
  over_force_count_ = 0;
  budget_.begin_session();
  active_.set(Trip::kBudget, false);
}

}  // namespace knead::sampling
