// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "daemon/core/units.hpp"

namespace knead::sampling {

/// Estimates when, on the host's clock, the ball took a reading.
///
/// A report can only be late, never early, so the truth lies along the lower edge of (arrival - device time). The
/// window is cut into blocks; of each the report with the least delay is kept, and a straight line is fitted through
/// those: its slope is the ratio of the clocks (1 / speed of a fast-running ball, 1 +- drift of a real one), and what
/// the reports lie above it is transport delay.
///
/// Pure, noexcept, no allocation: RT safe. One update is a few additions; once a block (every 250 ms) a fit over at
/// most 32 points. Owned by the sampling thread.
class ClockSync {
 public:
  /// A report with a reading taken at @p device has arrived at @p arrived. Times must rise; else call reset() first.
  void update(DeviceTime device, HostTime arrived) noexcept;
  /// The device clock restarted, or reports were away for long: what was learnt is void.
  void reset() noexcept;
  /// The host time at which the ball's clock showed @p device. Never later than the newest arrival.
  [[nodiscard]] HostTime to_host(DeviceTime device) const noexcept;
  /// Host nanoseconds per device nanosecond; 1 until the first block is full.
  [[nodiscard]] double rate() const noexcept { return rate_; }
  /// A fit stands behind to_host(), not only the newest arrival.
  [[nodiscard]] bool synchronized() const noexcept { return count_ >= 2; }
  /// How far the block minima scatter about the line, one standard deviation.
  [[nodiscard]] std::chrono::nanoseconds uncertainty() const noexcept { return uncertainty_; }

 private:
  struct Point {
    double device_ns;  // since first_device_
    double host_ns;    // since first_arrival_
  };
  void close_block() noexcept;
  void fit() noexcept;

  static constexpr std::size_t kBlocks = 32;  // 8 s: long enough for 200 ppm to stand out of USB jitter
  std::array<Point, kBlocks> minima_{};
  std::size_t count_ = 0;
  std::size_t next_ = 0;

  bool started_ = false;
  bool rate_known_ = false;
  DeviceTime first_device_{};
  HostTime first_arrival_{};
  HostTime newest_arrival_{};
  HostTime block_start_{};
  Point block_min_{};
  double block_min_delay_ = 0.0;
  bool block_empty_ = true;

  double rate_ = 1.0;
  double offset_ns_ = 0.0;  // host_ns of device_ns = 0
  std::chrono::nanoseconds uncertainty_{};
};

}  // namespace knead::sampling
