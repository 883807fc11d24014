// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/core/units.hpp"

namespace knead::sampling {

/// What the interlock judges of a reading.
struct Reading {
  Newtons force_from_reference;
  std::int32_t raw = 0;
  bool at_rail = false;
};

/// Takes the median of the last three readings, each quantity by itself: one bogus reading alone neither trips nor
/// credits. (EVIDENCE, Safety: converters emit 1 to 5 % single spikes; a median of 3 removes them.)
///
/// Pure; RT safe. Until three readings are there each is taken at its word: better a false trip than a late one.
class SpikeFilter {
 public:
  /// What comes next has no interval to what came before.
  void forget() noexcept { count_ = 0; }

  Reading take(const Reading& reading) noexcept {
    forces_[next_] = reading.force_from_reference.value;
    raws_[next_] = reading.raw;
    at_rail_[next_] = reading.at_rail;
    if (++next_ == kWindow) next_ = 0;
    count_ = std::min(count_ + 1, kWindow);
    if (count_ < kWindow) return reading;
    return {.force_from_reference = {median(forces_)}, .raw = median(raws_), .at_rail = median(at_rail_)};
  }

 private:
  static constexpr std::size_t kWindow = 3;

  template <class T>
  [[nodiscard]] static T median(const std::array<T, kWindow>& of) noexcept {
    return std::max(std::min(of[0], of[1]), std::min(std::max(of[0], of[1]), of[2]));
  }

  // Apart, since each is looked at by itself: a Reading copied whole would be read before its halves are written.
  std::array<double, kWindow> forces_{};  // newtons
  std::array<std::int32_t, kWindow> raws_{};
  std::array<bool, kWindow> at_rail_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace knead::sampling
