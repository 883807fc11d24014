// SPDX-License-Identifier: Apache-2.0
// The sampling path, step by step and whole. "allocs" must be 0 on every line; items are samples.
#include <benchmark/benchmark.h>

#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstring>

#include "daemon/core/sample_ring.hpp"
#include "daemon/sampling/sampler.hpp"
#include "hw/protocol/codec.hpp"
#include "tests/bench/allocations.hpp"

namespace knead::sampling {
namespace {

using namespace std::chrono_literals;
using bench::CountAllocations;

constexpr protocol::Calibration kCalibration{.calibrated = true, .point_b_raw = 50'000, .point_b_mn = 50'000};

protocol::Report report_at(std::uint32_t i) {
  return {.count = 1,
          .seq = i,
          .time_us = i * 1000,
          .period_us = 1000,
          .temperature_c = 25,
          .raw = {20'000 + static_cast<std::int32_t>(i % 7)}};
}

class NullLink final : public hw::Link {
 public:
  Result<> start(hw::ReportSink&) override { return {}; }
  bool submit(const protocol::MotorCommand& command) noexcept override {
    benchmark::DoNotOptimize(command);
    return true;
  }
  void emergency_stop() noexcept override {}
  Result<std::size_t> control_in(protocol::Request, std::uint16_t, std::span<std::byte>,
                                 std::chrono::milliseconds) override {
    return std::size_t{0};
  }
  Result<> control_out(protocol::Request, std::uint16_t, std::span<const std::byte>,
                       std::chrono::milliseconds) override {
    return {};
  }
};

// The yardstick: the least that any sampling path must do, read the clock and copy a packet.
void BM_ClockAndCopy(benchmark::State& state) {
  std::array<std::byte, 64> from{};
  std::array<std::byte, 64> to{};
  const CountAllocations count(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(HostClock::now());
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to);
  }
}
BENCHMARK(BM_ClockAndCopy);

void BM_DecodeReport(benchmark::State& state) {
  std::array<std::byte, protocol::kPacketSize> bytes{};
  const std::size_t size = protocol::encode_report(report_at(7), bytes);
  const CountAllocations count(state);
  for (auto _ : state) benchmark::DoNotOptimize(protocol::decode_report(std::span(bytes).first(size)));
}
BENCHMARK(BM_DecodeReport);

void BM_EncodeMotorCommand(benchmark::State& state) {
  std::array<std::byte, protocol::kMotorCommandSize> bytes{};
  const protocol::MotorCommand command{.level = Level{100}, .ttl_ms = 500};
  const CountAllocations count(state);
  for (auto _ : state) {
    protocol::encode_motor_command(command, bytes);
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(BM_EncodeMotorCommand);

void BM_InterlockStep(benchmark::State& state) {
  Interlock interlock{Limits{}};
  StepInput input;
  input.force_from_reference = Newtons{20};
  input.temperature_c = 25;
  HostTime now{1h};
  const CountAllocations count(state);
  for (auto _ : state) {
    now += 1ms;
    input.sample.device_time += 1ms;
    input.sample.raw ^= 1;
    benchmark::DoNotOptimize(interlock.step(input, {.level = Level{100}, .expires = now + 200ms}, now));
  }
}
BENCHMARK(BM_InterlockStep);

void BM_ClockSyncUpdate(benchmark::State& state) {
  ClockSync sync;
  DeviceTime device{};
  HostTime host{1h};
  const CountAllocations count(state);
  for (auto _ : state) {
    device += 1ms;
    host += 1ms;
    sync.update(device, host);
    benchmark::DoNotOptimize(sync.to_host(device));
  }
}
BENCHMARK(BM_ClockSyncUpdate);

void BM_RingPush(benchmark::State& state) {
  auto ring = SampleRing::create(4096).value();
  Sample sample;
  const CountAllocations count(state);
  for (auto _ : state) {
    ++sample.seq;
    ring.push(sample);
  }
}
BENCHMARK(BM_RingPush);

void BM_RingPushAndRead(benchmark::State& state) {
  auto ring = SampleRing::create(4096).value();
  RingReader reader(ring);
  Sample sample;
  std::array<Sample, 1> out;
  const CountAllocations count(state);
  for (auto _ : state) {
    ++sample.seq;
    ring.push(sample);
    benchmark::DoNotOptimize(reader.read(out));
  }
}
BENCHMARK(BM_RingPushAndRead);

// The yardstick for the ring: a queue with one reader only, which cannot be lapped.
void BM_SpscQueuePushAndPop(benchmark::State& state) {
  boost::lockfree::spsc_queue<Sample, boost::lockfree::capacity<4096>> queue;
  Sample sample;
  Sample out;
  const CountAllocations count(state);
  for (auto _ : state) {
    ++sample.seq;
    queue.push(sample);
    queue.pop(out);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(BM_SpscQueuePushAndPop);

void BM_WholeSamplingPath(benchmark::State& state) {
  Controls controls;
  auto ring = SampleRing::create(4096).value();
  NullLink link;
  Sampler sampler(controls, ring, Limits{});
  sampler.attach(link, kCalibration);
  std::array<std::byte, protocol::kPacketSize> bytes{};
  std::uint32_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    const HostTime now = HostClock::now();
    if (++i % 20 == 0) controls.set_request({.level = Level{100}, .expires = now + 200ms});
    const std::size_t size = protocol::encode_report(report_at(i), bytes);
    sampler.on_report(std::span(bytes).first(size), now);
  }
}
BENCHMARK(BM_WholeSamplingPath);

}  // namespace
}  // namespace knead::sampling
