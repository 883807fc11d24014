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
constexpr Newtons kPressed{2.0};            // as contact_n of a routine by default
constexpr int kFreshArrivals = 10;          // choice: 10 ms at 1 kHz; one late packet does not count as life
constexpr int kTemperatureHysteresisC = 3;  // choice

double median(std::array<double, 3> v) noexcept {
  std::sort(v.begin(), v.end());
  return v[1];
}

}  // namespace

Decision Interlock::step(const StepInput& input, const LeasedRequest& request, HostTime now) noexcept {
  judge_continuity(input, now);
  judge_force(input);
  judge_sensor(input);
  judge_ball(input);
  spend_budget(input.sample);
  last_device_time_ = input.sample.device_time;
  has_sample_ = true;
  last_arrival_ = now;
  return decide(request, now);
}

Decision Interlock::tick(const LeasedRequest& request, HostTime now) noexcept {
  if (!has_sample_ || now - last_arrival_ > limits_.stale - kSilenceAhead) {
    active_.set(Trip::kStale);
    fresh_in_a_row_ = 0;
  }
  return decide(request, now);
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
    recent_ = 0;
    watching_stuck_ = false;
    below_limit_ = false;
    bad_reading_at_ = s.device_time;  // a restarted clock may lie before it; readings must prove themselves anew
  }
  // By arrival: a late report that brings a dozen old readings is one sign of life, not twelve.
  if (now != last_arrival_ || fresh_in_a_row_ == 0) fresh_in_a_row_ = std::min(fresh_in_a_row_ + 1, kFreshArrivals);
  if (fresh_in_a_row_ >= kFreshArrivals) {
    active_.set(Trip::kStale, false);
    active_.set(Trip::kGap, false);
  }
}

void Interlock::judge_force(const StepInput& input) noexcept {
  const Sample& s = input.sample;
  const bool saturated = has(s.quality, Quality::kSaturated);
  recent_force_[recent_at_] = input.force_from_reference.value;
  recent_saturated_[recent_at_] = saturated;
  recent_at_ = (recent_at_ + 1) % recent_force_.size();
  recent_ = std::min(recent_ + 1, 3);
  // Until three samples are there, each is taken at its word: better a false trip than a late one.
  const double force = recent_ == 3 ? median(recent_force_) : input.force_from_reference.value;
  const bool believed_saturated =
      recent_ == 3 ? std::count(recent_saturated_.begin(), recent_saturated_.end(), true) >= 2 : saturated;

  if (believed_saturated) {
    active_.set(Trip::kSaturated);
    bad_reading_at_ = s.device_time;
  }
  if (force <= kImplausiblePull.value && !saturated) {
    active_.set(Trip::kImplausible);
    bad_reading_at_ = s.device_time;
  }
  if (s.device_time - bad_reading_at_ >= kGoodFor) {
    active_.set(Trip::kSaturated, false);
    active_.set(Trip::kImplausible, false);
  }

  if (force >= limits_.hard_limit.value) {
    below_limit_ = false;
    if (!active_.has(Trip::kOverForce)) {
      active_.set(Trip::kOverForce);
      if (++over_force_count_ >= kOverForceToFault) active_.set(Trip::kOverForceFault);
    }
    return;
  }
  if (!active_.has(Trip::kOverForce)) return;
  if (force >= limits_.hard_limit.value - kForceHysteresis.value) {
    below_limit_ = false;
    return;
  }
  if (!below_limit_) {
    below_limit_ = true;
    below_limit_since_ = s.device_time;
  }
  if (s.device_time - below_limit_since_ >= kForceCalm) active_.set(Trip::kOverForce, false);
}

void Interlock::judge_sensor(const StepInput& input) noexcept {
  const Sample& s = input.sample;
  active_.set(Trip::kUncalibrated, has(s.quality, Quality::kUncalibrated));
  if (has(s.quality, Quality::kSensorFault)) active_.set(Trip::kSensorFault);

  const bool pressed = input.force_from_reference >= kPressed;
  if (!pressed || !watching_stuck_ || s.raw != stuck_raw_) {
    watching_stuck_ = pressed;
    stuck_raw_ = s.raw;
    stuck_since_ = s.device_time;
  } else if (s.device_time - stuck_since_ >= kStuckAfter) {
    active_.set(Trip::kStuck);
  }
}

void Interlock::judge_ball(const StepInput& input) noexcept {
  active_.set(Trip::kBallStop, input.ball_stop_latched);
  if (input.ball_over_temperature || input.temperature_c >= limits_.max_temperature_c) {
    active_.set(Trip::kOverTemperature);
  } else if (input.temperature_c <= limits_.max_temperature_c - kTemperatureHysteresisC) {
    active_.set(Trip::kOverTemperature, false);
  }
}

void Interlock::spend_budget(const Sample& sample) noexcept {
  // By what the ball says it applied, not by what was commanded: it is the vibration that is bounded.
  if (has_sample_ && sample.motor.value != 0 && !has(sample.quality, Quality::kReanchored)) {
    motor_on_ += std::max(sample.device_time - last_device_time_, std::chrono::microseconds(0));
  }
  if (motor_on_ >= limits_.motor_budget) active_.set(Trip::kBudget);
}

Decision Interlock::decide(const LeasedRequest& request, HostTime now) const noexcept {
  Decision out{.active = active_};
  const bool leased = now < request.expires && request.expires - now <= limits_.lease;
  if (active_.any() || !leased || !has_sample_) return out;
  out.level = std::min(request.level, limits_.max_level);
  out.pattern = request.pattern;
  out.frequency_hz = request.frequency_hz;
  return out;
}

void Interlock::request_stop() noexcept { active_.set(Trip::kStop); }

void Interlock::clear() noexcept {
  active_.set(Trip::kStop, false);
  active_.set(Trip::kStuck, false);
  active_.set(Trip::kSensorFault, false);  // the next sample sets it again when the cause is still there
  if (!active_.has(Trip::kOverForce)) {
    active_.set(Trip::kOverForceFault, false);
    over_force_count_ = 0;
  }
  watching_stuck_ = false;
}

void Interlock::begin_session() noexcept {
  over_force_count_ = 0;
  motor_on_ = {};
  active_.set(Trip::kBudget, false);
}

}  // namespace knead::sampling
