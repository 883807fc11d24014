// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace knead::sampling {

/// Why the interlock holds the motor at 0.
enum class Trip : std::uint8_t {
  kStop,             ///< a person stopped it; latched until cleared (R3)
  kBallStop,         ///< the ball itself latched a STOP; latched there until cleared
  kOverForceFault,   ///< the third over-force of a session; latched
  kStuck,            ///< one distinct reading for 1 s while pressed; latched
  kSensorFault,      ///< the ball reports an open or shorted sensor; latched
  kOpenOrShort,      ///< at a rail of the converter for 1 s: a wire is off or shorted; latched
  kOverForce,        ///< at or above the hard limit
  kSaturated,        ///< the sensor is at a rail
  kImplausible,      ///< a pull where only pressure is possible
  kStale,            ///< no fresh sample
  kGap,              ///< more than the stale time is missing between two samples
  kUncalibrated,     ///< the ball has no calibration
  kOverTemperature,  ///< the ball is too warm
  kBudget,           ///< motor-on time of this session is used up
  kRest,             ///< the motor ran long enough without a rest
};
constexpr std::size_t kTripCount = 15;

/// snake_case, for JSON, events and the store: "over_force".
std::string_view to_string(Trip trip) noexcept;
/// One plain sentence for the person: what is wrong and what to do.
std::string_view explain(Trip trip) noexcept;

/// A set of trips.
class TripSet {
 public:
  constexpr TripSet() = default;
  constexpr void set(Trip t, bool on = true) { bits_ = on ? bits_ | bit(t) : bits_ & ~bit(t); }
  [[nodiscard]] constexpr bool has(Trip t) const { return (bits_ & bit(t)) != 0; }
  [[nodiscard]] constexpr bool any() const { return bits_ != 0; }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  static constexpr TripSet from_bits(std::uint32_t bits) {
    TripSet set;
    set.bits_ = bits;
    return set;
  }
  constexpr bool operator==(const TripSet&) const = default;
  /// Those in this set and not in @p other.
  [[nodiscard]] constexpr TripSet without(TripSet other) const { return from_bits(bits_ & ~other.bits_); }
  /// Calls @p f with each trip of the set.
  template <class F>
  constexpr void for_each(F&& f) const {
    for (std::size_t i = 0; i < kTripCount; ++i) {
      if (has(static_cast<Trip>(i))) f(static_cast<Trip>(i));
    }
  }

 private:
  static constexpr std::uint32_t bit(Trip t) { return 1U << static_cast<unsigned>(t); }
  std::uint32_t bits_ = 0;
};

/// Trips that stay until a person clears them.
constexpr bool is_latched(Trip t) {
  return t == Trip::kStop || t == Trip::kBallStop || t == Trip::kOverForceFault || t == Trip::kStuck ||
         t == Trip::kSensorFault || t == Trip::kOpenOrShort;
}
/// Latched trips that are faults: they end the session as faulted. A stop is a person's wish, not a fault.
constexpr bool is_fault(Trip t) { return is_latched(t) && t != Trip::kStop && t != Trip::kBallStop; }

}  // namespace knead::sampling
