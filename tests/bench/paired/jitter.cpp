// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <semaphore>

#include "daemon/sampling/sampling_thread.hpp"
#include "hw/ball/person.hpp"
#include "hw/protocol/codec.hpp"
#include "hw/sim/sim_bus.hpp"
#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"

namespace knead::bench {
namespace {

constexpr std::size_t kWakes = 2000;

/// cyclictest holds /dev/cpu_dma_latency by itself; the daemon's side gets it from main().
std::vector<double> cyclictest(const Scheduling& scheduling) {
  const std::string command =
      fmt::format("cyclictest -q -t1 -i1000 -l{} -h20000 {} {} 2>/dev/null", kWakes,
                  scheduling.priority > 0 ? fmt::format("-p{}", scheduling.priority) : std::string("--policy=other"),
                  scheduling.cpu >= 0 ? fmt::format("-a{}", scheduling.cpu) : std::string());
  std::vector<double> times;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return times;
  char line[256];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    unsigned microseconds = 0;
    unsigned count = 0;
    if (std::sscanf(line, "%u %u", &microseconds, &count) == 2) times.insert(times.end(), count, microseconds * 1e3);
  }
  ::pclose(pipe);
  return times;
}

/// Notes how late each report of an in-process ball is fetched: its reading is due by the ball's clock, which began
/// with the host's time at the ball's birth.
class Stopwatch final : public hw::ReportSink, public hw::BusEvents {
 public:
  void on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept override {
    const auto report = protocol::decode_report(bytes);
    if (!report || times_.size() == kWakes) return;
    const auto taken = std::chrono::microseconds(report->time_us);
    times_.push_back(static_cast<double>((arrived - born_ - taken).count()));
    if (times_.size() == kWakes) all_noted_.release();
  }
  void on_transfer_error(HostTime) noexcept override {}
  void on_gone(HostTime) noexcept override {}
  void on_arrived(hw::BallInfo ball) override {
    ball_ = ball.id;
    arrived_.release();
  }
  void on_left(hw::BallId) override {}

  HostTime born_{};
  std::vector<double> times_;
  hw::BallId ball_{};  ///< once arrived_
  std::binary_semaphore arrived_{0};
  std::binary_semaphore all_noted_{0};
};

std::vector<double> sampling_loop(const Scheduling& scheduling) {
  Stopwatch stopwatch;
  stopwatch.times_.reserve(kWakes);
  std::vector<hw::SimBallConfig> balls;
  balls.push_back({.person = ball::make_person("steady", 1).value()});
  const auto clock = [&stopwatch] {
    const HostTime now = HostClock::now();
    if (stopwatch.born_ == HostTime{}) stopwatch.born_ = now;
    return now;
  };
  auto bus = hw::SimBus::create(std::move(balls), clock).value();
  static_cast<void>(bus->start(stopwatch));
  const sampling::SamplingThread thread(*bus, {.priority = scheduling.priority, .cpu = scheduling.cpu});
  if (!stopwatch.arrived_.try_acquire_for(test::kPatience)) return {};
  const auto link = bus->open(stopwatch.ball_).value();
  static_cast<void>(link->start(stopwatch));
  if (!stopwatch.all_noted_.try_acquire_for(test::kPatience)) return {};
  return stopwatch.times_;
}

}  // namespace

std::vector<Comparison> jitter(const Scheduling& scheduling) {
  if (cyclictest(scheduling).empty()) return {};
  return {{.name = "lateness of the loop at 1 kHz / cyclictest",
           .baseline = [scheduling] { return cyclictest(scheduling); },
           .subject = [scheduling] { return sampling_loop(scheduling); },
           .p50_bound = 1.2,
           .p99_bound = 1.2}};
}

}  // namespace knead::bench
