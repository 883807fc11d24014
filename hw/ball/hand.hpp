// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "daemon/core/units.hpp"

namespace knead::ball {

/// A hand on the ball: moves to one force after another, each at its time and speed, and is never quite still. The
/// force depends on the moves alone, not on how often it is asked for. Times never go back.
class Hand {
 public:
  /// @param seed decides the phases of sway and tremor.
  explicit Hand(std::uint64_t seed);

  /// From @p at on the hand moves to @p to, @p newtons_per_s fast on average. Moves begin in the order they were given.
  void aim(DeviceTime at, Newtons to, double newtons_per_s);
  /// Drops the moves that have not begun.
  void forget_plans() { planned_.clear(); }

  [[nodiscard]] Newtons force(DeviceTime t);

 private:
  struct Move {
    DeviceTime at{};
    double to_n = 0.0;
    double newtons_per_s = 1.0;
  };

  void begin(const Move& move);
  /// Where the hand wants to be, without sway and tremor.
  [[nodiscard]] double intended(DeviceTime t) const;
  [[nodiscard]] double unsteadiness(DeviceTime t) const;

  std::array<double, 3> phases_{};
  Move current_{};
  double from_n_ = 0.0;
  std::deque<Move> planned_;
};

}  // namespace knead::ball
