// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/sample_ring.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace knead {
namespace {

// Every field follows from the index, so that a torn or mixed-up slot shows.
Sample sample_for(std::uint64_t i) {
  const auto n = static_cast<std::int64_t>(i);
  return {.seq = i * 3,
          .device_time = DeviceTime(std::chrono::microseconds(n * 1000)),
          .host_time = HostTime(std::chrono::nanoseconds(n * 1'000'001)),
          .force = Newtons{static_cast<double>(n) * 0.5},
          .raw = static_cast<std::int32_t>(-n),
          .quality = static_cast<Quality>(i % 64),
          .motor = Level{static_cast<std::uint8_t>(i % 251)}};
}

void expect_whole(const Sample& s) {
  const Sample want = sample_for(s.seq / 3);
  ASSERT_EQ(s.seq, want.seq);
  ASSERT_EQ(s.device_time, want.device_time);
  ASSERT_EQ(s.host_time, want.host_time);
  ASSERT_EQ(s.force, want.force);
  ASSERT_EQ(s.raw, want.raw);
  ASSERT_EQ(s.quality, want.quality);
  ASSERT_EQ(s.motor, want.motor);
}

TEST(SampleRing, HandsOverEverySampleInOrder) {
  auto ring = SampleRing::create(128).value();
  RingReader reader(ring);
  for (std::uint64_t i = 0; i < 100; ++i) ring.push(sample_for(i));
  std::array<Sample, 256> out{};
  ASSERT_EQ(reader.read(out), 100U);
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(out[i].seq, i * 3);
    expect_whole(out[i]);
  }
  EXPECT_EQ(reader.lost(), 0U);
  EXPECT_EQ(reader.read(out), 0U);
}

TEST(SampleRing, ReaderStartsAtTheNewestSample) {
  auto ring = SampleRing::create(64).value();
  for (std::uint64_t i = 0; i < 10; ++i) ring.push(sample_for(i));
  RingReader reader(ring);
  std::array<Sample, 8> out{};
  EXPECT_EQ(reader.read(out), 0U);
  ring.push(sample_for(10));
  ASSERT_EQ(reader.read(out), 1U);
  EXPECT_EQ(out[0].seq, 30U);
}

TEST(SampleRing, LappedReaderLearnsHowManyItLost) {
  auto ring = SampleRing::create(64).value();
  RingReader reader(ring);
  for (std::uint64_t i = 0; i < 1000; ++i) ring.push(sample_for(i));
  std::array<Sample, 256> out{};
  const std::size_t got = reader.read(out);
  ASSERT_GT(got, 0U);
  EXPECT_LE(got, 64U);
  EXPECT_EQ(reader.lost() + got, 1000U) << "each sample is either read or counted as lost";
  EXPECT_EQ(out[got - 1].seq, 999U * 3);
}

TEST(SampleRing, ReadStopsAtTheLimitOfAnEarlierHead) {
  auto ring = SampleRing::create(64).value();
  RingReader reader(ring);
  for (std::uint64_t i = 0; i < 10; ++i) ring.push(sample_for(i));
  const std::uint64_t limit = ring.head();
  for (std::uint64_t i = 10; i < 20; ++i) ring.push(sample_for(i));
  std::array<Sample, 64> out{};
  EXPECT_EQ(reader.read(out, limit), 10U);
  EXPECT_EQ(reader.read(out), 10U);
}

TEST(SampleRing, EachReaderHasItsOwnCursor) {
  auto ring = SampleRing::create(64).value();
  RingReader a(ring);
  RingReader b(ring);
  ring.push(sample_for(0));
  std::array<Sample, 4> out{};
  EXPECT_EQ(a.read(out), 1U);
  EXPECT_EQ(b.read(out), 1U);
}

TEST(SampleRing, SharedDescriptorCannotBeWrittenThrough) {
  auto ring = SampleRing::create(64).value();
  const int fd = ring.read_only_descriptor().value();
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
  EXPECT_LT(::write(fd, "x", 1), 0);
  EXPECT_NE(::ftruncate(fd, 0), 0);
  void* readable = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  ASSERT_NE(readable, MAP_FAILED);
  EXPECT_NE(::mprotect(readable, 4096, PROT_READ | PROT_WRITE), 0);
  ::munmap(readable, 4096);
  ::close(fd);
}

TEST(SampleRing, ReaderFromADescriptorSeesWhatIsPushedLater) {
  auto ring = SampleRing::create(64).value();
  auto reader = RingReader::from_descriptor(ring.read_only_descriptor().value()).value();
  ring.push(sample_for(0));
  std::array<Sample, 4> out{};
  ASSERT_EQ(reader.read(out), 1U);
  expect_whole(out[0]);
}

TEST(SampleRing, RefusesADescriptorThatIsNoRing) {
  const int fd = ::memfd_create("other", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(fd, 8192), 0);
  const auto reader = RingReader::from_descriptor(fd);
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, Errc::kProtocol);
}

constexpr std::size_t kHugePage = std::size_t{2} << 20U;

bool kernel_gives_huge_pages() {
  std::size_t room = 2 * kHugePage;
  void* const taken = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (taken == MAP_FAILED) return false;
  void* place = taken;
  std::align(kHugePage, kHugePage, place, room);
  *static_cast<volatile char*>(place) = 0;
  const bool given = ::madvise(place, kHugePage, MADV_COLLAPSE) == 0;
  ::munmap(taken, 2 * kHugePage);
  return given;
}

/// @return KiB of this process's rings of which smaps says @p what.
long of_rings(const std::string& what) {
  std::ifstream smaps("/proc/self/smaps");
  bool of_a_ring = false;
  long sum = 0;
  for (std::string line; std::getline(smaps, line);) {
    if (line.find('-') < line.find(' ')) of_a_ring = line.find("knead-samples") != std::string::npos;
    if (of_a_ring && line.starts_with(what)) sum += std::stol(line.substr(what.size()));
  }
  return sum;
}

TEST(SampleRing, OfAMinuteLiesInHugePagesWhereTheKernelGivesThem) {
  if (!kernel_gives_huge_pages()) GTEST_SKIP() << "no huge pages to be had here";
  const auto ring = SampleRing::create(60'000).value();
  EXPECT_EQ(of_rings("ShmemPmdMapped:"), 4096);
}

TEST(SampleRing, IsWhollyThereBeforeTheFirstPush) {
  for (const std::uint64_t capacity : {64U, 1000U, 40'000U}) {
    const auto ring = SampleRing::create(capacity).value();
    EXPECT_EQ(of_rings("Rss:"), of_rings("Size:")) << capacity;
  }
}

// The stress that ThreadSanitizer runs: a writer that laps its readers all the time. Torn slots would show as samples
// whose fields do not belong together, lost ones as a sum that does not add up.
TEST(SampleRing, ReadersUnderALappingWriterNeverSeeATornSampleAndMissNoneUncounted) {
  constexpr std::uint64_t kSamples = 300'000;
  auto ring = SampleRing::create(256).value();
  std::vector<std::uint64_t> accounted(3);
  std::vector<std::thread> readers;
  std::atomic<int> ready{0};
  for (auto& total : accounted) {
    readers.emplace_back([&ring, &total, &ready] {
      RingReader reader(ring);
      reader.seek(0);
      ++ready;
      std::array<Sample, 64> out{};
      std::uint64_t got = 0;
      std::uint64_t last = 0;
      bool first = true;
      while (reader.cursor() < kSamples) {
        const std::size_t n = reader.read(out);
        for (std::size_t i = 0; i < n; ++i) {
          expect_whole(out[i]);
          if (!first) {
            ASSERT_GT(out[i].seq, last);
          }
          first = false;
          last = out[i].seq;
        }
        got += n;
        if (n == 0) std::this_thread::yield();
      }
      total = got + reader.lost();
    });
  }
  while (ready < 3) std::this_thread::yield();
  for (std::uint64_t i = 0; i < kSamples; ++i) ring.push(sample_for(i));
  for (auto& reader : readers) reader.join();
  for (const std::uint64_t total : accounted) EXPECT_EQ(total, kSamples);
}

}  // namespace
}  // namespace knead
