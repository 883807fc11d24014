// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/trip.hpp"

namespace knead::sampling {

std::string_view to_string(Trip trip) noexcept {
  switch (trip) {
    case Trip::kStop:
      return "stop";
    case Trip::kBallStop:
      return "ball_stop";
    case Trip::kOverForceFault:
      return "over_force_fault";
    case Trip::kStuck:
      return "stuck";
    case Trip::kSensorFault:
      return "sensor_fault";
    case Trip::kOpenOrShort:
      return "open_or_short";
    case Trip::kOverForce:
      return "over_force";
    case Trip::kSaturated:
      return "saturated";
    case Trip::kImplausible:
      return "implausible";
    case Trip::kStale:
      return "stale";
    case Trip::kGap:
      return "gap";
    case Trip::kUncalibrated:
      return "uncalibrated";
    case Trip::kOverTemperature:
      return "over_temperature";
    case Trip::kBudget:
      return "budget";
    case Trip::kRest:
      return "rest";
  }
  return "unknown";
}

std::string_view explain(Trip trip) noexcept {
  switch (trip) {
    case Trip::kStop:
      return "Stopped. Clear the stop before you start again.";
    case Trip::kBallStop:
      return "The ball holds a stop. Clear it before you start again.";
    case Trip::kOverForceFault:
      return "Too much pressure three times. Take a break, then clear the fault.";
    case Trip::kStuck:
      return "The pressure sensor is stuck. Check the ball, then clear the fault.";
    case Trip::kSensorFault:
      return "The pressure sensor is broken or unplugged inside the ball. Do not use it.";
    case Trip::kOpenOrShort:
      return "The pressure sensor stays at its limit: a wire in the ball may be broken. Do not use it until it is "
             "mended.";
    case Trip::kOverForce:
      return "Too much pressure. Ease off.";
    case Trip::kSaturated:
      return "The pressure sensor is at its limit. Ease off.";
    case Trip::kImplausible:
      return "The pressure sensor reads a pull. Tare the ball while nothing touches it.";
    case Trip::kStale:
      return "No readings from the ball. The motor is off until they are back.";
    case Trip::kGap:
      return "Readings from the ball were lost. The motor is off for a moment.";
    case Trip::kUncalibrated:
      return "The ball is not calibrated. The motor stays off until it is.";
    case Trip::kOverTemperature:
      return "The ball is too warm. Let it cool down.";
    case Trip::kBudget:
      return "Enough vibration for one session.";
    case Trip::kRest:
      return "Enough vibration in one go. The motor rests for 10 seconds.";
  }
  return "";
}

}  // namespace knead::sampling
