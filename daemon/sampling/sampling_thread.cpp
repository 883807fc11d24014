// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/sampling_thread.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cstring>

namespace knead::sampling {

SamplingThread::SamplingThread(hw::Bus& bus, const RealtimeOptions& options) : bus_(bus) {
  thread_ = std::thread([this] { loop(); });
  apply(options);
}

SamplingThread::~SamplingThread() {
  quit_.store(true, std::memory_order_release);
  bus_.wake();
  thread_.join();
}

void SamplingThread::apply(const RealtimeOptions& options) {
  const auto note = [this](const std::string& text) {
    if (!grant_.notes.empty()) grant_.notes += "; ";
    grant_.notes += text;
  };
  pthread_setname_np(thread_.native_handle(), "knead-sampling");
  if (options.lock_memory) {
    grant_.memory_locked = ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
    if (!grant_.memory_locked) {
      note(fmt::format("memory is not locked ({}): raise LimitMEMLOCK or set realtime.lock_memory = false",
                       std::strerror(errno)));
    }
  }
  if (options.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(options.cpu), &set);
    const int error = pthread_setaffinity_np(thread_.native_handle(), sizeof set, &set);
    grant_.pinned = error == 0;
    if (error != 0) note(fmt::format("CPU {} was refused ({}): set realtime.cpu", options.cpu, std::strerror(error)));
  }
  if (options.priority > 0) {
    sched_param param{};
    param.sched_priority = options.priority;
    const int error = pthread_setschedparam(thread_.native_handle(), SCHED_FIFO, &param);
    grant_.fifo = error == 0;
    if (error != 0) {
      note(fmt::format("real-time priority {} was refused ({}): raise LimitRTPRIO, or run the systemd unit",
                       options.priority, std::strerror(error)));
    }
  }
}

Result<> SamplingThread::add(Sampler& sampler) {
  for (auto& slot : samplers_) {
    if (slot.load(std::memory_order_relaxed) == nullptr) {
      slot.store(&sampler, std::memory_order_release);
      return {};
    }
  }
  return fail(Errc::kRefused, fmt::format("more than {} balls at once", kMaxBalls), "unplug one");
}

void SamplingThread::remove(Sampler& sampler) noexcept {
  for (auto& slot : samplers_) {
    if (slot.load(std::memory_order_relaxed) == &sampler) slot.store(nullptr, std::memory_order_release);
  }
  // The loop answers this very request, between two rounds: it has let go of what it held, and since the request was
  // made after the slot was emptied it finds it empty. To watch a count of its rounds would not show that it has.
  const std::uint32_t request = removals_.load(std::memory_order_relaxed) + 1;
  removals_.store(request, std::memory_order_release);
  while (removals_seen_.load(std::memory_order_acquire) != request) {
    bus_.wake();
    std::this_thread::yield();
  }
}

void SamplingThread::loop() noexcept {
  // The default timer slack of 50 us would be added to each wait of a thread at normal priority.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  HostTime next_look = HostClock::now() + kTickPeriod;
  while (!quit_.load(std::memory_order_acquire)) {
    removals_seen_.store(removals_.load(std::memory_order_acquire), std::memory_order_release);
    bus_.run_once(next_look);
    const HostTime now = HostClock::now();
    // Not more often than needed: at 1 kHz and 16 balls run_once returns thousands of times a second.
    if (now >= next_look) {
      for (auto& slot : samplers_) {
        if (Sampler* sampler = slot.load(std::memory_order_acquire)) sampler->on_time(now);
      }
      next_look = now + kTickPeriod;
    }
  }
}

}  // namespace knead::sampling
