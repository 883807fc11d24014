// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include "daemon/sampling/interlock.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::sampling {

/// What the main thread says to the sampling thread about one ball, and hears of it: atomics only, so neither waits.
/// The motor request and its lease fit one word, so they are never torn. Any thread.
class Controls {
 public:
  /// Main thread: a wish that holds until @p request.expires (kept to the millisecond, rounded down).
  void set_request(const LeasedRequest& request) noexcept { request_.store(pack(request), std::memory_order_release); }
  void withdraw_request() noexcept { request_.store(0, std::memory_order_release); }
  /// Sampling thread. @p now restores the high bits of the lease.
  [[nodiscard]] LeasedRequest request(HostTime now) const noexcept {
    return unpack(request_.load(std::memory_order_acquire), now);
  }

  /// Latched until clear().
  void stop() noexcept { stop_.store(true, std::memory_order_release); }
  [[nodiscard]] bool stop_requested() const noexcept { return stop_.load(std::memory_order_acquire); }
  /// A person's deliberate act.
  void clear() noexcept {
    stop_.store(false, std::memory_order_release);
    clears_.fetch_add(1, std::memory_order_release);
  }
  [[nodiscard]] std::uint32_t clears() const noexcept { return clears_.load(std::memory_order_acquire); }
  void begin_session() noexcept { sessions_.fetch_add(1, std::memory_order_release); }
  [[nodiscard]] std::uint32_t sessions() const noexcept { return sessions_.load(std::memory_order_acquire); }

 private:
  // level 8 | pattern 8 | frequency 16 | expiry 32 (milliseconds of the host clock, modulo 2^32); 0: no request.
  static std::uint32_t milliseconds(HostTime t) noexcept {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count());
  }
  static std::uint64_t pack(const LeasedRequest& r) noexcept {
    if (r.level.value == 0) return 0;
    return std::uint64_t{r.level.value} << 56U | std::uint64_t{static_cast<std::uint8_t>(r.pattern)} << 48U |
           std::uint64_t{r.frequency_hz} << 32U | milliseconds(r.expires);
  }
  static LeasedRequest unpack(std::uint64_t word, HostTime now) noexcept {
    if (word == 0) return {};
    const std::uint32_t now_ms = milliseconds(now);
    const auto left = static_cast<std::int32_t>(static_cast<std::uint32_t>(word) - now_ms);
    const auto now_floor = std::chrono::floor<std::chrono::milliseconds>(now);
    return {.level = Level{static_cast<std::uint8_t>(word >> 56U)},
            .pattern = static_cast<protocol::Pattern>(static_cast<std::uint8_t>(word >> 48U)),
            .frequency_hz = static_cast<std::uint16_t>(word >> 32U),
            .expires = now_floor + std::chrono::milliseconds(left)};
  }

  std::atomic<std::uint64_t> request_{0};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> clears_{0};
  std::atomic<std::uint32_t> sessions_{0};
};

}  // namespace knead::sampling
