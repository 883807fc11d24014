// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

namespace knead::fault {

/// Above kneadd's sampling thread as shipped (40), below the ball's side of a harness with real-time priority.
constexpr int kHogPriority = 50;

/// Programs that do nothing but compute, two on each processor: they are there when the constructor returns, and killed
/// with their owner.
class Hogs {
 public:
  /// @param priority SCHED_FIFO, then one on each processor is all it takes; 0: ordinary.
  explicit Hogs(int priority);
  ~Hogs();
  Hogs(const Hogs&) = delete;
  Hogs& operator=(const Hogs&) = delete;
  /// Each has the priority that was asked for.
  [[nodiscard]] bool realtime() const { return realtime_; }
  /// None has ended of itself: what ran beside them has been under their load all the time.
  [[nodiscard]] bool all_live() const;

 private:
  std::vector<pid_t> hogs_;
  bool realtime_ = true;
};

}  // namespace knead::fault
