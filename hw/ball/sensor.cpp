// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/sensor.hpp"

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <cmath>

namespace knead::ball {

using protocol::kRawMax;
using protocol::kRawMin;

std::int32_t Sensor::read(Newtons force) {
  // Boost's normal distribution, because the standard's differs from library to library; the engine does not.
  const double noise = boost::random::normal_distribution<double>(0.0, model_.noise_counts)(random_);
  const double bounded = std::clamp(noise, -3.0 * model_.noise_counts, 3.0 * model_.noise_counts);
  const double counts = model_.zero_raw + force.value * model_.counts_per_newton + bounded;
  switch (fault_) {
    case SensorFault::kNone:
      last_ = static_cast<std::int32_t>(
          std::lround(std::clamp(counts, static_cast<double>(kRawMin), static_cast<double>(kRawMax))));
      break;
    case SensorFault::kStuck:
      break;
    case SensorFault::kSaturated:
    case SensorFault::kOpen:
      last_ = kRawMax;
      break;
    case SensorFault::kShorted:
      last_ = kRawMin;
      break;
  }
  return last_;
}

protocol::Calibration Sensor::factory_calibration() const noexcept {
  const auto full_scale_raw = static_cast<std::int32_t>(
      std::lround(model_.zero_raw + static_cast<double>(model_.full_scale_n) * model_.counts_per_newton));
  return {.calibrated = true,
          .point_a_raw = model_.zero_raw,
          .point_a_mn = 0,
          .point_b_raw = full_scale_raw,
          .point_b_mn = model_.full_scale_n * 1000,
          .tare_raw = model_.zero_raw,
          .reference_raw = model_.zero_raw};
}

}  // namespace knead::ball
