// SPDX-License-Identifier: Apache-2.0
// Reps out of readings. Pure; times are session time in microseconds, forces in newtons.
#pragma once

#include <cstdint>
#include <optional>

namespace activation {

struct Reading {
  std::int64_t t_us = 0;
  double force_n = 0.0;
  bool usable = true;      ///< the force can be believed
  bool connected = true;   ///< nothing was lost between this reading and the one before
  bool restarted = false;  ///< the ball began anew: times before and after do not compare
};

struct Rep {
  std::int64_t start_us = 0;
  std::int64_t duration_us = 0;
  double peak_n = 0.0;
  double mean_n = 0.0;
  double impulse_ns = 0.0;
  bool operator==(const Rep&) const = default;
};

/// Peak, mean and integral of the force over a stretch of readings. What was lost between two readings adds nothing to
/// the integral and does not count in the mean.
class ForceSpan {
 public:
  void add(const Reading& reading) noexcept;
  [[nodiscard]] double peak_n() const noexcept { return peak_n_; }
  [[nodiscard]] Rep rep(std::int64_t start_us, std::int64_t duration_us) const noexcept;

 private:
  double peak_n_ = 0.0;
  double impulse_ns_ = 0.0;
  double covered_s_ = 0.0;
  Reading last_{};
  bool has_last_ = false;
};

/// Counts presses: a rep runs from the first reading with F >= press to the first with F <= press / 2, and lasts at
/// least 0.3 s; a shorter one is a bump and does not count.
///
///   [full] ── F <= press/2 ──▶ [free] ── F >= press ──▶ [pressing] ── F <= press/2 ──▶ [free], a rep if >= 0.3 s
///     ▲                                                                │
///     └──────────── reset(), or the ball began anew, from anywhere ────┘
///
/// It begins [full]: what still weighs on the ball from the release is no rep, so F <= press / 2 must be seen first.
class PressCounter {
 public:
  explicit PressCounter(double press_n) noexcept : press_n_(press_n) {}

  /// The rep that ends with this reading.
  std::optional<Rep> feed(const Reading& reading) noexcept;
  void reset() noexcept { state_ = State::kFull; }

  [[nodiscard]] bool pressing() const noexcept { return state_ == State::kPressing; }
  /// Of the press under way.
  [[nodiscard]] std::int64_t start_us() const noexcept { return start_us_; }
  [[nodiscard]] double peak_n() const noexcept { return span_.peak_n(); }

 private:
  enum class State : std::uint8_t { kFull, kFree, kPressing };
  double press_n_;
  State state_ = State::kFull;
  std::int64_t start_us_ = 0;
  ForceSpan span_;
};

}  // namespace activation
