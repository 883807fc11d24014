// SPDX-License-Identifier: Apache-2.0
// Whatever goes wrong, the motor is off in time. The verdict is the ball's own motor trace.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <utility>

#include "tests/fault/accounts.hpp"
#include "tests/fault/fault.hpp"
#include "tests/fault/hog.hpp"
#include "tests/fault/wires.hpp"

namespace knead::fault {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 3000ms;  // for a motor that does not stop
/// A machine that stalls longer than this while a run is measured is to blame for what the run exceeds its bound by.
constexpr auto kStall = 2ms;

/// 0.1 to 0.5 s of a session under way.
void let_some_time_pass(World& world, Random& random) {
  world.let_ball_measure(std::chrono::microseconds(100'000 + random() % 400'000));
}

/// The time from @p from until the ball's motor went off.
Finding time_to_off(World& world, HostTime from, double bound_ms) {
  if (!world.motor_ran_at(from)) return {.out_of_reach = true};
  const auto off = world.motor_off(from, kPatience);
  if (!off) return {.value = ms(kPatience), .problem = "the motor still runs"};
  const double took = ms(*off - from);
  return {.value = took, .out_of_reach = took > bound_ms && world.stalls().worst_since(from - 5ms) > kStall};
}

/// What must hold of a daemon that lived on: it ends well, and its record is complete.
Finding and_then_ends_well(World& world, Finding finding) {
  if (!finding.problem.empty() || finding.out_of_reach) return finding;
  if (const int code = world.daemon().terminate(); code != 0) {
    finding.problem = fmt::format("kneadd ended with {}", code);
    return finding;
  }
  const Accounts accounts = read_accounts(world.daemon().database());
  finding.problem = accounts.problem;
  if (accounts.unaccounted() != 0) finding.problem = fmt::format("{} samples unaccounted for", accounts.unaccounted());
  return finding;
}

// ---- R1: the daemon, or part of it, is gone -----------------------------------------------------------------------

constexpr double kTtlMs = 500;
constexpr double kLeaseMs = 250;

/// Where the ball heard a command after the fault began, the fault had not yet taken hold: it counts from there.
HostTime took_hold(World& world, HostTime injected) {
  return std::max(injected, world.usb().last_contact(world.device()).out);
}

Finding kill_daemon(const WorldOptions& options, Random& random) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  world.daemon().signal(SIGKILL);
  const HostTime killed = HostClock::now();
  world.daemon().wait();
  Finding finding = time_to_off(world, took_hold(world, killed), kTtlMs);
  const Accounts accounts = read_accounts(world.daemon().database());
  if (finding.problem.empty()) finding.problem = accounts.problem;
  return finding;
}

Finding stop_daemon(const WorldOptions& options, Random& random) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  world.daemon().signal(SIGSTOP);
  const HostTime stopped = HostClock::now();
  static_cast<void>(world.motor_off(stopped, kPatience));
  const Finding finding = time_to_off(world, took_hold(world, stopped), kTtlMs);
  world.daemon().signal(SIGCONT);
  return and_then_ends_well(world, finding);
}

Finding hold_sampling_thread(const WorldOptions& options, Random& random) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  Finding finding;
  {
    const ThreadHold hold(world.daemon().thread("knead-sampling").value());
    const HostTime held = HostClock::now();
    static_cast<void>(world.motor_off(held, kPatience));
    finding = time_to_off(world, took_hold(world, held), kTtlMs);
  }
  return and_then_ends_well(world, finding);
}

Finding hold_main_thread_of(World& world, Random& random) {
  world.begin_session();
  let_some_time_pass(world, random);
  Finding finding;
  {
    const ThreadHold hold(world.daemon().pid());
    finding = time_to_off(world, HostClock::now(), kLeaseMs);
  }
  return and_then_ends_well(world, finding);
}

Finding hold_main_thread(const WorldOptions& options, Random& random) {
  World world(options);
  return hold_main_thread_of(world, random);
}

Finding hold_main_thread_among_hogs(const WorldOptions& options, Random& random) {
  World world(options);
  const Hogs hogs(0);
  return hold_main_thread_of(world, random);
}

Finding starve_daemon(const WorldOptions& options, Random& random) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  Finding finding;
  {
    const Hogs hogs(kHogPriority);
    if (!hogs.realtime()) return {.problem = "real-time priority is not granted here"};
    const HostTime starved = HostClock::now();
    finding = time_to_off(world, starved, kTtlMs);
  }
  return and_then_ends_well(world, finding);
}

Finding unplug_host(const WorldOptions& options, Random& random) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  const HostTime unplugged = HostClock::now();
  world.unplug();
  return and_then_ends_well(world, time_to_off(world, unplugged, kTtlMs));
}

// ---- R1: the plugin is gone ---------------------------------------------------------------------------------------

/// A second of release, then a set in which the plugin has the motor.
std::string write_plugin_routine(const Folder& folder) {
  std::string path = folder.path("vibrates.toml");
  std::ofstream(path) << fmt::format(
      "[routine]\nid = \"vibrates\"\ntitle = \"A plugin vibrates\"\nmethod = \"custom\"\n"
      "[[release]]\nmuscle = \"upper_trapezius\"\ncredit_s = 1\nband_n = [15.0, 40.0]\n"
      "[activation]\nplugin = \"{}\"\nexercise = \"none\"\nreps = 8\ntempo_s = {{ up = 2, hold = 2, down = 2, rest = 1 "
      "}}\n"
      "detect = \"tempo\"\n",
      KNEAD_VIBRATES);
  return path;
}

Finding signal_plugin(const WorldOptions& options, Random& random, int number) {
  World world(options);
  world.begin_session(write_plugin_routine(world.folder()));
  if (!wait_for([&] { return world.status().session->phase == session::Phase::kActivation && world.motor_runs(); }))
    return {.problem = "the plugin's set does not begin"};
  let_some_time_pass(world, random);
  const auto plugin = world.daemon().plugin();
  if (!plugin) return {.problem = "there is no plugin: " + world.daemon().log()};
  ::kill(*plugin, number);
  return and_then_ends_well(world, time_to_off(world, HostClock::now(), kLeaseMs));
}

// ---- R4: silence, bad reports, a bad sensor -----------------------------------------------------------------------

constexpr double kStaleMs = 20;

/// From the last report as the ball had made it, which is the last sample the daemon can have had.
Finding time_from_last_report(World& world, HostTime injected) {
  static_cast<void>(world.motor_off(injected, kPatience));
  return time_to_off(world, world.usb().last_contact(world.device()).in, kStaleMs);
}

Finding spoil_wire(const WorldOptions& options, Random& random, test::Wire wire) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  const HostTime injected = HostClock::now();
  world.usb().set_wire(world.device(), std::move(wire));
  const Finding finding = time_from_last_report(world, injected);
  world.usb().set_wire(world.device(), {});
  return and_then_ends_well(world, finding);
}

Finding fail_transfers(const WorldOptions& options, Random& random, int error) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  const HostTime injected = HostClock::now();
  world.usb().fail_next_in(world.device(), error, 1'000'000);
  const Finding finding = time_from_last_report(world, injected);
  world.usb().fail_next_in(world.device(), 0, 0);
  return and_then_ends_well(world, finding);
}

Finding break_sensor(const WorldOptions& options, Random& random, ball::SensorFault fault) {
  World world(options);
  world.begin_session();
  let_some_time_pass(world, random);
  const HostTime broken = HostClock::now() - 1us;  // the ball's clock has microseconds, rounded down
  world.usb().with_ball(world.device(), [&](ball::Ball& ball) { ball.inject(fault); });
  return and_then_ends_well(world, time_to_off(world, broken, kStaleMs));
}

Fault on_the_wire(std::string_view name, std::string_view what, bool quick,
                  std::function<test::Wire(Random&)> make_wire) {
  return {.name = name,
          .rule = "R4",
          .bound = kStaleMs,
          .unit = "ms",
          .what = what,
          .quick = quick,
          .run = [make_wire = std::move(make_wire)](const WorldOptions& options, Random& random) {
            return spoil_wire(options, random, make_wire(random));
          }};
}

}  // namespace

std::vector<Fault> motor_faults() {
  constexpr std::int32_t kJumpUs = 10'000'000;
  constexpr std::uint32_t kJumpReadings = 50;
  return {
      {"daemon-killed", "R1", kTtlMs, "ms", "SIGKILL of kneadd: the ball's own TTL", true, kill_daemon},
      {"daemon-frozen", "R1", kTtlMs, "ms", "SIGSTOP of kneadd: the ball's own TTL", true, stop_daemon},
      {"sampling-held", "R1", kTtlMs, "ms", "the sampling thread does not run: the ball's own TTL", true,
       hold_sampling_thread},
      {"starved", "R1", kTtlMs, "ms", "a real-time hog above kneadd on each processor: the ball's own TTL", false,
       starve_daemon},
      {"unplugged", "R1", kTtlMs, "ms", "the host's end of the cable is out, the ball has power: its own TTL", true,
       unplug_host},
      {"main-held", "R1", kLeaseMs, "ms", "the main thread does not run: the lease", true, hold_main_thread},
      {"main-held-busy", "R1", kLeaseMs, "ms", "the same with two busy programs on each processor", false,
       hold_main_thread_among_hogs},
      {"plugin-frozen", "R1", kLeaseMs, "ms", "SIGSTOP of a plugin that has the motor", true,
       [](const WorldOptions& options, Random& random) { return signal_plugin(options, random, SIGSTOP); }},
      {"plugin-killed", "R1", kLeaseMs, "ms", "SIGKILL of a plugin that has the motor", false,
       [](const WorldOptions& options, Random& random) { return signal_plugin(options, random, SIGKILL); }},
      on_the_wire("nak-storm", "the ball answers nothing but NAK", true, [](Random&) { return silent_wire(); }),
      on_the_wire("garbage", "reports are random bytes", true, [](Random& random) { return garbage_wire(random()); }),
      on_the_wire("truncated", "reports end before their end", false,
                  [](Random& random) { return truncating_wire(random()); }),
      on_the_wire("repeated", "one report, over and over", false, [](Random&) { return repeating_wire(); }),
      on_the_wire("seq-jump", "50 readings are missing", true,
                  [](Random&) { return seq_jump_wire(kJumpReadings, true); }),
      on_the_wire("clock-back", "the ball's clock jumps 10 s back", false,
                  [](Random&) { return clock_jump_wire(-kJumpUs); }),
      on_the_wire("clock-forward", "the ball's clock jumps 10 s ahead, no reading missing", true,
                  [](Random&) { return clock_jump_wire(kJumpUs); }),
      {"stall", "R4", kStaleMs, "ms", "the IN endpoint stalls, again each time it is cleared", true,
       [](const WorldOptions& options, Random& random) { return fail_transfers(options, random, EPIPE); }},
      {"bus-errors", "R4", kStaleMs, "ms", "each IN transfer ends with an error", false,
       [](const WorldOptions& options, Random& random) { return fail_transfers(options, random, EPROTO); }},
      {"sensor-at-rail", "R4", kStaleMs, "ms", "the converter is at its rail", true,
       [](const WorldOptions& options, Random& random) {
         return break_sensor(options, random, ball::SensorFault::kSaturated);
       }},
      {"sensor-open", "R4", kStaleMs, "ms", "a wire of the load cell is off", false,
       [](const WorldOptions& options, Random& random) {
         return break_sensor(options, random, ball::SensorFault::kOpen);
       }},
  };
}

}  // namespace knead::fault
