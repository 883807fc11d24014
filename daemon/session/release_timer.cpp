// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/release_timer.hpp"

#include <algorithm>

namespace knead::session {

void ReleaseTimer::feed(SessionTime t, Newtons force, Quality quality) noexcept {
  if (has_last_) t = std::max(t, last_);  // a clock that goes back credits nothing
  if (has(quality, Quality::kGapBefore) || has(quality, Quality::kReanchored)) break_interval();

  // Both ends are written so that a NaN is outside.
  const double f = force.value;
  const double h = in_band_ ? band_.hysteresis.value : 0.0;
  const bool inside = usable(quality) && f >= band_.lo.value - h && f <= band_.hi.value + h;
  if (inside && in_band_ && has_last_) credited_ = std::min(target_, credited_ + (t - last_));
  in_band_ = inside;
  last_ = t;
  has_last_ = true;
}

void ReleaseTimer::break_interval() noexcept {
  has_last_ = false;
  in_band_ = false;
}

}  // namespace knead::session
