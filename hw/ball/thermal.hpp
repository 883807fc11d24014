// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "daemon/core/units.hpp"

namespace knead::ball {

/// One warm body: the motor heats it, the room cools it. First order, from a coin motor's figures (choice): 15 K above
/// the room at full drive, with a time constant of five minutes.
class Thermal {
 public:
  static constexpr double kRoomC = 24.0;
  static constexpr double kRiseAtFullK = 15.0;
  static constexpr double kTimeConstantS = 300.0;
  static constexpr double kLimitC = 45.0;    ///< EVIDENCE.md, Safety
  static constexpr double kReleaseC = 40.0;  ///< below it the motor may run again

  /// The motor has run at @p level since the last call.
  void advance(DeviceTime now, Level level);
  void restart_clock() noexcept { last_ = DeviceTime{}; }
  /// For tests: holds the temperature; empty lets go of it.
  void hold(std::optional<double> celsius);

  [[nodiscard]] double celsius() const noexcept { return celsius_; }
  [[nodiscard]] bool too_hot() const noexcept { return too_hot_; }

 private:
  void judge() noexcept;

  DeviceTime last_{};
  double celsius_ = kRoomC;
  bool held_ = false;
  bool too_hot_ = false;
};

}  // namespace knead::ball
