// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstring>
#include <memory>
#include <thread>

#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/sample_path.hpp"

namespace knead::bench {
namespace {

constexpr int kBatches = 400;

/// Keeps the compiler from dropping what computes @p value.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

constexpr auto kNothing = [] {};

std::vector<double> clock_and_copy() {
  std::array<std::byte, 64> from{};
  std::array<std::byte, 64> to{};
  return time_batches(
      kBatches,
      [&] {
        keep(HostClock::now());
        std::memcpy(to.data(), from.data(), from.size());
        keep(to);
      },
      kNothing);
}

std::vector<double> whole_sample() {
  SamplePath path(4096);
  return time_batches(
      kBatches,
      [&] {
        keep(HostClock::now());
        path.step();
      },
      [&] { path.prepare(); });
}

std::vector<double> queue_push_and_pop() {
  auto queue = std::make_unique<boost::lockfree::spsc_queue<Sample, boost::lockfree::capacity<4096>>>();
  Sample sample;
  Sample out;
  return time_batches(
      kBatches,
      [&] {
        ++sample.seq;
        queue->push(sample);
        queue->pop(out);
        keep(out);
      },
      kNothing);
}

std::vector<double> ring_push_and_read() {
  auto ring = SampleRing::create(4096).value();
  RingReader reader(ring);
  Sample sample;
  std::array<Sample, 1> out;
  return time_batches(
      kBatches,
      [&] {
        ++sample.seq;
        ring.push(sample);
        keep(reader.read(out));
      },
      kNothing);
}

/// A push while @p readers threads read along, now and then as readers do.
std::vector<double> push_with_readers(int readers) {
  auto ring = SampleRing::create(4096).value();
  std::vector<std::jthread> threads;
  for (int i = 0; i < readers; ++i) {
    threads.emplace_back([&ring](const std::stop_token& stop) {
      RingReader reader(ring);
      std::array<Sample, 64> out;
      test::Beat beat;
      while (!stop.stop_requested()) {
        keep(reader.read(out));
        beat.wait();
      }
    });
  }
  Sample sample;
  return time_batches(
      kBatches,
      [&] {
        ++sample.seq;
        ring.push(sample);
      },
      kNothing);
}

}  // namespace

std::vector<Comparison> steps() {
  return {{.name = "one sample, decoded to pushed / clock + copy",
           .baseline = clock_and_copy,
           .subject = whole_sample,
           .p50_bound = 4.0},
          {.name = "ring push + read / spsc_queue",
           .baseline = queue_push_and_pop,
           .subject = ring_push_and_read,
           .p50_bound = 2.0},
          {.name = "ring push, 16 readers / no reader",
           .baseline = [] { return push_with_readers(0); },
           .subject = [] { return push_with_readers(16); },
           .p50_bound = 1.2}};
}

}  // namespace knead::bench
