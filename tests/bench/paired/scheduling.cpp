// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/paired/scheduling.hpp"

#include <pthread.h>

#include <cstdlib>

namespace knead::bench {
namespace {

void pin(pthread_t thread, int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  if (pthread_setaffinity_np(thread, sizeof set, &set) != 0) std::abort();
}

}  // namespace

Scheduling granted_scheduling() {
  constexpr int kPriority = 40;  // kneadd's default
  Scheduling granted;
  std::thread([&] {
    const sched_param param{.sched_priority = kPriority};
    if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0) granted.priority = kPriority;
  }).join();
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return granted;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(static_cast<unsigned>(cpu), &allowed)) continue;
    if (granted.other_cpu < 0) granted.other_cpu = cpu;
    granted.cpu = cpu;
  }
  return granted;
}

void schedule(std::thread& thread, const Scheduling& scheduling) {
  pin(thread.native_handle(), scheduling.cpu);
  if (scheduling.priority == 0) return;
  const sched_param param{.sched_priority = scheduling.priority};
  if (pthread_setschedparam(thread.native_handle(), SCHED_FIFO, &param) != 0) std::abort();
}

OnProcessor::OnProcessor(int cpu) {
  if (::sched_getaffinity(0, sizeof before_, &before_) != 0) std::abort();
  pin(pthread_self(), cpu);
}

OnProcessor::~OnProcessor() { static_cast<void>(::sched_setaffinity(0, sizeof before_, &before_)); }

AsHardware::AsHardware(const Scheduling& scheduling) {
  if (pthread_getschedparam(pthread_self(), &policy_before_, &before_) != 0) std::abort();
  if (scheduling.priority == 0) return;
  const sched_param param{.sched_priority = scheduling.priority};
  if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) != 0) std::abort();
}

AsHardware::~AsHardware() { static_cast<void>(pthread_setschedparam(pthread_self(), policy_before_, &before_)); }

}  // namespace knead::bench
