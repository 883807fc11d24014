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

#include "daemon/core/sample_ring.hpp"
#include "daemon/host/find_plugin.hpp"
#include "daemon/host/plugin_process.hpp"
#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"

namespace knead::bench {
namespace {

constexpr int kTurns = 500;
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
  for (int i = 0; i < kTurns; ++i) {
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
  for (std::uint64_t told = 1; told <= kTurns && !failed; ++told) {
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

/// Nanoseconds of one push, over batches. @p between runs after each batch, outside the measurement.
template <class Between>
std::vector<double> time_pushes(SampleRing& ring, Between between) {
  constexpr int kBatches = 200;
  constexpr int kPerBatch = 400;  // a tick's at 8 kHz
  Sample sample;
  std::vector<double> times;
  for (int batch = 0; batch < kBatches; ++batch) {
    const HostTime begin = HostClock::now();
    for (int i = 0; i < kPerBatch; ++i) {
      ++sample.seq;
      ring.push(sample);
    }
    times.push_back(static_cast<double>((HostClock::now() - begin).count()) / kPerBatch);
    between();
  }
  return times;
}

std::vector<double> push_without_plugin(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.cpu);
  auto ring = SampleRing::create(kRingSamples).value();
  test::Beat beat;
  return time_pushes(ring, [&] { beat.wait(); });
}

std::vector<double> push_beside_a_plugin_that_reads_all(const Scheduling& scheduling) {
  const OnProcessor here(scheduling.cpu);
  auto ring = SampleRing::create(kRingSamples).value();
  const auto plugin = launch(scheduling, ring, "read");
  SessionTime now{};
  const auto tell = [&](auto what) { return plugin->exchange({now, what}, ring.head(), DeviceTime{}).has_value(); };
  if (!tell(session::event::SessionStarted{})) return {};
  bool alive = true;
  test::Beat beat;
  auto times = time_pushes(ring, [&] {
    beat.wait();
    now += kTick;
    alive = alive && tell(session::event::Tick{});
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
          {.name = "ring push, plugin reads all at 8 kHz / no plugin",
           .baseline = [scheduling] { return push_without_plugin(scheduling); },
           .subject = [scheduling] { return push_beside_a_plugin_that_reads_all(scheduling); },
           .p50_bound = 1.2}};
}

}  // namespace knead::bench
