// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/paced_ball.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace knead::ball {
namespace {

/// The ball's clock began at some point of the person's time; the person is asked in their own.
class PersonSince final : public Touch {
 public:
  PersonSince(Person& person, std::chrono::microseconds ahead) : person_(person), ahead_(ahead) {}
  Newtons force(DeviceTime t) override { return person_.force(t + ahead_); }
  bool button(DeviceTime t) override { return person_.button(t + ahead_); }

 private:
  Person& person_;
  std::chrono::microseconds ahead_;
};

DeviceTime scaled(std::chrono::nanoseconds host, double speed) {
  // Whole numbers at the pace of life: a double would be exact for 104 days only, and rounding must not drift.
  if (speed == 1.0) return DeviceTime{std::chrono::floor<std::chrono::microseconds>(host)};
  return DeviceTime{
      std::chrono::microseconds(static_cast<std::int64_t>(static_cast<double>(host.count()) * speed / 1e3))};
}
std::chrono::nanoseconds unscaled(DeviceTime device, double speed) {
  const auto us = device.time_since_epoch();
  if (speed == 1.0) return us;
  return std::chrono::nanoseconds(std::llround(static_cast<double>(us.count()) * 1e3 / speed));
}

}  // namespace

PacedBall::PacedBall(Ball ball, std::unique_ptr<Person> person, HostTime start)
    : ball_(std::move(ball)),
      person_(std::move(person)),
      person_start_(start),
      boots_{start},
      last_(start),
      frame_start_(start) {}

DeviceTime PacedBall::device_time(HostTime now) const { return scaled(now - boots_.back(), speed()); }
DeviceTime PacedBall::person_time(HostTime now) const { return scaled(now - person_start_, speed()); }

HostTime PacedBall::host_time(const MotorChange& change) const {
  return boots_.at(change.boot) + unscaled(change.at, speed());
}

void PacedBall::advance(HostTime now) {
  last_ = std::max(last_, now);
  const std::int64_t frames = (last_ - frame_start_) / kFrame;
  frame_start_ += frames * kFrame;
  polls_left_ = std::min(polls_left_ + frames, kMaxBurst);

  PersonSince person(*person_, scaled(boots_.back() - person_start_, speed()).time_since_epoch());
  ball_.advance(device_time(last_), person);
}

std::optional<Packet> PacedBall::poll_in(HostTime now) {
  advance(now);
  if (polls_left_ == 0) return std::nullopt;
  auto packet = ball_.next_report();
  if (packet) --polls_left_;
  return packet;
}

HostTime PacedBall::next_poll_at() const {
  const DeviceTime ready = ball_.powered() ? ball_.next_report_at() : DeviceTime::max();
  if (ready == DeviceTime::max()) return HostTime::max();
  // Rounded up: a poll must not come a nanosecond before its reading.
  const HostTime ready_host =
      boots_.back() + unscaled(ready, speed()) + std::chrono::nanoseconds(speed() == 1.0 ? 0 : 1000);
  return polls_left_ > 0 ? ready_host : std::max(ready_host, frame_start_ + kFrame);
}

bool PacedBall::out(HostTime now, std::span<const std::byte> bytes) {
  advance(now);
  return plugged() && ball_.handle_out(bytes);
}

ControlReply PacedBall::control(HostTime now, const SetupPacket& setup, std::span<const std::byte> data) {
  advance(now);
  return ball_.handle_control(setup, data);
}

void PacedBall::bus_reset(HostTime now) {
  advance(now);
  ball_.bus_reset();
}

void PacedBall::unplug(HostTime now) {
  advance(now);
  ball_.unplug();
}

void PacedBall::plug_in(HostTime now) {
  advance(now);
  if (plugged()) return;
  boots_.push_back(last_);
  ball_.plug_in();
}

void PacedBall::hear(HostTime now, PersonCue cue) {
  advance(now);
  person_->hear(person_time(last_), cue);
}

void PacedBall::restart_person(HostTime now, std::unique_ptr<Person> person) {
  advance(now);
  person_ = std::move(person);
  person_start_ = last_;
}

}  // namespace knead::ball
