// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "daemon/core/units.hpp"
#include "hw/ball/ball.hpp"
#include "hw/ball/person.hpp"

namespace knead::ball {

/// A ball, the person who has it, and the pace at which their time follows the host's. What every front of the virtual
/// ball is built on. Pure: host time is an argument and never goes back (a time before the last is taken as the last).
/// Owned by one thread, or locked by its owner.
///
/// USB full speed polls an interrupt endpoint once a millisecond. Real hosts do it in hardware, a virtual one when its
/// thread runs: so each elapsed host millisecond earns the right to one report, and at most kMaxBurst can be saved up
/// (what a driver's transfers in flight would have caught). Later than that, the ball's FIFO fills and drops.
class PacedBall {
 public:
  /// Plugged in and powered since @p start, when the person begins too. The pace is the ball's config().clock_speed.
  PacedBall(Ball ball, std::unique_ptr<Person> person, HostTime start);

  /// Ball and person live until @p now. Every other call with a host time does this first.
  void advance(HostTime now);

  /// An interrupt-IN poll. @return a report, or nothing: none ready, this millisecond's is spent, or unplugged.
  [[nodiscard]] std::optional<Packet> poll_in(HostTime now);
  /// When poll_in() is next worth a try; HostTime::max() when unplugged, not configured or suspended.
  [[nodiscard]] HostTime next_poll_at() const;
  /// An interrupt-OUT packet. @return false: the endpoint stalls, or unplugged.
  [[nodiscard]] bool out(HostTime now, std::span<const std::byte> bytes);
  [[nodiscard]] ControlReply control(HostTime now, const SetupPacket& setup, std::span<const std::byte> data);
  void bus_reset(HostTime now);
  /// Pulls the cable. The person's time runs on.
  void unplug(HostTime now);
  /// Puts it in again: the ball powers up, clock and sequence at 0.
  void plug_in(HostTime now);
  [[nodiscard]] bool plugged() const noexcept { return ball_.powered(); }

  /// The person hears a cue.
  void hear(HostTime now, PersonCue cue);
  /// The person's time begins anew, so that a trace plays from its start.
  void restart_person(HostTime now, std::unique_ptr<Person> person);

  /// For status, the motor trace and fault injection.
  [[nodiscard]] Ball& ball() noexcept { return ball_; }
  [[nodiscard]] const Ball& ball() const noexcept { return ball_; }
  /// When on the host's clock a line of the motor trace happened.
  [[nodiscard]] HostTime host_time(const MotorChange& change) const;
  [[nodiscard]] double speed() const noexcept { return ball_.config().clock_speed; }

  static constexpr std::chrono::milliseconds kFrame{1};
  static constexpr std::int64_t kMaxBurst = 8;

 private:
  [[nodiscard]] DeviceTime device_time(HostTime now) const;
  [[nodiscard]] DeviceTime person_time(HostTime now) const;

  Ball ball_;
  std::unique_ptr<Person> person_;
  HostTime person_start_;
  std::vector<HostTime> boots_;  // when each power-up happened
  HostTime last_;
  HostTime frame_start_;  // of the newest frame counted
  std::int64_t polls_left_ = 0;
};

}  // namespace knead::ball
