// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "daemon/core/units.hpp"

namespace knead::sampling {

/// Estimates when, on the host's clock, the ball took a reading, and says how wrong it may be.
///
/// A report can only be late, never early, so the truth lies along the lower edge of (arrival - device time). The
/// window is cut into blocks; of each the report with the least delay is kept. Through those goes the line that has
/// none of them below it and is nearest to them all: late reports, however many and however late, do not move it. Its
/// slope is the ratio of the clocks (1 / speed of a fast-running ball, 1 +- drift of a real one), and what the reports
/// lie above it is transport delay. (Moon, Skelly, Towsley, "Estimation and removal of clock skew from network delay
/// measurements", INFOCOM 1999.)
///
///                 2 minima kept                  a step of either clock: void
///   [no fit] ────────────────────▶ [synchronized] ──────────────────────────────▶ [no fit]
///      ▲  readings placed by arrival    │  readings placed by the line, which a new one
///      └──────────── reset() ───────────┘  replaces with each block (every 250 ms)
///
/// A step shows itself in a report that arrives well before its reading is said to have been taken, which nothing can,
/// or in two blocks in a row in which every report is far too late.
///
/// Pure, noexcept, no allocation: RT safe. One update is a few additions; once a block a fit over at most 64 points.
/// Owned by the sampling thread.
class ClockSync {
 public:
  /// A report whose last reading was taken at @p device has arrived at @p arrived. Times must rise; else call reset()
  /// first.
  void update(DeviceTime device, HostTime arrived) noexcept;
  /// The device clock restarted, or reports were away for long: what was learnt is void.
  void reset() noexcept;
  /// The host time at which the ball's clock showed @p device, the time of a reading of the report that update() was
  /// told of last. Never later than its arrival, never earlier than what was said of a reading before, also over a
  /// new fit and reset().
  [[nodiscard]] HostTime to_host(DeviceTime device) const noexcept {
    return device == newest_device_ ? newest_given_ : place(device);
  }
  /// Host nanoseconds per device nanosecond; 1 until the first block is full.
  [[nodiscard]] double rate() const noexcept { return rate_; }
  /// A fit stands behind to_host(), not only the newest arrival.
  [[nodiscard]] bool synchronized() const noexcept { return count_ >= 2; }
  /// How wrong to_host() may be for the newest report, one standard uncertainty; twice it covers 95 % and more. It
  /// holds the part of the delay that all reports share too, which no fit can see.
  [[nodiscard]] std::chrono::nanoseconds uncertainty() const noexcept;

 private:
  struct Point {
    double device_ns = 0.0;  // since first_device_
    double host_ns = 0.0;    // since first_arrival_
  };
  [[nodiscard]] Point point_at(DeviceTime device, HostTime arrived) const noexcept;
  [[nodiscard]] double line_at(double device_ns) const noexcept { return offset_ns_ + rate_ * device_ns; }
  [[nodiscard]] double fit_uncertainty_ns(double device_ns) const noexcept;
  /// How far from the line is too far to be jitter.
  [[nodiscard]] double step_ns(double device_ns) const noexcept;
  [[nodiscard]] HostTime place(DeviceTime device) const noexcept;
  // Rare, but not marked as cold: that would put them on a page of code that is left alone between two blocks, and such
  // a page can be dear to touch (docs/safety.md, "How fast the loop is").
  void begin(DeviceTime device, HostTime arrived) noexcept;
  void close_block(const Point& newest) noexcept;
  void fit() noexcept;

  static constexpr std::size_t kBlocks = 64;  // 16 s: at 200 ppm the poll's phase comes round three times
  std::size_t count_ = 0;                     // of minima_

  bool started_ = false;
  bool rate_known_ = false;
  DeviceTime first_device_{};
  HostTime first_arrival_{};
  DeviceTime newest_device_{};
  HostTime newest_arrival_{};
  HostTime newest_given_{};  // what to_host() says of newest_device_: with one reading a report all that is asked
  HostTime last_given_{};    // of the newest reading of the report before
  HostTime block_start_{};
  Point block_min_{};
  double block_min_delay_ = 0.0;
  bool block_empty_ = true;
  int late_blocks_ = 0;  // in a row

  double rate_ = 1.0;
  double offset_ns_ = 0.0;  // host_ns of device_ns = 0
  Point edge_from_{};       // the two minima that bear the line
  Point edge_to_{};
  double scatter_ns_ = 0.0;  // of the minima above the line
  double newest_above_ns_ = 0.0;

  // Last, since only the end of a block touches it.
  std::size_t next_ = 0;
  std::array<Point, kBlocks> minima_{};  // a ring
};

}  // namespace knead::sampling
