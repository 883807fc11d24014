// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/core/units.hpp"

namespace knead::fault {

/// Feels how long this machine keeps its threads waiting: one thread on each processor waits for one beat of a timer
/// after another and notes when it was woken late. A virtual machine that shares its processors stalls for tens of
/// milliseconds at times, and no program on it can keep a bound of twenty then.
class StallWatch {
 public:
  /// @param priority SCHED_FIFO; 0: ordinary.
  explicit StallWatch(int priority);
  /// The longest stall that overlaps the time since @p since.
  [[nodiscard]] std::chrono::nanoseconds worst_since(HostTime since);

 private:
  struct Stall {
    HostTime end{};
    std::chrono::nanoseconds length{};
  };
  void watch(const std::stop_token& stop, unsigned cpu, int priority);

  std::mutex mutex_;
  std::vector<Stall> stalls_;                       ///< longer than kWorthANote; guarded by mutex_
  std::vector<std::atomic<std::uint64_t>> rounds_;  ///< wake-ups, for each processor
  std::vector<std::jthread> threads_;               ///< last: they use the rest
};

}  // namespace knead::fault
