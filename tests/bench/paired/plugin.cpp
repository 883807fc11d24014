// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "daemon/host/find_plugin.hpp"
#include "daemon/host/plugin_process.hpp"
#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/sample_path.hpp"

namespace knead::bench {
namespace {

constexpr int kEventTurns = 500;
/// A minute at 8 kHz, as a station's ring: its slots are in no cache any more when they are written again.
constexpr std::uint64_t kRingSamples = std::uint64_t{1} << 19U;
constexpr std::chrono::milliseconds kTick{50};

std::unique_ptr<host::PluginProcess> launch(const Scheduling& scheduling, const SampleRing& ring, const char* does) {
  const OnProcessor there(scheduling.other_cpu);
  session::Activation activation;
  activation.plugin = "measured";
  activation.exercise = does;
  activation.reps = 1;
  auto launched = host::PluginProcess::launch({.plugin_file = KNEAD_MEASURED,
                                               .host_program = host::find_host_program().value(),
                                               .activation = activation,
                                               .ring_fd = ring.read_only_descriptor().value()});
  if (!launched) throw std::runtime_error(launched.error().message());
  return std::move(*launched);
}

/// Another process that sends back what it gets, on the sort of socket that plugins have.
std::vector<double> ping_pong_with_a_process(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.cpu);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
  const pid_t other = ::fork();
  std::array<char, 64> packet{};
  if (other == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const OnProcessor there(scheduling.other_cpu);
    while (::recv(ends[1], packet.data(), packet.size(), 0) > 0)
      static_cast<void>(::send(ends[1], packet.data(), packet.size(), 0));
    ::_exit(0);
  }
  std::vector<double> times;
  test::Beat beat;
  for (int i = 0; i < kEventTurns; ++i) {
    beat.wait();
    const HostTime asked = HostClock::now();
    static_cast<void>(::send(ends[0], packet.data(), packet.size(), 0));
    static_cast<void>(::recv(ends[0], packet.data(), packet.size(), 0));
    times.push_back(static_cast<double>((HostClock::now() - asked).count()));
  }
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return times;
}

/// A tick to the plugin in its sandbox, and its cue back on the daemon's loop.
std::vector<double> tick_to_cue(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.cpu);
  const auto ring = SampleRing::create(1024).value();
  const auto plugin = launch(scheduling, ring, "answer");
  boost::asio::io_context io;
  std::optional<HostTime> accepted;  // when the daemon takes the cue; what it does afterwards nobody waits for
  bool failed = false;
  plugin->attach(
      io, [&](const session::PluginAction&) { accepted = HostClock::now(); },
      [&](const std::string&) { failed = true; });
  SessionTime now{};
  plugin->post({now, session::event::SessionStarted{}}, ring.head(), DeviceTime{});
  std::vector<double> times;
  test::Beat beat;
  for (std::uint64_t told = 1; told <= kEventTurns && !failed; ++told) {
    // The acknowledgement of the event before.
    while (!failed && plugin->statistics().events < told) {
      if (io.run_one_for(test::kPatience) == 0) return {};
    }
    beat.wait();
    now += kTick;
    accepted.reset();
    const HostTime asked = HostClock::now();
    plugin->post({now, session::event::Tick{}}, ring.head(), DeviceTime{});
    while (!accepted && !failed) io.run_one();
    if (accepted) times.push_back(static_cast<double>((*accepted - asked).count()));
  }
  return failed ? std::vector<double>() : times;
}

constexpr int kBatches = 200;

/// A sample's way while a plugin that @p does so is told of a tick before each batch. What is compared is plugins, not
/// a plugin and none: to have talked to anybody and to have had the other processor at work costs the next batch more
/// (some 12 ns a sample) than any reading of the ring.
std::vector<double> samples_beside_a_plugin(const Scheduling& scheduling, const char* does) {
  const OnProcessor here(scheduling.cpu);
  SamplePath path(kRingSamples);
  const auto plugin = launch(scheduling, path.ring(), does);
  SessionTime now{};
  const auto tell = [&](auto what) {
    return plugin->exchange({now, what}, path.ring().head(), DeviceTime{}).has_value();
  };
  if (!tell(session::event::SessionStarted{})) return {};
  bool alive = true;
  test::Beat beat;
  auto times = time_batches(
      kBatches, [&] { path.step(); },
      [&] {
        now += kTick;
        alive = alive && tell(session::event::Tick{});
        path.prepare();
        beat.wait();
      });
  return alive ? times : std::vector<double>();
}

}  // namespace

std::vector<Comparison> plugin(const Scheduling& scheduling) {
  return {{.name = "tick to a plugin's cue / ping-pong with a process",
           .baseline = [scheduling] { return ping_pong_with_a_process(scheduling); },
           .subject = [scheduling] { return tick_to_cue(scheduling); },
           .p50_bound = 1.5,
           .p99_bound = 2.0},
          // At each tick it reads what the last batch pushed.
          {.name = "one sample, plugin reads all / reads none",
           .baseline = [scheduling] { return samples_beside_a_plugin(scheduling, "answer"); },
           .subject = [scheduling] { return samples_beside_a_plugin(scheduling, "read"); },
           .p50_bound = 1.2}};
}

}  // namespace knead::bench
