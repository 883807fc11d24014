// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/vibration_budget.hpp"

#include <algorithm>

namespace knead::sampling {

void VibrationBudget::pass(bool on, std::chrono::microseconds elapsed) noexcept {
  elapsed = std::max(elapsed, elapsed.zero());
  // Of a stretch at whose end the motor is off, it may have run until its TTL ended.
  std::chrono::microseconds ran{};
  if (on) {
    ran = elapsed;
  } else if (on_) {
    ran = std::min(elapsed, ttl_);
  }
  session_ += ran;
  run_ += ran;
  if (on) {
    off_for_ = {};
  } else {
    off_for_ = (on_ ? elapsed.zero() : off_for_) + elapsed - ran;
  }
  on_ = on;

  if (run_ >= run_limit_) tired_ = true;
  if (off_for_ >= kRest) {
    run_ = {};
    tired_ = false;
  }
}

}  // namespace knead::sampling
