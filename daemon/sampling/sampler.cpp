// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/sampler.hpp"

#include <algorithm>

#include "daemon/core/realtime_scope.hpp"
#include "hw/protocol/codec.hpp"

namespace knead::sampling {

namespace {

using protocol::ReportFlag;
using std::chrono::microseconds;

// A jump this far ahead is no loss but another time line: nobody sends ten minutes late.
constexpr std::uint32_t kFarAhead = 8000U * 600U;
// A transfer that comes twice is a few reports old. Further back is a ball that began anew and whose first report was
// lost: to drop those as duplicates would be to go deaf.
constexpr std::uint32_t kFarBehind = 8U * protocol::kMaxReadings;
// The ball's clock may be this far, in microseconds, beyond what the readings since the last one come to: more than a
// ball rounds by, less than counts as a gap (R4). Beyond it the clock has jumped, and that is another time line too.
constexpr std::uint32_t kClockLeeway = 10'000;
// An "off" that the ball does not show within this time is said again, in case its packet was lost.
constexpr std::chrono::milliseconds kInsist{20};

// Counters have one writer: load and store are cheaper than an atomic addition, and nobody can come between.
template <class T>
void add(std::atomic<T>& counter, T n) noexcept {
  counter.store(static_cast<T>(counter.load(std::memory_order_relaxed) + n), std::memory_order_relaxed);
}

}  // namespace

Sampler::Sampler(Controls& controls, SampleRing& ring, const Limits& limits)
    : controls_(controls),
      ring_(ring),
      clears_seen_(controls.clears()),
      sessions_seen_(controls.sessions()),
      interlock_(limits) {}

void Sampler::attach(hw::Link& link, const protocol::Calibration& calibration) noexcept {
  link_ = &link;
  use(calibration);
  has_next_calibration_.store(false, std::memory_order_release);
  has_last_ = false;
  has_command_ = false;
  button_down_ = true;  // a press that began before it was connected stops nothing
  last_arrival_ = {};
  clock_sync_.reset();
  counters_.gone.store(false, std::memory_order_release);
}

void Sampler::use(const protocol::Calibration& calibration) noexcept {
  calibrated_ = calibration.calibrated;
  scale_ = calibration.scale();
}

void Sampler::on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept {
  const RealtimeScope on_the_path;
  if (has_next_calibration_.load(std::memory_order_acquire)) {
    use(next_calibration_);
    has_next_calibration_.store(false, std::memory_order_release);
  }
  const auto report = protocol::decode_report(bytes);
  if (!report) {
    // Not a fresh sample: garbage for long enough is silence.
    add<std::uint64_t>(counters_.refused_reports, 1);
    look(arrived);
    return;
  }
  interval_ = last_arrival_ == HostTime{} ? std::chrono::nanoseconds{} : arrived - last_arrival_;
  if (interval_.count() > counters_.worst_gap_ns.load(std::memory_order_relaxed)) {
    counters_.worst_gap_ns.store(interval_.count(), std::memory_order_relaxed);
  }
  last_arrival_ = arrived;
  add<std::uint64_t>(counters_.reports, 1);
  counters_.motor_level.store(report->motor_level, std::memory_order_relaxed);
  counters_.temperature_c.store(report->temperature_c, std::memory_order_relaxed);
  follow_controls();
  bool first = true;
  for (std::size_t i = 0; i < report->count; ++i) {
    if (take_reading(*report, i, arrived, first)) first = false;
  }
  // Nothing in it was new, which is silence too; a bus that keeps coming up with such reports leaves on_time() late.
  if (first) look(arrived);
}

bool Sampler::take_reading(const protocol::Report& report, std::size_t index, HostTime arrived, bool first) noexcept {
  const auto step = static_cast<std::uint32_t>(index);
  StepInput input;
  Sample& s = input.sample;
  if (!place({.seq = report.seq + step,
              .time_us = report.time_us + step * report.period_us,
              .period_us = report.period_us,
              .first_after_reset = index == 0 && report.has(ReportFlag::kFirstAfterReset)},
             s, input.lost_before)) {
    add<std::uint64_t>(counters_.duplicates, 1);
    return false;
  }
  s.raw = report.raw[index];
  s.force = scale_.force(s.raw);
  s.motor = Level{report.motor_level};
  if (s.raw >= protocol::kRawMax || s.raw <= protocol::kRawMin) s.quality |= Quality::kSaturated;
  if (!calibrated_ || report.has(ReportFlag::kUncalibrated)) s.quality |= Quality::kUncalibrated;
  if (report.has(ReportFlag::kSensorFault)) s.quality |= Quality::kSensorFault;
  if (report.has(ReportFlag::kButton)) s.quality |= Quality::kButton;
  if (interlock_.active().has(Trip::kStuck)) s.quality |= Quality::kStuck;

  // The last reading of a report is the one that was taken just before it was sent. Its arrival bounds them all, so it
  // must be known before the first of them is placed.
  const bool last = index + 1 == report.count;
  if (first) {
    const auto to_last = static_cast<std::int64_t>(report.count - 1 - index);
    clock_sync_.update(s.device_time + to_last * microseconds(report.period_us), arrived);
  }
  s.host_time = clock_sync_.to_host(s.device_time);
  if (last) time_report(s, arrived);

  input.force_from_reference = scale_.force_from_reference(s.raw);
  input.ball_stop_latched = report.has(ReportFlag::kStopLatched);
  input.ball_over_temperature = report.has(ReportFlag::kOverTemperature);
  input.temperature_c = report.temperature_c;
  last_reference_force_ = input.force_from_reference;

  const LeasedRequest request = controls_.request(arrived);
  watch_button(has(s.quality, Quality::kButton), request.level > Level{0} && arrived < request.expires);
  const Decision decision = interlock_.step(input, request, arrived);
  if (last && obey(decision, arrived)) latency_.reaction.record(HostClock::now() - arrived);
  report_trips(decision.active, arrived);
  ring_.push(s);
  add<std::uint64_t>(counters_.samples, 1);
  return true;
}

void Sampler::watch_button(bool down, bool vibration_wanted) noexcept {
  // The ball holds its motor only as long as the button is down, and the session learns of it when the main thread
  // comes round: a short press must not let it go on in between (R3). Where no vibration is wanted a press has other
  // meanings.
  if (down && !button_down_ && vibration_wanted) {
    controls_.stop();
    interlock_.request_stop();
  }
  button_down_ = down;
}

void Sampler::time_report(const Sample& last, HostTime arrived) noexcept {
  // Before the clocks' ratio is known a fast-running ball would look late each time.
  if (clock_sync_.synchronized()) {
    latency_.delay.record(arrived - last.host_time);
    // Across a gap, several reports' delays would be counted as one's.
    if (!has(last.quality, Quality::kGapBefore) && interval_.count() > 0) {
      const auto nominal = static_cast<double>((last.device_time - last_report_time_) / std::chrono::nanoseconds(1));
      const auto expected = std::chrono::nanoseconds(static_cast<std::int64_t>(nominal * clock_sync_.rate()));
      latency_.jitter.record(std::chrono::abs(interval_ - expected));
    }
  }
  last_report_time_ = last.device_time;
}

bool Sampler::place(const Place& at, Sample& sample, std::uint64_t& lost_before) noexcept {
  const std::uint32_t ahead = at.seq - static_cast<std::uint32_t>(last_seq_);
  const auto elapsed = at.time_us - static_cast<std::uint32_t>(last_device_time_.time_since_epoch().count());
  // Time that the readings do not account for must not be credited to anybody (R7).
  const bool clock_rises = elapsed > 0 && elapsed <= std::uint64_t{ahead} * at.period_us + kClockLeeway;
  const bool duplicate = std::uint32_t{0} - ahead <= kFarBehind;
  if (has_last_ && !at.first_after_reset) {
    if (duplicate) return false;
    if (ahead < kFarAhead && clock_rises) {
      last_seq_ += ahead;
      last_device_time_ += microseconds(elapsed);
      lost_before = ahead - 1;
      if (lost_before > 0) {
        sample.quality |= Quality::kGapBefore;
        add(counters_.lost, lost_before);
      }
      sample.seq = last_seq_;
      sample.device_time = last_device_time_;
      return true;
    }
  }
  // The first reading, or a ball that began anew: no interval leads here.
  if (ring_.head() > 0) sample.quality |= Quality::kReanchored;
  has_last_ = true;
  has_command_ = false;
  clock_sync_.reset();
  last_seq_ = at.seq;
  last_device_time_ = DeviceTime(microseconds(at.time_us));
  sample.seq = last_seq_;
  sample.device_time = last_device_time_;
  return true;
}

void Sampler::on_transfer_error(HostTime when) noexcept {
  const RealtimeScope on_the_path;
  add<std::uint64_t>(counters_.transfer_errors, 1);
  // A bus that keeps the thread busy with failures must not keep it from finding the silence among them.
  look(when);
}

void Sampler::on_gone(HostTime when) noexcept {
  const RealtimeScope on_the_path;
  report_trips(interlock_.tick({}, when).active, when);
  counters_.gone.store(true, std::memory_order_release);
}

void Sampler::on_time(HostTime now) noexcept {
  const RealtimeScope on_the_path;
  look(now);
}

void Sampler::look(HostTime now) noexcept {
  follow_controls();
  const Decision decision = interlock_.tick(controls_.request(now), now);
  obey(decision, now);
  report_trips(decision.active, now);
}

void Sampler::follow_controls() noexcept {
  if (const std::uint32_t clears = controls_.clears(); clears != clears_seen_) {
    clears_seen_ = clears;
    interlock_.clear();
  }
  if (const std::uint32_t sessions = controls_.sessions(); sessions != sessions_seen_) {
    sessions_seen_ = sessions;
    interlock_.begin_session();
  }
  if (controls_.stop_requested()) interlock_.request_stop();
}

bool Sampler::obey(const Decision& decision, HostTime now) noexcept {
  if (link_ == nullptr || counters_.gone.load(std::memory_order_relaxed)) return false;
  const bool off = decision.level.value == 0;
  const bool shown_off = counters_.motor_level.load(std::memory_order_relaxed) == 0;
  if (off && shown_off && has_command_ && last_command_.level.value == 0) return false;  // nearly all of the time
  protocol::MotorCommand command{
      .level = decision.level,
      .pattern = off ? protocol::Pattern::kSteady : decision.pattern,
      .frequency_hz = off ? std::uint16_t{0} : decision.frequency_hz,
      .ttl_ms = static_cast<std::uint16_t>(interlock_.limits().ttl.count()),
      .seq = last_command_.seq,
  };
  const bool changed = !has_command_ || command != last_command_;
  // The ball counts its TTL on its own clock, so the third is measured there too: a fast-running ball is fed faster.
  const auto third = interlock_.limits().ttl / 3;
  const bool due = !off && (last_device_time_ - last_command_device_time_ >= third || now - last_command_at_ >= third);
  const bool unheard = off && !shown_off && now - last_command_at_ >= kInsist;
  if (!changed && !due && !unheard) return false;
  command.seq = last_command_.seq + 1;
  {
    const LibraryScope in_the_library;
    if (!link_->submit(command)) return false;
  }
  add<std::uint64_t>(counters_.commands, 1);
  last_command_ = command;
  last_command_device_time_ = last_device_time_;
  last_command_at_ = now;
  has_command_ = true;
  return true;
}

void Sampler::report_trips(TripSet now_active, HostTime when) noexcept {
  if (now_active == trips_told_) return;
  counters_.trips.store(now_active.bits(), std::memory_order_relaxed);
  const auto tell = [&](Trip trip, bool began) {
    const TripChange change{
        .trip = trip, .began = began, .ring_index = ring_.head(), .force = last_reference_force_, .when = when};
    if (!trip_changes_.push(change)) add<std::uint64_t>(counters_.trip_overflow, 1);
  };
  now_active.without(trips_told_).for_each([&](Trip t) { tell(t, true); });
  trips_told_.without(now_active).for_each([&](Trip t) { tell(t, false); });
  trips_told_ = now_active;
}

bool Sampler::set_calibration(const protocol::Calibration& calibration) noexcept {
  if (has_next_calibration_.load(std::memory_order_acquire)) return false;
  next_calibration_ = calibration;
  has_next_calibration_.store(true, std::memory_order_release);
  return true;
}

}  // namespace knead::sampling
