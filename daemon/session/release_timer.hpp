// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "daemon/core/sample.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {

/// Credits time under force inside the band (R7): only the time between two in-band samples with no gap between them.
///
///            lo <= F <= hi
///   [out] ───────────────────▶ [in] ── each further in-band sample credits its interval ──┐
///     ▲                          │ ▲                                                      │
///     │  F < lo-h, F > hi+h,     │ └──────────────────────────────────────────────────────┘
///     └── unusable sample, gap ──┘   (a gap credits nothing; in band again at once if lo <= F <= hi)
///
/// Pure. Never credits more than the time that went by.
class ReleaseTimer {
 public:
  ReleaseTimer(const Band& band, std::chrono::microseconds target) : band_(band), target_(target) {}
  void feed(SessionTime t, Newtons force, Quality quality) noexcept;
  /// What lies between the last sample and the next credits nothing: pause, unplug, loss.
  void break_interval() noexcept;
  [[nodiscard]] bool in_band() const noexcept { return in_band_; }
  /// At most the target.
  [[nodiscard]] std::chrono::microseconds credited() const noexcept { return credited_; }
  [[nodiscard]] bool done() const noexcept { return credited_ >= target_; }

 private:
  Band band_;
  std::chrono::microseconds target_;
  std::chrono::microseconds credited_{};
  SessionTime last_{};
  bool has_last_ = false;
  bool in_band_ = false;
};

}  // namespace knead::session
