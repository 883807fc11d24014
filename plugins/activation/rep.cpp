// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/rep.hpp"

#include <algorithm>

namespace activation {
namespace {
constexpr std::int64_t kShortestRepUs = 300'000;  // DESIGN.md section 5, `detect`
}  // namespace

void ForceSpan::add(const Reading& reading) noexcept {
  peak_n_ = has_last_ ? std::max(peak_n_, reading.force_n) : reading.force_n;
  if (has_last_ && reading.connected) {
    const double dt = static_cast<double>(reading.t_us - last_.t_us) * 1e-6;
    impulse_ns_ += (reading.force_n + last_.force_n) / 2.0 * dt;
    covered_s_ += dt;
  }
  last_ = reading;
  has_last_ = true;
}

Rep ForceSpan::rep(std::int64_t start_us, std::int64_t duration_us) const noexcept {
  // A mean of what never was above the peak is not, but for the rounding of its sum.
  const double mean = covered_s_ > 0.0 ? std::min(impulse_ns_ / covered_s_, peak_n_) : 0.0;
  return {start_us, duration_us, peak_n_, mean, impulse_ns_};
}

std::optional<Rep> PressCounter::feed(const Reading& reading) noexcept {
  if (reading.restarted) reset();
  if (!reading.usable) return std::nullopt;
  switch (state_) {
    case State::kFull:
      if (reading.force_n <= press_n_ / 2.0) state_ = State::kFree;
      return std::nullopt;
    case State::kFree:
      if (reading.force_n >= press_n_) {
        state_ = State::kPressing;
        start_us_ = reading.t_us;
        span_ = ForceSpan();
        span_.add(reading);
      }
      return std::nullopt;
    case State::kPressing: {
      span_.add(reading);
      if (reading.force_n > press_n_ / 2.0) return std::nullopt;
      state_ = State::kFree;
      const std::int64_t duration = reading.t_us - start_us_;
      if (duration < kShortestRepUs) return std::nullopt;
      return span_.rep(start_us_, duration);
    }
  }
  return std::nullopt;
}

}  // namespace activation
