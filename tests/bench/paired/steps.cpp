// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstring>
#include <memory>
#include <thread>

#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/sampling_rig.hpp"

namespace knead::bench {
namespace {

constexpr int kBatches = 400;
constexpr int kPerBatch = 500;

/// Keeps the compiler from dropping what computes @p value.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

/// Nanoseconds of one @p step, measured over batches: a single one is shorter than the clock can tell. @p prepare runs
/// before each batch, outside the measurement.
template <class Step, class Prepare>
std::vector<double> time_batches(Step step, Prepare prepare) {
  std::vector<double> times;
  times.reserve(kBatches);
  for (int batch = 0; batch < kBatches; ++batch) {
    prepare();
    const HostTime begin = HostClock::now();
    for (int i = 0; i < kPerBatch; ++i) step();
    times.push_back(static_cast<double>((HostClock::now() - begin).count()) / kPerBatch);
  }
  return times;
}
template <class Step>
std::vector<double> time_batches(Step step) {
  return time_batches(step, [] {});
}

std::vector<double> clock_and_copy() {
  std::array<std::byte, 64> from{};
  std::array<std::byte, 64> to{};
  return time_batches([&] {
    keep(HostClock::now());
    std::memcpy(to.data(), from.data(), from.size());
    keep(to);
  });
}

std::vector<double> whole_sample() {
  SocketPair sockets;
  SocketLink link(sockets.ends[0]);
  sampling::Controls controls;
  auto ring = SampleRing::create(4096).value();
  sampling::Sampler sampler(controls, ring, sampling::Limits{});
  sampler.attach(link, {.calibrated = true, .point_b_raw = 50'000, .point_b_mn = 50'000});
  std::array<std::array<std::byte, protocol::kPacketSize>, kPerBatch> packets{};
  std::size_t size = 0;
  std::size_t next = 0;
  std::uint32_t seq = 0;
  const auto pack = [&] {
    for (auto& packet : packets) {
      ++seq;
      size = protocol::encode_report({.count = 1,
                                      .seq = seq,
                                      .time_us = seq * 1000,
                                      .period_us = 1000,
                                      .temperature_c = 25,
                                      .raw = {20'000 + static_cast<std::int32_t>(seq % 7)}},
                                     packet);
    }
    next = 0;
  };
  // A batch takes microseconds, its reports half a second: they arrive as the ball's clock says, or the clock sync
  // would have nothing to do but to begin anew.
  const HostTime began = HostClock::now();
  std::chrono::milliseconds since{};
  return time_batches(
      [&] {
        keep(HostClock::now());
        sampler.on_report(std::span(packets[next++]).first(size), began + ++since);
      },
      pack);
}

std::vector<double> queue_push_and_pop() {
  auto queue = std::make_unique<boost::lockfree::spsc_queue<Sample, boost::lockfree::capacity<4096>>>();
  Sample sample;
  Sample out;
  return time_batches([&] {
    ++sample.seq;
    queue->push(sample);
    queue->pop(out);
    keep(out);
  });
}

std::vector<double> ring_push_and_read() {
  auto ring = SampleRing::create(4096).value();
  RingReader reader(ring);
  Sample sample;
  std::array<Sample, 1> out;
  return time_batches([&] {
    ++sample.seq;
    ring.push(sample);
    keep(reader.read(out));
  });
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
  return time_batches([&] {
    ++sample.seq;
    ring.push(sample);
  });
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
