// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <thread>

namespace knead::bench {

/// The scheduling that both sides of a comparison run with: the loop under test and its bare likeness on one processor,
/// the ball's side on another. Left to the kernel, each round would have another placement, and the difference between
/// a hand-off within a processor and one between two is larger than anything that is measured here.
struct Scheduling {
  int priority = 0;   ///< of the loop, SCHED_FIFO; 0: ordinary
  int cpu = -1;       ///< of the loop; -1: any
  int ball_cpu = -1;  ///< of the ball's side; -1: any
};

/// SCHED_FIFO as kneadd asks for it, where this process may have it; the last and the first of its processors, where it
/// has two.
[[nodiscard]] Scheduling granted_scheduling();

/// Gives @p thread the loop's place.
void schedule(std::thread& thread, const Scheduling& scheduling);

/// The calling thread has the ball's place as long as this lives. Threads that it starts meanwhile inherit that, so the
/// loop is given its own.
class InTheBallsPlace {
 public:
  explicit InTheBallsPlace(const Scheduling& scheduling);
  ~InTheBallsPlace();
  InTheBallsPlace(const InTheBallsPlace&) = delete;
  InTheBallsPlace& operator=(const InTheBallsPlace&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace knead::bench
