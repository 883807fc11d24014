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
    recent_[next_] = reading;
    next_ = (next_ + 1) % recent_.size();
    count_ = std::min(count_ + 1, recent_.size());
    if (count_ < recent_.size()) return reading;
    return {.force_from_reference = median(&Reading::force_from_reference),
            .raw = median(&Reading::raw),
            .at_rail = median(&Reading::at_rail)};
  }

 private:
  template <class T>
  [[nodiscard]] T median(T Reading::* what) const noexcept {
    const T a = recent_[0].*what;
    const T b = recent_[1].*what;
    const T c = recent_[2].*what;
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
  }

  std::array<Reading, 3> recent_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace knead::sampling
