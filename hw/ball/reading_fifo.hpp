// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/core/units.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::ball {

struct Reading {
  std::uint64_t seq = 0;
  DeviceTime at{};
  std::int32_t raw = 0;
  std::uint16_t period_us = 0;
};

/// Readings that wait to be fetched. Bounded: when the host is late the oldest go, and the hole they leave in the
/// sequence is how the host learns of it.
class ReadingFifo {
 public:
  explicit ReadingFifo(std::size_t capacity) : readings_(capacity) {}

  /// @return false: the oldest reading was dropped for this one.
  bool push(const Reading& reading);
  /// Moves as many readings into @p report as belong together (no hole, one period), up to 12; count, seq, time and
  /// period are set. Waits, by doing nothing, until @p at_least are there or a hole shows that no more will join them.
  bool pop_into(protocol::Report& report, std::size_t at_least);
  void clear() noexcept { readings_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return readings_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return readings_.capacity(); }

 private:
  /// How many readings from the oldest on can share a report.
  [[nodiscard]] std::size_t run_length() const noexcept;

  boost::circular_buffer<Reading> readings_;
};

/// The raw readings of the last quarter second, for TARE.
class RecentReadings {
 public:
  /// Begins anew; @p count is the size of the window.
  void restart(std::size_t count) {
    raw_.clear();
    raw_.set_capacity(count);
  }
  void push(std::int32_t raw) { raw_.push_back(raw); }
  /// Their mean, rounded; empty when the window is not full, one is at a rail, or they spread over more than
  /// @p max_spread counts.
  [[nodiscard]] std::optional<std::int32_t> steady_mean(double max_spread) const;

 private:
  boost::circular_buffer<std::int32_t> raw_;
};

}  // namespace knead::ball
