// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace knead {

/// How often a duration fell where. One thread records, any number read at any time; nobody waits, and a record costs a
/// few nanoseconds. Each power of two is cut in eight, so a figure read back is at most an eighth above the truth,
/// never below it.
class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  /// Counts @p duration; a negative one counts as 0, one above kLongest as kLongest. RT safe. One thread only.
  void record(Duration duration) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::clamp(duration, Duration{}, kLongest).count());
    auto& count = counts_[bucket_of(ns)];
    // One writer: a load and a store are cheaper than an atomic addition, and nobody can come between.
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (ns > worst_.load(std::memory_order_relaxed)) worst_.store(ns, std::memory_order_relaxed);
  }

  struct Summary {
    std::uint64_t count = 0;
    Duration p50{};
    Duration p99{};
    Duration p999{};
    Duration worst{};  ///< exact
  };
  /// Of everything recorded so far; all zero when that is nothing. Any thread.
  [[nodiscard]] Summary summary() const noexcept {
    std::array<std::uint64_t, kBuckets> counts{};
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) total += counts[i] = counts_[i].load(std::memory_order_relaxed);
    const Duration worst(worst_.load(std::memory_order_relaxed));
    const auto quantile = [&](std::uint64_t per_mille) {
      const std::uint64_t rank = std::max<std::uint64_t>((total * per_mille + 999) / 1000, 1);
      std::uint64_t seen = 0;
      for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += counts[i];
        if (seen >= rank) return std::min(Duration(upper_edge(i)), worst);
      }
      return worst;
    };
    if (total == 0) return {};
    return {.count = total, .p50 = quantile(500), .p99 = quantile(990), .p999 = quantile(999), .worst = worst};
  }

  static constexpr Duration kLongest{(std::int64_t{1} << 36) - 1};  ///< 68 s

 private:
  static constexpr unsigned kCutBits = 3;
  static constexpr std::uint64_t kCut = 1U << kCutBits;
  static constexpr std::size_t kBuckets = (36 - kCutBits + 1) * kCut;

  // Below kCut each value has its own bucket; from there on, bucket = (exponent, the next kCutBits bits).
  static constexpr std::size_t bucket_of(std::uint64_t ns) noexcept {
    if (ns < kCut) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kCutBits;
    return (shift << kCutBits) + (ns >> shift);
  }
  static constexpr std::int64_t upper_edge(std::size_t bucket) noexcept {
    if (bucket < kCut) return static_cast<std::int64_t>(bucket);
    const std::size_t shift = (bucket >> kCutBits) - 1;
    const std::uint64_t top = (bucket & (kCut - 1)) + kCut + 1;
    return static_cast<std::int64_t>((top << shift) - 1);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::uint64_t> worst_{0};
};

}  // namespace knead
