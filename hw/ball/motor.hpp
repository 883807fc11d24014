// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/core/units.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::ball {

/// Why the motor's level changed.
enum class MotorCause : std::uint8_t {
  kCommand,          ///< a good motor command
  kTtlExpired,       ///< silence: no command in time
  kBadCommand,       ///< a malformed motor command
  kStop,             ///< STOP request
  kButton,           ///< the ball's button went down
  kOverTemperature,  ///< the ball's own limit
  kSensorFault,      ///< open or shorted load cell
  kBusReset,
  kConfiguration,  ///< SET_CONFIGURATION or SET_INTERFACE
  kSuspend,
  kPowerOff,  ///< unplugged
};
std::string_view to_string(MotorCause cause) noexcept;

/// One line of the motor trace.
struct MotorChange {
  std::uint32_t boot = 0;  ///< power cycles before this: the clock restarts with each
  DeviceTime at{};         ///< on the ball's clock
  Level level{};           ///< from now on
  MotorCause cause{};
  constexpr bool operator==(const MotorChange&) const = default;
};

/// The drive of the motor: level, ceiling, TTL, and a trace of every change. It runs only from a command until that
/// command's TTL, whatever else happens.
///
///   [off] ── run(level > 0, ttl) ──▶ [on] ── run(): new level, new deadline ──┐
///     ▲                               │ ▲                                     │
///     └── deadline, off(cause), ──────┘ └─────────────────────────────────────┘
///         run(level 0)
class Motor {
 public:
  explicit Motor(Level ceiling) : ceiling_(ceiling) {}

  void run(DeviceTime now, const protocol::MotorCommand& command);
  void off(DeviceTime now, MotorCause cause);
  /// The clock begins anew; the motor is off.
  void new_boot() noexcept { ++boot_; }

  [[nodiscard]] Level applied() const noexcept { return applied_; }
  [[nodiscard]] Level ceiling() const noexcept { return ceiling_; }
  /// When the TTL runs out; DeviceTime::max() while off.
  [[nodiscard]] DeviceTime deadline() const noexcept { return deadline_; }
  [[nodiscard]] protocol::Pattern pattern() const noexcept { return pattern_; }
  [[nodiscard]] std::uint16_t frequency_hz() const noexcept { return frequency_hz_; }
  /// Every change since the ball was made, oldest first; the oldest half goes when it holds kTraceLimit.
  [[nodiscard]] const std::vector<MotorChange>& trace() const noexcept { return trace_; }

  static constexpr std::size_t kTraceLimit = 65536;
  static constexpr std::uint16_t kDefaultHz = 38;  ///< EVIDENCE.md: 38 Hz moved blood more than 30 Hz
  static constexpr std::uint16_t kMinHz = 20;
  static constexpr std::uint16_t kMaxHz = 200;

 private:
  void apply(DeviceTime now, Level level, MotorCause cause);

  Level ceiling_;
  Level applied_{};
  DeviceTime deadline_ = DeviceTime::max();
  protocol::Pattern pattern_ = protocol::Pattern::kSteady;
  std::uint16_t frequency_hz_ = kDefaultHz;
  std::uint32_t boot_ = 0;
  std::vector<MotorChange> trace_;
};

}  // namespace knead::ball
