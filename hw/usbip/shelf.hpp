// SPDX-License-Identifier: Apache-2.0
// The balls on offer. A ball that no host has attached lies on the shelf without power.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "hw/ball/ball.hpp"
#include "hw/ball/motor.hpp"
#include "hw/ball/paced_ball.hpp"
#include "hw/ball/person.hpp"
#include "hw/usbip/wire.hpp"

namespace knead::hw::usbip {

/// Makes the person who presses a ball, anew each time the person begins.
using PersonMaker = std::function<std::unique_ptr<ball::Person>()>;

/// One ball under one bus id. Owned by the shelf, used by at most one host at a time; one thread.
///
///   [on the shelf] ── attach() ──▶ [attached] ── detach() ──▶ [on the shelf]
///        ▲  │ pull()                    │ pull()
///   put() │ ▼                           ▼
///        [pulled] ◀─────────────────────┘         not listed, cannot be attached
///
/// The ball has power only while attached. The person begins at the first attach and does not notice later ones.
class ShelfBall {
 public:
  /// @p number counts from 1 and becomes bus id "1-<number>".
  ShelfBall(ball::Ball ball, PersonMaker person, std::uint32_t number, HostTime now);

  [[nodiscard]] const DeviceRecord& record() const noexcept { return record_; }
  [[nodiscard]] const std::string& bus_id() const noexcept { return record_.bus_id; }
  [[nodiscard]] const std::string& serial() const noexcept { return ball_.ball().serial(); }
  [[nodiscard]] bool pulled() const noexcept { return pulled_; }
  [[nodiscard]] bool attached() const noexcept { return ball_.plugged(); }

  void attach(HostTime now);
  void detach(HostTime now);
  void pull(HostTime now);
  void put() noexcept { pulled_ = false; }
  /// A trace plays from its start.
  void restart_person(HostTime now) { ball_.restart_person(now, person_()); }

  [[nodiscard]] ball::PacedBall& paced() noexcept { return ball_; }
  /// Motor changes since the last call, oldest first.
  [[nodiscard]] std::span<const ball::MotorChange> new_motor_changes();

 private:
  PersonMaker person_;
  ball::PacedBall ball_;
  DeviceRecord record_;
  std::size_t motor_changes_seen_ = 0;
  bool pulled_ = false;
  bool ever_attached_ = false;
};

/// All balls of one program. The balls' addresses stay.
class Shelf {
 public:
  /// @return the new ball, of the next number.
  ShelfBall& add(ball::Ball ball, PersonMaker person, HostTime now);
  [[nodiscard]] ShelfBall* find(std::string_view bus_id) noexcept;
  [[nodiscard]] std::span<const std::unique_ptr<ShelfBall>> balls() const noexcept { return balls_; }

 private:
  std::vector<std::unique_ptr<ShelfBall>> balls_;
};

}  // namespace knead::hw::usbip
