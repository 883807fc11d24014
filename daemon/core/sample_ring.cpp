// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/sample_ring.hpp"

#include <fcntl.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <new>
#include <utility>

namespace knead {

using ring_detail::Header;
using ring_detail::kHeaderBytes;
using ring_detail::kMagic;
using ring_detail::Slot;

namespace {

// Word 0 is the stamp; see the header.
enum Word : std::size_t { kStamp, kSeq, kDevice, kHost, kForce, kRawQuality, kMotor };

std::size_t bytes_for(std::uint64_t capacity) { return kHeaderBytes + capacity * sizeof(Slot); }

// Where pages are of 4 KiB. Where they are larger so is a huge one, no ring fills it, and it lies in the pages there
// are.
constexpr std::size_t kHugePage = std::size_t{2} << 20U;

/// Where a mapping of @p bytes can begin so that huge pages fit in it; nullptr: anywhere. Nothing is left mapped, so it
/// is a hint.
void* place_for(std::size_t bytes) {
  if (bytes < kHugePage) return nullptr;
  std::size_t room = bytes + kHugePage;
  void* const found = ::mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (found == MAP_FAILED) return nullptr;
  ::munmap(found, room);
  void* place = found;
  return std::align(kHugePage, bytes, place, room);
}

/// The kernel's huge pages under what is mapped at @p memory, where it has them to give.
///
/// A ring of a minute comes to each of its pages once a minute, and what lay for so long is far: out of the TLB, and in
/// a virtual machine perhaps out of the host's page tables, whose fault costs the push 0.1 ms. Of huge pages there are
/// 512 times fewer. Without them (Linux before 6.1, or memory in pieces) the ring lies in small ones.
void settle_in_huge_pages(void* memory, std::size_t bytes) {
  if (bytes < kHugePage) return;
  // The kernel makes a huge page of what is there, so something of each must be.
  auto* const first = static_cast<volatile std::byte*>(memory);
  for (std::size_t at = 0; at < bytes; at += kHugePage) first[at] = std::byte{0};
  ::madvise(memory, bytes, MADV_COLLAPSE);
}

// Every data word is stored with release and loaded with acquire: a reader that sees a word of a newer sample therefore
// also sees the stamp cleared before it. (Fences would do the same in fewer barriers, but ThreadSanitizer cannot see
// them; on x86-64 both compile to plain moves.)
void store(Slot& slot, std::uint64_t index, const Sample& s) noexcept {
  auto& w = slot.words;
  constexpr auto kRelease = std::memory_order_release;
  w[kStamp].store(0, std::memory_order_relaxed);
  w[kSeq].store(s.seq, kRelease);
  w[kDevice].store(static_cast<std::uint64_t>(s.device_time.time_since_epoch().count()), kRelease);
  w[kHost].store(static_cast<std::uint64_t>(s.host_time.time_since_epoch().count()), kRelease);
  w[kForce].store(std::bit_cast<std::uint64_t>(s.force.value), kRelease);
  w[kRawQuality].store(static_cast<std::uint32_t>(s.raw) | static_cast<std::uint64_t>(s.quality) << 32U, kRelease);
  w[kMotor].store(s.motor.value, kRelease);
  w[kStamp].store(index + 1, kRelease);
}

bool load(const Slot& slot, std::uint64_t index, Sample& out) noexcept {
  const auto& w = slot.words;
  constexpr auto kAcquire = std::memory_order_acquire;
  if (w[kStamp].load(kAcquire) != index + 1) return false;
  out.seq = w[kSeq].load(kAcquire);
  out.device_time = DeviceTime(std::chrono::microseconds(static_cast<std::int64_t>(w[kDevice].load(kAcquire))));
  out.host_time = HostTime(std::chrono::nanoseconds(static_cast<std::int64_t>(w[kHost].load(kAcquire))));
  out.force = Newtons{std::bit_cast<double>(w[kForce].load(kAcquire))};
  const std::uint64_t raw_quality = w[kRawQuality].load(kAcquire);
  out.raw = static_cast<std::int32_t>(static_cast<std::uint32_t>(raw_quality));
  out.quality = static_cast<Quality>(raw_quality >> 32U);
  out.motor = Level{static_cast<std::uint8_t>(w[kMotor].load(kAcquire))};
  return w[kStamp].load(std::memory_order_relaxed) == index + 1;
}

}  // namespace

RingMapping::RingMapping(RingMapping&& other) noexcept { *this = std::move(other); }

RingMapping& RingMapping::operator=(RingMapping&& other) noexcept {
  std::swap(header_, other.header_);
  std::swap(slots_, other.slots_);
  std::swap(mask_, other.mask_);
  std::swap(bytes_, other.bytes_);
  std::swap(fd_, other.fd_);
  return *this;
}

RingMapping::~RingMapping() {
  if (header_ != nullptr) ::munmap(header_, bytes_);
  if (fd_ >= 0) ::close(fd_);
}

Result<SampleRing> SampleRing::create(std::uint64_t capacity) {
  capacity = std::bit_ceil(std::max<std::uint64_t>(capacity, 64));
  SampleRing ring;
  RingMapping& map = ring.map_;
  map.fd_ = ::memfd_create("knead-samples", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (map.fd_ < 0) return fail_errno(Errc::kInternal, "cannot create the sample ring");
  map.bytes_ = bytes_for(capacity);
  if (::ftruncate(map.fd_, static_cast<off_t>(map.bytes_)) != 0) {
    return fail_errno(Errc::kInternal, "cannot size the sample ring");
  }
  void* memory = ::mmap(place_for(map.bytes_), map.bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, map.fd_, 0);
  if (memory == MAP_FAILED) return fail_errno(Errc::kInternal, "cannot map the sample ring");
  settle_in_huge_pages(memory, map.bytes_);
  map.header_ = new (memory) Header{.magic = kMagic, .capacity = capacity, .head = {}};
  map.slots_ = std::launder(reinterpret_cast<Slot*>(static_cast<std::byte*>(memory) + kHeaderBytes));
  map.mask_ = capacity - 1;
  // This writes to every page: each is there before the first push.
  for (std::uint64_t i = 0; i < capacity; ++i) new (&map.slots_[i]) Slot{};
  // From here on nobody but this mapping can write: not through a copied descriptor, not by mapping it anew.
  if (::fcntl(map.fd_, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0) {
    return fail_errno(Errc::kInternal, "cannot seal the sample ring", "Linux 5.1 or newer is needed");
  }
  return ring;
}

void SampleRing::push(const Sample& sample) noexcept {
  const std::uint64_t index = map_.header_->head.load(std::memory_order_relaxed);
  store(map_.slots_[index & map_.mask_], index, sample);
  map_.header_->head.store(index + 1, std::memory_order_release);
}

std::uint64_t SampleRing::head() const noexcept { return map_.header_->head.load(std::memory_order_acquire); }

Result<int> SampleRing::read_only_descriptor() const {
  const int fd = ::fcntl(map_.fd_, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return fail_errno(Errc::kInternal, "cannot share the sample ring");
  return fd;
}

RingReader::RingReader(const SampleRing& ring) noexcept
    : header_(ring.map_.header_), slots_(ring.map_.slots_), mask_(ring.map_.mask_), cursor_(ring.head()) {}

Result<RingReader> RingReader::from_descriptor(int fd) {
  RingReader reader;
  RingMapping& map = reader.owned_;
  map.fd_ = fd;
  struct stat info{};
  if (::fstat(fd, &info) != 0) return fail_errno(Errc::kProtocol, "cannot look at the sample ring");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size < bytes_for(1)) return fail(Errc::kProtocol, "the sample ring is too small to be one");
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return fail_errno(Errc::kProtocol, "cannot map the sample ring");
  map.header_ = std::launder(static_cast<Header*>(memory));
  map.bytes_ = size;
  const std::uint64_t capacity = map.header_->capacity;
  if (map.header_->magic != kMagic || !std::has_single_bit(capacity) || capacity > size / sizeof(Slot) ||
      bytes_for(capacity) != size) {
    return fail(Errc::kProtocol, "the sample ring has another layout", "use programs of one build");
  }
  map.slots_ = std::launder(reinterpret_cast<Slot*>(static_cast<std::byte*>(memory) + kHeaderBytes));
  reader.header_ = map.header_;
  reader.slots_ = map.slots_;
  reader.mask_ = capacity - 1;
  reader.cursor_ = reader.head();
  return reader;
}

std::uint64_t RingReader::head() const noexcept { return header_->head.load(std::memory_order_acquire); }

std::size_t RingReader::read(std::span<Sample> out, std::uint64_t limit) noexcept {
  const std::uint64_t capacity = mask_ + 1;
  std::size_t count = 0;
  while (count < out.size()) {
    const std::uint64_t newest = head();
    const std::uint64_t end = std::min(newest, limit);
    if (cursor_ >= end) break;
    if (newest - cursor_ > capacity || !load(slots_[cursor_ & mask_], cursor_, out[count])) {
      // Lapped. A sixteenth of the ring is left as a lead over the writer, so that the next read is not lapped too.
      const std::uint64_t lead = capacity / 16;
      const std::uint64_t oldest = newest > capacity - lead ? newest - (capacity - lead) : 0;
      const std::uint64_t next = std::max(oldest, cursor_ + 1);
      lost_ += next - cursor_;
      cursor_ = next;
      continue;
    }
    ++cursor_;
    ++count;
  }
  return count;
}

}  // namespace knead
