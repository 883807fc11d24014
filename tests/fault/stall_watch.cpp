// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/stall_watch.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <functional>

#include "tests/beat.hpp"

namespace knead::fault {
namespace {
constexpr std::chrono::microseconds kPeriod{500};
constexpr std::chrono::milliseconds kWorthANote{1};
}  // namespace

StallWatch::StallWatch(int priority) : rounds_(std::thread::hardware_concurrency()) {
  for (unsigned cpu = 0; cpu < rounds_.size(); ++cpu) {
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
  test::Beat beat(kPeriod);
  while (!stop.stop_requested()) {
    const HostTime before = HostClock::now();
    beat.wait();
    const HostTime after = HostClock::now();
    if (const auto late = after - before - kPeriod; late >= kWorthANote) {
      const std::scoped_lock lock(mutex_);
      stalls_.push_back({.end = after, .length = late});
    }
    rounds_[cpu].fetch_add(1, std::memory_order_release);
  }
}

std::chrono::nanoseconds StallWatch::worst_since(HostTime since) {
  // A stall that is still on is noted when it ends, which each processor's next wake-up says.
  std::vector<std::uint64_t> seen;
  for (const auto& rounds : rounds_) seen.push_back(rounds.load(std::memory_order_acquire));
  const auto all_woke = [&] {
    return std::ranges::equal(rounds_, seen, std::greater{},
                              [](const auto& rounds) { return rounds.load(std::memory_order_acquire); });
  };
  if (!test::eventually(all_woke, test::kPatience)) return test::kPatience;
  const std::scoped_lock lock(mutex_);
  std::chrono::nanoseconds worst{};
  for (const Stall& stall : stalls_) {
    if (stall.end >= since) worst = std::max(worst, stall.length);
  }
  return worst;
}

}  // namespace knead::fault
