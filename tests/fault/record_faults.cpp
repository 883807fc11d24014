// SPDX-License-Identifier: Apache-2.0
// What comes back after a fault, and what is on record of it.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <functional>

#include "tests/fault/accounts.hpp"
#include "tests/fault/fault.hpp"
#include "tests/fault/full_disk.hpp"
#include "tests/fault/hog.hpp"
#include "tests/fault/wires.hpp"

namespace knead::fault {
namespace {

using namespace std::chrono_literals;

constexpr double kReplugMs = 2000;

Finding replug_ball(const WorldOptions& options, Random& /*random*/) {
  World world(options);
  world.begin_session();
  world.unplug();
  if (!wait_for([&] { return world.status().balls.empty(); })) return {.problem = "the daemon does not miss the ball"};
  const HostTime back = HostClock::now();
  world.replug();
  if (!wait_for([&] { return world.ball_is_usable(); })) return {.problem = "the ball does not come back"};
  Finding finding{.value = ms(HostClock::now() - back)};
  const auto session = world.status().session;
  if (!session || !session->paused) finding.problem = "the session is not paused";
  if (world.motor_runs()) finding.problem = "the motor runs, and nobody said to go on";
  world.call("session.resume");
  if (!wait_for([&] { return world.motor_runs(); })) finding.problem = "the session does not go on when told to";
  return finding;
}

// ---- R6: nothing is lost silently ---------------------------------------------------------------------------------

constexpr double kLastSecondMs = 1000;
/// How long a fault of the record lasts, in time that the ball measures: several of the recorder's transactions.
constexpr auto kLasts = 3s;

/// The session goes on through @p fault, and its record says of each sample that it is there or that it is missing.
/// @return samples of which it says neither.
Finding keeps_account(World& world, const std::function<std::string()>& fault) {
  world.begin_session();
  Finding finding{.problem = fault()};
  if (!world.status().session) finding.problem = "the session did not go on";
  if (!wait_for([&] { return world.motor_runs(); }, 5s)) finding.problem = "the motor did not go on";
  if (const int code = world.daemon().terminate(); code != 0)
    finding.problem = fmt::format("kneadd ended with {}", code);
  const Accounts accounts = read_accounts(world.daemon().database());
  if (!accounts.problem.empty()) finding.problem = accounts.problem;
  if (accounts.stored < 1000) finding.problem = fmt::format("only {} samples are stored", accounts.stored);
  finding.value = static_cast<double>(accounts.unaccounted());
  return finding;
}

Finding hold_recorder(const WorldOptions& options, Random& /*random*/) {
  World world(options);
  return keeps_account(world, [&] {
    const ThreadHold hold(world.daemon().thread("knead-recorder").value());
    world.let_ball_measure(kLasts);
    return world.motor_runs() ? "" : "the motor stopped for want of the recorder";
  });
}

Finding slow_down_disk(WorldOptions options, Random& /*random*/) {
  options.slow_disk = true;
  World world(options);
  return keeps_account(world, [&] {
    world.slow_disk(300ms);
    world.let_ball_measure(kLasts);
    const bool ran = world.motor_runs();
    world.slow_disk(0ms);
    return ran ? "" : "the motor stopped for want of the disk";
  });
}

Finding fill_disk(WorldOptions options, Random& /*random*/) {
  const Folder folder;
  FullDisk disk(folder.path("disk"));
  options.database = disk.database();
  World world(options);
  return keeps_account(world, [&] {
    disk.fill(world.daemon().pid());
    const bool told = wait_for([&] { return !world.status().record.problem.empty(); });
    world.let_ball_measure(kLasts);
    const bool ran = world.motor_runs();
    disk.make_room(world.daemon().pid());
    if (!told) return "nobody is told that the disk is full";
    return ran ? "" : "the motor stopped for want of the disk";
  });
}

Finding compete(const WorldOptions& options, Random& /*random*/) {
  World world(options);
  return keeps_account(world, [&] {
    const Hogs hogs(0);
    world.let_ball_measure(kLasts);
    return "";
  });
}

Finding double_reports(const WorldOptions& options, Random& /*random*/) {
  World world(options);
  return keeps_account(world, [&] {
    world.usb().set_wire(world.device(), doubling_wire());
    world.let_ball_measure(kLasts);
    const bool ran = world.motor_runs();
    world.usb().set_wire(world.device(), {});
    return ran || !options.realtime ? "" : "the motor stopped for reports that came twice";
  });
}

/// So long ago at most the daemon took its last reading when it is killed: far beyond a stall of the machine.
constexpr auto kTakesReadings = 100ms;

/// How much of the end of the session's samples is not on record after a kill: of those the driver was handed, which
/// are all the daemon can have had. What the ball measured while the kernel took the process apart is nobody's loss.
Finding kill_record(const WorldOptions& options, Random& random) {
  World world(options);
  world.begin_session();
  world.let_ball_measure(std::chrono::milliseconds(1000 + random() % 1000));
  const HostTime kill = HostClock::now();
  world.daemon().signal(SIGKILL);
  world.daemon().wait();
  const auto last = world.usb().last_contact(world.device());
  const DeviceTime killed = last.in_device;
  const Accounts accounts = read_accounts(world.daemon().database());
  // A reading a millisecond since the ball got power, numbered from 0.
  const auto newest = std::chrono::milliseconds(accounts.last_seq);
  Finding finding{.value = ms(killed.time_since_epoch() - newest), .problem = accounts.problem};
  if (accounts.unaccounted() != 0) finding.problem = fmt::format("{} samples unaccounted for", accounts.unaccounted());
  // Else what it had not taken for some other reason would pass for its loss.
  if (kill - last.in > kTakesReadings)
    finding.problem = fmt::format("it had taken nothing for {} ms when it was killed", ms(kill - last.in));
  if (!accounts.interrupted) finding.problem = "the session is not marked as interrupted";
  return finding;
}

Fault of_the_record(std::string_view name, std::string_view what, bool quick,
                    std::function<Finding(const WorldOptions&, Random&)> run) {
  // In samples that the record neither has nor says to be missing.
  return {.name = name, .rule = "R6", .bound = 0, .unit = "lost", .what = what, .quick = quick, .run = std::move(run)};
}

}  // namespace

std::vector<Fault> record_faults() {
  return {
      {"replugged", "R5", kReplugMs, "ms", "unplug, replug: usable again, the session paused until told to go on", true,
       replug_ball},
      {"record-killed", "R6", kLastSecondMs, "ms", "SIGKILL of kneadd: what is missing at the end of the record", true,
       kill_record},
      of_the_record("recorder-held", "the recorder thread does not run for 3 s", true, hold_recorder),
      of_the_record("slow-disk", "each write and each sync takes 300 ms for 3 s", false, slow_down_disk),
      of_the_record("full-disk", "the disk is full for 3 s and more", true, fill_disk),
      of_the_record("busy", "two busy programs on each processor for 3 s", false, compete),
      of_the_record("doubled", "each report comes twice for 3 s", false, double_reports),
  };
}

}  // namespace knead::fault
