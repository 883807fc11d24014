// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "daemon/core/units.hpp"

namespace knead {

/// What is known against a sample. A bit set; 0 is a good sample.
enum class Quality : std::uint32_t {
  kGood = 0,
  kGapBefore = 1U << 0,     ///< at least one sample between this and the one before was lost
  kSaturated = 1U << 1,     ///< raw count at a rail of the converter
  kUncalibrated = 1U << 2,  ///< force is meaningless
  kSensorFault = 1U << 3,   ///< the ball reports an open or shorted sensor
  kStuck = 1U << 4,         ///< one distinct value for 1 s while pressed
  kReanchored = 1U << 5,    ///< the device clock or sequence restarted: no interval to the sample before
  kButton = 1U << 6,        ///< not a flaw: the ball's button is down
};
constexpr Quality operator|(Quality a, Quality b) {
  return static_cast<Quality>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr Quality operator&(Quality a, Quality b) {
  return static_cast<Quality>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
constexpr Quality& operator|=(Quality& a, Quality b) { return a = a | b; }
constexpr bool has(Quality set, Quality bit) { return (set & bit) != Quality::kGood; }
/// The force value can be believed.
constexpr bool usable(Quality q) {
  return (q & (Quality::kSaturated | Quality::kUncalibrated | Quality::kSensorFault | Quality::kStuck)) ==
         Quality::kGood;
}

/// One calibrated reading.
struct Sample {
  std::uint64_t seq = 0;     ///< the ball's reading counter, extended to 64 bits
  DeviceTime device_time{};  ///< when the ball took it
  HostTime host_time{};      ///< the same moment on the host's clock, as ClockSync estimates it
  Newtons force{};           ///< relative to the current tare
  std::int32_t raw = 0;      ///< converter counts, signed 24 bit
  Quality quality{};
  Level motor{};  ///< level the ball applied when it took the reading
};

}  // namespace knead
