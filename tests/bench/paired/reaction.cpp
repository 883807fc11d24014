// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/sampling_rig.hpp"

namespace knead::bench {
namespace {

constexpr int kReactionTurns = 1500;
constexpr int kWarmUp = 50;

/// From @p ask to the answer on @p socket, turn by turn. What @p prepare does is the ball's affair, and takes no time.
template <class Prepare, class Ask>
std::vector<double> round_trips(const Scheduling& scheduling, int socket, Prepare prepare, Ask ask) {
  const AsHardware ball(scheduling);
  std::vector<double> times;
  times.reserve(kReactionTurns);
  limit_wait(socket, std::chrono::milliseconds(100));
  std::array<std::byte, 64> answer{};
  test::Beat beat;
  for (int i = 0; i < kReactionTurns + kWarmUp; ++i) {
    beat.wait();
    prepare();
    const HostTime asked = HostClock::now();
    ask();
    const bool answered = ::recv(socket, answer.data(), answer.size(), 0) > 0;
    const HostTime now = HostClock::now();
    if (answered && i >= kWarmUp) times.push_back(static_cast<double>((now - asked).count()));
  }
  return times;
}

std::vector<double> echo(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.other_cpu);
  const SocketPair sockets;
  std::thread other([&] {
    receive_until_shut(sockets.ends[0], [&](const auto& packet) {
      static_cast<void>(::send(sockets.ends[0], packet.data(), protocol::kMotorCommandSize, 0));
    });
  });
  schedule(other, scheduling);
  const std::array<std::byte, 32> report{};
  auto times = round_trips(
      scheduling, sockets.ends[1], [] {},
      [&] { static_cast<void>(::send(sockets.ends[1], report.data(), report.size(), 0)); });
  ::shutdown(sockets.ends[1], SHUT_RDWR);
  other.join();
  return times;
}

std::vector<double> through_the_sampler(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.other_cpu);
  SamplingRig rig(scheduling);
  return round_trips(scheduling, rig.ball(), [&] { rig.make_report(true); }, [&] { rig.send_made(); });
}

}  // namespace

std::vector<Comparison> reaction(const Scheduling& scheduling, const char* load) {
  return {{.name = std::string("reaction, report to motor command, ") + load,
           .baseline = [scheduling] { return echo(scheduling); },
           .subject = [scheduling] { return through_the_sampler(scheduling); },
           .p50_bound = 1.2,
           .p99_bound = 1.4}};
}

}  // namespace knead::bench
