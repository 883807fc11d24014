// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/sampling_rig.hpp"

namespace knead::bench {
namespace {

constexpr int kTimedWakes = 2000;
/// Until the motor has risen to what is asked of it: while it rises, nearly each report is answered by a command.
constexpr int kSettlingWakes = 1000;

/// A thread of this process by its name. @return nanoseconds it has run, 0 when there is none.
std::uint64_t time_of_thread(const std::string& wanted) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name != wanted) continue;
    std::uint64_t nanoseconds = 0;
    std::ifstream(task.path() / "schedstat") >> nanoseconds;
    return nanoseconds;
  }
  return 0;
}

/// The ball's side: a packet a thousand times a second, and whatever comes back on @p socket taken.
template <class Send>
void at_one_kilohertz(int wakes, int socket, Send send) {
  std::array<std::byte, 64> command{};
  test::Beat beat;
  for (int i = 0; i < wakes; ++i) {
    beat.wait();
    send();
    while (::recv(socket, command.data(), command.size(), MSG_DONTWAIT) > 0) {
    }
  }
}

/// A thread that receives each packet and does nothing with it: waking is all it costs.
std::vector<double> bare_wakes(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.other_cpu);
  const SocketPair sockets;
  std::thread other([&] {
    pthread_setname_np(pthread_self(), "bare-loop");
    receive_until_shut(sockets.ends[0], [](const auto&) {});
  });
  schedule(other, scheduling);
  const std::array<std::byte, 32> report{};
  const auto send = [&] { static_cast<void>(::send(sockets.ends[1], report.data(), report.size(), 0)); };
  at_one_kilohertz(kSettlingWakes, sockets.ends[1], send);
  const auto before = time_of_thread("bare-loop");
  at_one_kilohertz(kTimedWakes, sockets.ends[1], send);
  const auto spent = static_cast<double>(time_of_thread("bare-loop") - before);
  ::shutdown(sockets.ends[1], SHUT_RDWR);
  other.join();
  return {spent / kTimedWakes};
}

std::vector<double> sampling_wakes(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.other_cpu);
  SamplingRig rig(scheduling);
  int sent = 0;
  // A wish each third of a TTL: how often a running motor is spoken to.
  const auto send = [&] { rig.send_report(++sent % 160 == 0); };
  at_one_kilohertz(kSettlingWakes, rig.ball(), send);
  const auto before = time_of_thread("knead-sampling");
  at_one_kilohertz(kTimedWakes, rig.ball(), send);
  return {static_cast<double>(time_of_thread("knead-sampling") - before) / kTimedWakes};
}

}  // namespace

std::vector<Comparison> processor_time(const Scheduling& scheduling) {
  return {{.name = "processor time of a wake at 1 kHz / bare loop",
           .baseline = [scheduling] { return bare_wakes(scheduling); },
           .subject = [scheduling] { return sampling_wakes(scheduling); },
           .p50_bound = 1.25}};
}

}  // namespace knead::bench
