// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "daemon/core/error.hpp"
#include "daemon/sampling/sampler.hpp"
#include "hw/link/link.hpp"

namespace knead::sampling {

struct RealtimeOptions {
  int priority = 0;          ///< SCHED_FIFO 1..99; 0: leave the thread at normal priority
  int cpu = -1;              ///< pin to this CPU; -1: any
  bool lock_memory = false;  ///< mlockall
};

/// What the system granted, in words a person can act on.
struct RealtimeGrant {
  bool fifo = false;
  bool memory_locked = false;
  bool pinned = false;
  std::string notes;  ///< what was asked for and refused, with the remedy; empty when all is well
};

/// The thread that runs the bus and looks for silence: every ball's Sampler works on it. One per daemon.
///
///   loop { bus.run_once(until next look); every sampler.on_time(now) }
///
/// The main thread adds and removes samplers; remove() returns when the thread has let go of the sampler. Destroying
/// the thread ends the loop; the balls' own TTL then stops what still moves (R1).
class SamplingThread {
 public:
  /// Starts at once. @p bus must be started and outlive the thread.
  SamplingThread(hw::Bus& bus, const RealtimeOptions& options);
  ~SamplingThread();
  SamplingThread(const SamplingThread&) = delete;
  SamplingThread& operator=(const SamplingThread&) = delete;

  // Main thread.
  Result<> add(Sampler& sampler);
  void remove(Sampler& sampler) noexcept;
  [[nodiscard]] const RealtimeGrant& grant() const noexcept { return grant_; }

  static constexpr std::size_t kMaxBalls = 32;

 private:
  void loop() noexcept;
  void apply(const RealtimeOptions& options);

  hw::Bus& bus_;
  std::array<std::atomic<Sampler*>, kMaxBalls> samplers_{};
  std::atomic<std::uint32_t> removals_{0};       // asked for by the main thread
  std::atomic<std::uint32_t> removals_seen_{0};  // by the loop, at a moment when it has no sampler in hand
  std::atomic<bool> quit_{false};
  RealtimeGrant grant_;
  std::thread thread_;
};

}  // namespace knead::sampling
