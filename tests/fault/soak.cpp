// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/soak.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tests/fault/accounts.hpp"
#include "tests/fault/fault.hpp"
#include "tests/fault/wires.hpp"

namespace knead::fault {
namespace {

using namespace std::chrono_literals;

/// What a daemon may grow after its first sessions: allocators keep a little, SQLite's cache fills.
constexpr std::uint64_t kMayGrowKb = 4096;
constexpr std::size_t kMayGrowDescriptors = 2;
constexpr int kFirstSessions = 5;

void rest(World& world, Random& random, int least_ms, int more_ms) {
  world.let_ball_measure(std::chrono::milliseconds(least_ms) +
                         std::chrono::milliseconds(random() % static_cast<unsigned>(more_ms)));
}

/// For a moment reports come over @p wire.
void over(World& world, Random& random, test::Wire wire) {
  world.usb().set_wire(world.device(), std::move(wire));
  rest(world, random, 5, 500);
  world.usb().set_wire(world.device(), {});
}

void break_sensor(World& world, Random& random, ball::SensorFault fault) {
  world.usb().with_ball(world.device(), [&](ball::Ball& ball) { ball.inject(fault); });
  rest(world, random, 5, 500);
  world.usb().with_ball(world.device(), [](ball::Ball& ball) { ball.inject(ball::SensorFault::kNone); });
}

void fail_transfers(World& world, Random& random, int error) {
  world.usb().fail_next_in(world.device(), error, static_cast<int>(random() % 30));
}

void freeze(World& world, Random& random) {
  world.daemon().signal(SIGSTOP);
  rest(world, random, 50, 1000);
  world.daemon().signal(SIGCONT);
}

void hold(World& world, Random& random, pid_t thread) {
  const ThreadHold held(thread);
  rest(world, random, 50, 1000);
}

void replug(World& world, Random& random) {
  world.unplug();
  rest(world, random, 20, 1000);
  world.replug();
}

/// The daemon dies in mid-session and another takes its place.
void kill_daemon(World& world, Random& /*random*/) {
  world.daemon().signal(SIGKILL);
  world.daemon().wait();
  world.start_daemon();
}

struct Trouble {
  std::string_view name;
  void (*make)(World&, Random&);
};

constexpr std::array kTroubles{
    Trouble{"nothing", [](World&, Random&) {}},
    Trouble{"nak-storm", [](World& world, Random& random) { over(world, random, silent_wire()); }},
    Trouble{"garbage", [](World& world, Random& random) { over(world, random, garbage_wire(random())); }},
    Trouble{"truncated", [](World& world, Random& random) { over(world, random, truncating_wire(random())); }},
    Trouble{"repeated", [](World& world, Random& random) { over(world, random, repeating_wire()); }},
    Trouble{"doubled", [](World& world, Random& random) { over(world, random, doubling_wire()); }},
    Trouble{"dropped",
            [](World& world, Random& random) {
              world.usb().with_ball(world.device(), [&](ball::Ball& ball) {
                ball.drop_readings(static_cast<std::uint32_t>(random() % 100));
              });
            }},
    Trouble{"stall", [](World& world, Random& random) { fail_transfers(world, random, EPIPE); }},
    Trouble{"bus-errors", [](World& world, Random& random) { fail_transfers(world, random, EPROTO); }},
    Trouble{"sensor-at-rail",
            [](World& world, Random& random) { break_sensor(world, random, ball::SensorFault::kSaturated); }},
    Trouble{"sensor-open", [](World& world, Random& random) { break_sensor(world, random, ball::SensorFault::kOpen); }},
    Trouble{"frozen", freeze},
    Trouble{"main-held", [](World& world, Random& random) { hold(world, random, world.daemon().pid()); }},
    Trouble{"sampling-held",
            [](World& world, Random& random) { hold(world, random, world.daemon().thread("knead-sampling").value()); }},
    Trouble{"recorder-held",
            [](World& world, Random& random) { hold(world, random, world.daemon().thread("knead-recorder").value()); }},
    Trouble{"replugged", replug},
    Trouble{"stopped", [](World& world, Random&) { world.call("session.stop"); }},
    Trouble{"killed", kill_daemon},
};

/// A few seconds of release and nothing else, so that many sessions go into a minute.
std::string write_short_routine(const Folder& folder) {
  std::string path = folder.path("short.toml");
  std::ofstream(path)
      << "[routine]\nid = \"short\"\ntitle = \"A short one\"\nmethod = \"custom\"\n"
         "[[release]]\nmuscle = \"upper_trapezius\"\ncredit_s = 2\nmax_elapsed_s = 6\n"
         "band_n = [15.0, 40.0]\nvibration = { level = 0.5, frequency_hz = 38, pattern = \"steady\" }\n";
  return path;
}

/// One session from its begin to its end. @return what is wrong with it; empty: nothing.
std::string one_session(World& world, Random& random, const std::string& routine, const Trouble& trouble) {
  if (world.status().stop_latched) world.call("interlock.clear");
  const bool ready = wait_for([&] {
    const auto balls = world.status().balls;
    return !balls.empty() && balls.front().force_n && balls.front().trips.empty();
  });
  if (!ready) return "the ball does not become usable";
  world.begin_session(routine);
  rest(world, random, 10, 1500);
  if (!world.status().session) return {};  // a busy machine was slow to look: it is over
  trouble.make(world, random);
  // A pause is for a person to end: here somebody always does.
  const bool ended = wait_for([&] {
    const auto status = world.status();
    if (!status.session) return true;
    if (status.session->paused && world.ball_is_usable()) static_cast<void>(world.try_call("session.resume"));
    return false;
  });
  if (!ended) return "the session does not end";
  if (world.motor_runs() && !wait_for([&] { return !world.motor_runs(); }, 1s)) return "the motor outlives the session";
  Accounts accounts;
  // The record is closed by the recorder's thread, a moment after the session.
  static_cast<void>(wait_for(
      [&] {
        accounts = read_live_accounts(world.daemon().database());
        return accounts.problem.empty() && accounts.unaccounted() == 0;
      },
      3s));
  if (!accounts.problem.empty()) return accounts.problem;
  if (accounts.unaccounted() != 0) return fmt::format("{} samples unaccounted for", accounts.unaccounted());
  return {};
}

/// What one daemon holds on to from session to session.
struct Growth {
  int sessions = 0;
  Kneadd::Usage first{};  ///< after its first kFirstSessions

  /// @return what has grown too much; empty: nothing.
  std::string after_session(const Kneadd::Usage& now) {
    if (++sessions <= kFirstSessions) first = now;
    if (now.resident_kb > first.resident_kb + kMayGrowKb)
      return fmt::format("kneadd grew from {} to {} kB", first.resident_kb, now.resident_kb);
    if (now.descriptors > first.descriptors + kMayGrowDescriptors)
      return fmt::format("kneadd has {} descriptors open, {} before", now.descriptors, first.descriptors);
    return {};
  }
};

}  // namespace

bool soak(const WorldOptions& options, std::chrono::seconds length, std::uint64_t seed) {
  Random random(seed);
  World world(options);
  const std::string routine = write_short_routine(world.folder());
  Growth growth;
  std::map<std::string_view, int> troubles;
  int sessions = 0;
  int failures = 0;
  const auto begin = std::chrono::steady_clock::now();
  auto next_line = begin + 1min;
  while (std::chrono::steady_clock::now() - begin < length) {
    // A kill costs the daemon its history of growth: one in twenty sessions, not one in as many as there are troubles.
    std::size_t which = random() % (kTroubles.size() - 1);
    if (random() % 20 == 0) which = kTroubles.size() - 1;
    const Trouble& trouble = kTroubles.at(which);
    const pid_t pid = world.daemon().pid();
    std::string problem;
    try {
      problem = one_session(world, random, routine, trouble);
    } catch (const std::exception& error) {
      problem = error.what();
    }
    ++sessions;
    ++troubles[trouble.name];
    if (world.daemon().pid() != pid) growth = {};
    const Kneadd::Usage usage = world.daemon().usage();
    const std::string grown = growth.after_session(usage);
    if (problem.empty()) problem = grown;
    if (!problem.empty()) {
      ++failures;
      fmt::print("session {}, {}: FAIL: {}\n", sessions, trouble.name, problem);
    }
    if (std::chrono::steady_clock::now() < next_line && problem.empty()) continue;
    next_line = std::chrono::steady_clock::now() + 1min;
    fmt::print("{} sessions, {} failed; kneadd has {} kB and {} descriptors after {} sessions\n", sessions, failures,
               usage.resident_kb, usage.descriptors, growth.sessions);
    std::fflush(stdout);
    if (failures > 10) break;
  }
  fmt::print("soak: {} sessions, {} failed, seed {}\n", sessions, failures, seed);
  for (const auto& [name, count] : troubles) fmt::print("  {:<15} {}\n", name, count);
  return failures == 0 && sessions > 0;
}

}  // namespace knead::fault
