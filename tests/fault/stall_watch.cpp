// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/stall_watch.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

namespace knead::fault {
namespace {
constexpr std::chrono::microseconds kNap{500};
constexpr std::chrono::milliseconds kWorthANote{1};
}  // namespace

StallWatch::StallWatch(int priority) {
  for (unsigned cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu) {
    threads_.emplace_back([this, cpu, priority](const std::stop_token& stop) { watch(stop, cpu, priority); });
  }
}

void StallWatch::watch(const std::stop_token& stop, unsigned cpu, int priority) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  sched_param param{};
  param.sched_priority = priority;
  pthread_setschedparam(pthread_self(), priority > 0 ? SCHED_FIFO : SCHED_OTHER, &param);
  while (!stop.stop_requested()) {
    const HostTime before = HostClock::now();
    std::this_thread::sleep_for(kNap);
    const HostTime after = HostClock::now();
    const auto late = after - before - kNap;
    if (late < kWorthANote) continue;
    const std::scoped_lock lock(mutex_);
    stalls_.push_back({.end = after, .length = late});
  }
}

std::chrono::nanoseconds StallWatch::worst_since(HostTime since) {
  // A stall that is still on is noted when it ends.
  std::this_thread::sleep_for(2 * kNap);
  const std::scoped_lock lock(mutex_);
  std::chrono::nanoseconds worst{};
  for (const Stall& stall : stalls_) {
    if (stall.end >= since) worst = std::max(worst, stall.length);
  }
  return worst;
}

}  // namespace knead::fault
