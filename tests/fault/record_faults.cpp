// SPDX-License-Identifier: Apache-2.0
// What comes back after a fault, and what is on record of it.
#include <fmt/format.h>

#include "tests/fault/accounts.hpp"
#include "tests/fault/fault.hpp"

namespace knead::fault {
namespace {

using namespace std::chrono_literals;

double ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

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

}  // namespace

std::vector<Fault> record_faults() {
  return {
      {"replugged", "R5", kReplugMs, "ms", "unplug, replug: usable again, the session paused until told to go on", true,
       replug_ball},
  };
}

}  // namespace knead::fault
