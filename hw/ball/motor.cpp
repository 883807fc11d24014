// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/motor.hpp"

#include <algorithm>
#include <chrono>

namespace knead::ball {

std::string_view to_string(MotorCause cause) noexcept {
  switch (cause) {
    case MotorCause::kCommand:
      return "command";
    case MotorCause::kTtlExpired:
      return "ttl-expired";
    case MotorCause::kBadCommand:
      return "bad-command";
    case MotorCause::kStop:
      return "stop";
    case MotorCause::kButton:
      return "button";
    case MotorCause::kOverTemperature:
      return "over-temperature";
    case MotorCause::kSensorFault:
      return "sensor-fault";
    case MotorCause::kBusReset:
      return "bus-reset";
    case MotorCause::kConfiguration:
      return "configuration";
    case MotorCause::kSuspend:
      return "suspend";
    case MotorCause::kPowerOff:
      return "power-off";
  }
  return "unknown";
}

void Motor::run(DeviceTime now, const protocol::MotorCommand& command) {
  const Level level = std::min(command.level, ceiling_);
  if (level == Level{}) {
    off(now, MotorCause::kCommand);
    return;
  }
  pattern_ = command.pattern;
  frequency_hz_ = command.frequency_hz == 0 ? kDefaultHz : std::clamp(command.frequency_hz, kMinHz, kMaxHz);
  // The codec has checked the TTL; the bound is kept here as well because this is the line that keeps R1.
  deadline_ = now + std::chrono::milliseconds(std::min(command.ttl_ms, protocol::kMaxTtlMs));
  apply(now, level, MotorCause::kCommand);
}

void Motor::off(DeviceTime now, MotorCause cause) {
  deadline_ = DeviceTime::max();
  apply(now, Level{}, cause);
}

void Motor::apply(DeviceTime now, Level level, MotorCause cause) {
  if (level == applied_) return;
  applied_ = level;
  if (trace_.size() == kTraceLimit) trace_.erase(trace_.begin(), trace_.begin() + kTraceLimit / 2);
  trace_.push_back({.boot = boot_, .at = now, .level = level, .cause = cause});
}

}  // namespace knead::ball
