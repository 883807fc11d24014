// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <thread>

namespace knead::bench {

/// The scheduling that both sides of a comparison run with: Knead and its bare likeness on one processor, whoever they
/// speak to on another, where the comparison can say so (not a client that stops a whole daemon, nor cyclictest's
/// timer). Left to the kernel, each round would have another placement, and the difference between a
/// hand-off within a processor and one between two is larger than anything that is measured here.
struct Scheduling {
  int priority = 0;    ///< of the sampling loop, SCHED_FIFO; 0: ordinary
  int cpu = -1;        ///< Knead's; -1: any
  int other_cpu = -1;  ///< of the ball's side, of a client or a plugin; -1: any
};

/// SCHED_FIFO as kneadd asks for it, where this process may have it; the last and the first of its processors, where it
/// has two.
[[nodiscard]] Scheduling granted_scheduling();

/// Gives @p thread the loop's priority and processor.
void schedule(std::thread& thread, const Scheduling& scheduling);

/// The calling thread is on @p cpu as long as this lives, and whatever threads and processes it starts meanwhile.
class OnProcessor {
 public:
  explicit OnProcessor(int cpu);
  ~OnProcessor();
  OnProcessor(const OnProcessor&) = delete;
  OnProcessor& operator=(const OnProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

/// As long as this lives the calling thread stands for a ball: hardware, which no program of the host's keeps from its
/// turn. Its priority is the loop's.
class AsHardware {
 public:
  explicit AsHardware(const Scheduling& scheduling);
  ~AsHardware();
  AsHardware(const AsHardware&) = delete;
  AsHardware& operator=(const AsHardware&) = delete;

 private:
  int policy_before_ = 0;
  sched_param before_{};
};

}  // namespace knead::bench
