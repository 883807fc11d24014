// SPDX-License-Identifier: Apache-2.0
// SampleRing: one writer, many readers, in shared memory. The writer never waits and never knows its readers.
//
//   memfd:  [ RingHeader, one page ][ slot 0 ][ slot 1 ] ... [ slot capacity-1 ]
//
// A slot is eight atomic 64-bit words. Its first word is the stamp: the index of the sample it holds plus one, or 0
// while it is being written. A reader copies a slot between two looks at the stamp; when the stamp is not the one it
// came for, the writer has lapped it, and it counts what it lost.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/core/error.hpp"
#include "daemon/core/sample.hpp"

namespace knead {

namespace ring_detail {
constexpr std::uint64_t kMagic = 0x31474e49524e4b31;  // "1KNRING1"
constexpr std::size_t kHeaderBytes = 4096;
constexpr std::size_t kWords = 8;

struct Header {
  std::uint64_t magic;
  std::uint64_t capacity;                       ///< slots; a power of two
  alignas(64) std::atomic<std::uint64_t> head;  ///< samples ever pushed
};
struct alignas(64) Slot {
  std::array<std::atomic<std::uint64_t>, kWords> words;
};
static_assert(sizeof(Header) <= kHeaderBytes);
static_assert(sizeof(Slot) == 64, "one slot, one cache line");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
}  // namespace ring_detail

/// The mapping both ends build on. Movable; unmaps and closes on destruction.
class RingMapping {
 public:
  RingMapping() = default;
  RingMapping(RingMapping&& other) noexcept;
  RingMapping& operator=(RingMapping&& other) noexcept;
  ~RingMapping();

 protected:
  friend class SampleRing;
  friend class RingReader;
  ring_detail::Header* header_ = nullptr;
  ring_detail::Slot* slots_ = nullptr;
  std::uint64_t mask_ = 0;
  std::size_t bytes_ = 0;
  int fd_ = -1;
};

/// The writer's end. push() belongs to the sampling thread.
class SampleRing {
 public:
  /// @param capacity slots, rounded up to a power of two. The memory is touched here, so that push() never faults.
  static Result<SampleRing> create(std::uint64_t capacity);
  /// RT safe, wait-free.
  void push(const Sample& sample) noexcept;
  /// Samples ever pushed. Any thread.
  [[nodiscard]] std::uint64_t head() const noexcept;
  [[nodiscard]] std::uint64_t capacity() const noexcept { return map_.mask_ + 1; }
  /// A new descriptor of the memory that cannot be written through: what a plugin process inherits.
  [[nodiscard]] Result<int> read_only_descriptor() const;

 private:
  friend class RingReader;
  RingMapping map_;
};

/// A reader's end with a cursor of its own. One thread each.
class RingReader {
 public:
  /// In the writer's process. The ring must outlive the reader. Starts at the newest sample.
  explicit RingReader(const SampleRing& ring) noexcept;
  /// From an inherited descriptor, which it takes over; the memory is mapped read-only. Starts at the newest sample.
  static Result<RingReader> from_descriptor(int fd);

  /// Copies what came since the last call, oldest first, up to out.size() and up to @p limit (a head() seen earlier).
  /// @return how many. Adds to lost() what the writer overwrote before it was read.
  std::size_t read(std::span<Sample> out, std::uint64_t limit = ~std::uint64_t{0}) noexcept;
  [[nodiscard]] std::uint64_t head() const noexcept;
  /// Index of the next sample to be read.
  [[nodiscard]] std::uint64_t cursor() const noexcept { return cursor_; }
  /// Moves the cursor; a later read counts as lost what is no longer there.
  void seek(std::uint64_t cursor) noexcept { cursor_ = cursor; }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  RingReader() = default;
  RingMapping owned_;  // empty when the ring is in this process
  const ring_detail::Header* header_ = nullptr;
  const ring_detail::Slot* slots_ = nullptr;
  std::uint64_t mask_ = 0;
  std::uint64_t cursor_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace knead
