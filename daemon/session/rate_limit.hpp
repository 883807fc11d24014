// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "daemon/core/units.hpp"

namespace knead::session {

/// Lets @p most through in each @p window of session time, counted from the first that came; the rest is for the caller
/// to drop and count. Constant memory, whatever arrives.
class RateLimit {
 public:
  constexpr RateLimit(int most, std::chrono::microseconds window) : most_(most), window_(window) {}
  [[nodiscard]] constexpr bool admits(SessionTime t) noexcept {
    if (used_ == 0 || t - began_ >= window_) {
      began_ = t;
      used_ = 0;
    }
    if (used_ >= most_) return false;
    ++used_;
    return true;
  }

 private:
  int most_;
  std::chrono::microseconds window_;
  SessionTime began_{};
  int used_ = 0;
};

}  // namespace knead::session
