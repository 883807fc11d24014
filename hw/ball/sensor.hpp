// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

#include "daemon/core/units.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::ball {

/// The load cell and its converter. Defaults: a 100 N cell of 2 mV/V on a ratiometric 24-bit converter at gain 128
/// (range 7.8 mV/V, as HX711 and ADS1220 have): 100 N come to a quarter of 2^23, so 20 000 counts a newton in round
/// numbers, and the rail is at about 415 N.
struct SensorModel {
  double counts_per_newton = 20000.0;
  std::int32_t zero_raw = 84213;  ///< unloaded; a bridge is never quite balanced
  double noise_counts = 6.0;      ///< standard deviation, 0.3 mN; cut at three of them, 0.9 mN
  std::uint16_t full_scale_n = 100;
};

/// What can be wrong with a load cell, for tests.
enum class SensorFault : std::uint8_t {
  kNone,
  kStuck,      ///< the converter repeats its last reading
  kSaturated,  ///< beyond the converter's range, upper rail; the cell itself is sound
  kOpen,       ///< a wire is off: upper rail, found by the converter's burn-out current
  kShorted,    ///< lower rail, found likewise
};

/// Turns newtons into counts, with seeded noise: the same seed gives the same readings.
class Sensor {
 public:
  Sensor(const SensorModel& model, std::uint64_t seed) : model_(model), random_(seed) {}

  std::int32_t read(Newtons force);
  void inject(SensorFault fault) noexcept { fault_ = fault; }
  /// Open or shorted, as the ball itself can tell.
  [[nodiscard]] bool faulty() const noexcept { return fault_ == SensorFault::kOpen || fault_ == SensorFault::kShorted; }
  [[nodiscard]] const SensorModel& model() const noexcept { return model_; }
  /// What the factory finds out with a 0 N and a 100 N weight.
  [[nodiscard]] protocol::Calibration factory_calibration() const noexcept;

 private:
  SensorModel model_;
  std::mt19937_64 random_;
  SensorFault fault_ = SensorFault::kNone;
  std::int32_t last_ = 0;
};

}  // namespace knead::ball
