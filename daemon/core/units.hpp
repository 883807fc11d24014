// SPDX-License-Identifier: Apache-2.0
// Strong types for the quantities of DESIGN.md section 1: a mix-up does not compile.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace knead {

/// Force on the ball, in newtons.
struct Newtons {
  double value = 0.0;
  constexpr auto operator<=>(const Newtons&) const = default;
};
constexpr Newtons operator+(Newtons a, Newtons b) { return {a.value + b.value}; }
constexpr Newtons operator-(Newtons a, Newtons b) { return {a.value - b.value}; }

namespace literals {
constexpr Newtons operator""_N(long double value) { return {static_cast<double>(value)}; }
constexpr Newtons operator""_N(unsigned long long value) { return {static_cast<double>(value)}; }
}  // namespace literals

/// Motor drive, 0 (off) to 255 (full scale of the motor): the unit of the wire, so nothing is rounded twice.
struct Level {
  std::uint8_t value = 0;
  constexpr auto operator<=>(const Level&) const = default;
  /// From a fraction 0..1 as routines write it; what lies outside is clamped.
  static constexpr Level from_fraction(double fraction) {
    if (!(fraction > 0.0)) return {0};
    if (fraction >= 1.0) return {255};
    return {static_cast<std::uint8_t>(fraction * 255.0 + 0.5)};
  }
  [[nodiscard]] constexpr double fraction() const { return value / 255.0; }
};

/// The ball's own microsecond clock, extended to 64 bits by the host. Restarts when the ball does.
struct DeviceClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<DeviceClock, duration>;
  static constexpr bool is_steady = false;
};
using DeviceTime = DeviceClock::time_point;

/// CLOCK_MONOTONIC of the host, in nanoseconds. Shared by all processes of one host, unlike a wall clock never set.
struct HostClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<HostClock, duration>;
  static constexpr bool is_steady = true;
  /// Any thread; never blocks (vDSO).
  static time_point now() noexcept;
};
using HostTime = HostClock::time_point;

/// Time since a session began. Runs on the ball's clock while the ball is there, so it follows `--speed`; on the
/// host's while it is away.
struct SessionClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SessionClock, duration>;
  static constexpr bool is_steady = true;
};
using SessionTime = SessionClock::time_point;

/// Seconds as a number, for people and JSON.
template <class Rep, class Period>
constexpr double to_seconds(std::chrono::duration<Rep, Period> d) {
  return std::chrono::duration<double>(d).count();
}
/// From a person's or a file's number; rounds to the microsecond. It ends at 32 millennia, so that a sum of several
/// still fits 64 bits; NaN is 0.
constexpr std::chrono::microseconds from_seconds(double s) {
  constexpr double kMost = 1e12;
  if (s != s) return {};
  const double held = s < -kMost ? -kMost : (s > kMost ? kMost : s);
  return std::chrono::microseconds(static_cast<std::int64_t>(held * 1e6 + (held < 0 ? -0.5 : 0.5)));
}

}  // namespace knead
