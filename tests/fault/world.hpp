// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "daemon/api/client.hpp"
#include "daemon/api/messages.hpp"
#include "daemon/core/units.hpp"
#include "tests/fault/process.hpp"
#include "tests/fault/stall_watch.hpp"
#include "tests/unit/usb/virtual_usb.hpp"

namespace knead::fault {

struct WorldOptions {
  bool realtime = false;   ///< the daemon as shipped, and the ball's side above it: it stands for hardware
  std::string database{};  ///< empty: in the world's folder
  bool slow_disk = false;  ///< the daemon's disk can be made slow, see slow_disk()
  std::uint64_t seed = 1;  ///< of the person
};

/// A ball with a person who leans on it, and the real kneadd on real libusb. The ball is in this process and outlives
/// whatever happens to the daemon, so its motor trace is the witness.
///
///   this process: ball ── host controller ── umockdev ══ socket ══ libusb in kneadd ── sampling thread ── ...
///
/// One thread; it has to be the same as that of a ThreadHold.
class World {
 public:
  explicit World(const WorldOptions& options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] test::VirtualUsb& usb() { return usb_; }
  /// The ball's number on the bus.
  [[nodiscard]] int device() const { return device_; }
  [[nodiscard]] Kneadd& daemon() { return *daemon_; }
  [[nodiscard]] const Folder& folder() const { return folder_; }
  [[nodiscard]] StallWatch& stalls() { return stalls_; }
  [[nodiscard]] const WorldOptions& options() const { return options_; }

  /// Starts kneadd, the first or a next one, and waits until the ball streams.
  void start_daemon();
  /// Begins a session. @param routine id or path.
  [[nodiscard]] Result<> try_run(const std::string& routine);
  /// The same where a refusal is an error.
  void run(const std::string& routine);
  /// Begins a session and waits until the motor runs.
  void begin_session(const std::string& routine = "upper-trap");
  void call(const std::string& method);
  /// The same where a refusal is no surprise.
  [[nodiscard]] bool try_call(const std::string& method);
  [[nodiscard]] api::DaemonStatus status();
  /// The daemon has a fresh reading of the ball.
  [[nodiscard]] bool ball_is_usable();

  /// The host's end of the cable is out: nothing reaches the ball any more, though it has power still. The worse case
  /// of the two, since a ball without power cannot vibrate.
  void unplug();
  /// Another arrival of the same serial.
  void replug();
  /// Until the ball has measured for @p span, by its own clock, whatever the daemon does meanwhile. The moment at which
  /// it returns is in step with no frame of the bus and no period of the daemon's.
  void let_ball_measure(std::chrono::microseconds span);

  [[nodiscard]] bool motor_runs();
  /// When the motor went off, at or after @p since; waits for it. Empty: it did not within @p bound.
  [[nodiscard]] std::optional<HostTime> motor_off(HostTime since, std::chrono::milliseconds bound);
  /// Whether the motor was on at that moment.
  [[nodiscard]] bool motor_ran_at(HostTime when);

  /// Each write of the daemon's disk takes so long; 0: as it is.
  void slow_disk(std::chrono::milliseconds each) const;

 private:
  void plug();
  [[nodiscard]] DeviceTime ball_time();

  WorldOptions options_;
  Folder folder_;
  StallWatch stalls_;
  test::VirtualUsb usb_;
  int device_ = 0;
  int plugged_ = 0;
  std::unique_ptr<Kneadd> daemon_;  // after usb_: killed while the bus is still there to answer
  std::optional<api::Client> client_;
};

}  // namespace knead::fault
