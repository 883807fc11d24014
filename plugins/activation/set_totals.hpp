// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "plugins/activation/rep.hpp"

namespace activation {

/// The set's numbers, of the reps that were done. docs/activation.md says what each of them is.
class SetTotals {
 public:
  void add(const Rep& rep, bool too_hard) noexcept {
    ++reps_;
    too_hard_ += too_hard ? 1 : 0;
    load_us_ += rep.duration_us;
    peaks_n_ += rep.peak_n;
    impulse_ns_ += rep.impulse_ns;
  }
  [[nodiscard]] int reps() const noexcept { return reps_; }
  [[nodiscard]] double under_load_s() const noexcept { return static_cast<double>(load_us_) * 1e-6; }
  [[nodiscard]] double impulse_ns() const noexcept { return impulse_ns_; }
  // These two only when there was a rep.
  [[nodiscard]] double too_hard_pct() const noexcept { return 100.0 * too_hard_ / reps_; }
  [[nodiscard]] double mean_peak_n() const noexcept { return peaks_n_ / reps_; }

 private:
  int reps_ = 0;
  int too_hard_ = 0;
  std::int64_t load_us_ = 0;
  double peaks_n_ = 0.0;
  double impulse_ns_ = 0.0;
};

}  // namespace activation
