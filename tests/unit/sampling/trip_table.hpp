// SPDX-License-Identifier: Apache-2.0
// What the interlock promises, trip by trip: the table of daemon/sampling/interlock.hpp in a form that tests read.
#pragma once

#include <array>
#include <chrono>

#include "tests/unit/sampling/interlock_rig.hpp"

namespace knead::sampling {

struct TripRow {
  Trip trip;
  Event begins;  ///< what brings it about, from a motor that runs
  int times;     ///< so often, with kBetween after each but the last
  Event ends;    ///< what takes it back, once its cause is gone
  bool latched;  ///< nothing but a person takes it back, by clear(), or at the ball where the ball holds it
  std::chrono::milliseconds off_within;  ///< from the first sign of the cause to a motor at 0
};

/// Lets an over-force end, so that the next is another one.
constexpr Event kBetween = Event::kGoodWhile;

/// Of the rig's interlock: its budgets are short.
constexpr Limits kRigLimits{
    .max_level = Level{200}, .motor_budget = std::chrono::seconds(8), .motor_run = std::chrono::seconds(3)};

using std::chrono::milliseconds;
constexpr std::array kTripTable{
    TripRow{Trip::kStop, Event::kStop, 1, Event::kClear, true, milliseconds(0)},
    TripRow{Trip::kBallStop, Event::kBallStop, 1, Event::kGoodSamples, true, milliseconds(1)},
    TripRow{Trip::kOverForceFault, Event::kTooHard, 3, Event::kClear, true, milliseconds(2)},
    TripRow{Trip::kStuck, Event::kStuckLong, 1, Event::kClear, true, milliseconds(1030)},
    TripRow{Trip::kSensorFault, Event::kSensorFault, 1, Event::kClear, true, milliseconds(1)},
    TripRow{Trip::kOpenOrShort, Event::kAtRailLong, 1, Event::kClear, true, milliseconds(20)},
    TripRow{Trip::kOverForce, Event::kTooHard, 1, Event::kGoodWhile, false, milliseconds(2)},
    TripRow{Trip::kSaturated, Event::kAtRail, 1, Event::kGoodWhile, false, milliseconds(2)},
    TripRow{Trip::kImplausible, Event::kPull, 1, Event::kGoodWhile, false, milliseconds(2)},
    TripRow{Trip::kStale, Event::kSilence, 1, Event::kGoodSamples, false, milliseconds(20)},
    TripRow{Trip::kGap, Event::kHole, 1, Event::kGoodSamples, false, milliseconds(1)},
    TripRow{Trip::kUncalibrated, Event::kUncalibrated, 1, Event::kGoodSamples, false, milliseconds(1)},
    TripRow{Trip::kOverTemperature, Event::kTooHot, 1, Event::kGoodSamples, false, milliseconds(1)},
    TripRow{Trip::kBudget, Event::kTimePasses, 4, Event::kBeginSession, false, milliseconds(8020)},
    TripRow{Trip::kRest, Event::kTimePasses, 1, Event::kTimePasses, false, milliseconds(3020)},
};
static_assert(kTripTable.size() == kTripCount);

}  // namespace knead::sampling
