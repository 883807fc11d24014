// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/ball/ball.hpp"
#include "hw/ball/paced_ball.hpp"
#include "hw/ball/person.hpp"
#include "hw/link/link.hpp"

namespace knead::hw {

struct SimBallConfig {
  ball::BallConfig ball{};               ///< serial, rate, speed (clock_speed), seed
  std::unique_ptr<ball::Person> person;  ///< ball::make_person(...) or ball::TracePerson
};

/// A bus of balls inside this process, each with a person who presses it. The bytes, the pace and the failures are
/// those of a real ball; only the cable is missing.
///
/// Threads as hw/link/link.hpp says. A small mutex a ball guards it: this is the device's side, where real hardware
/// would run beside us. No callback is made under that mutex.
class SimBus final : public Bus {
 public:
  using Clock = std::function<HostTime()>;

  /// @param clock replaces the host's in tests. Errors: kInvalidInput (rate, speed, serial, two equal serials).
  static Result<std::unique_ptr<SimBus>> create(std::vector<SimBallConfig> balls, Clock clock = &HostClock::now);
  ~SimBus() override;

  Result<> start(BusEvents& events) override;
  void run_once(HostTime deadline) noexcept override;
  void wake() noexcept override;
  Result<std::unique_ptr<Link>> open(BallId ball) override;

  // ---- Beyond a real bus: any thread. An unknown serial is kNoBall. --------------------------------------------

  /// The person with this ball hears a cue.
  Result<> hear(std::string_view serial, ball::PersonCue cue);
  /// Pulls or puts in the cable; the change is announced by run_once.
  Result<> set_plugged(std::string_view serial, bool plugged);
  /// The next @p count reports are lost in transfers that fail.
  Result<> fail_transfers(std::string_view serial, unsigned count);
  /// Every change of the ball's motor so far, and when it was on the host's clock.
  struct MotorEvent {
    HostTime when{};
    ball::MotorChange change{};
  };
  Result<std::vector<MotorEvent>> motor_trace(std::string_view serial);
  /// Runs @p use on the ball while nobody else touches it, brought up to now: status, fault injection.
  Result<> with_ball(std::string_view serial, const std::function<void(ball::PacedBall&)>& use);

  struct Slot;  // one ball and its end of the cable

 private:
  SimBus(std::vector<std::shared_ptr<Slot>> slots, Clock clock);
  [[nodiscard]] Result<std::shared_ptr<Slot>> find(std::string_view serial) const;
  // Each returns whether it called anybody.
  bool step(Slot& slot, HostTime now);
  bool announce(Slot& slot, std::optional<BallId> present);
  bool deliver(Slot& slot, HostTime now);
  [[nodiscard]] HostTime next_due() const;

  std::vector<std::shared_ptr<Slot>> slots_;
  Clock clock_;
  BusEvents* events_ = nullptr;
  std::atomic<std::uint64_t> next_arrival_;
  std::mutex wake_mutex_;
  std::condition_variable wake_condition_;
  bool woken_ = false;
};

}  // namespace knead::hw
