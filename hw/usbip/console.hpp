// SPDX-License-Identifier: Apache-2.0
// What a person or a test can do to a ball while it runs, one command a line:
//
//   unplug  [BUSID]      pull the cable
//   replug  [BUSID]      put it in again
//   restart [BUSID]      the person begins anew, a trace plays from its start
//   cue NAME [BUSID]     tell the person: press harder lighter hold let-go rep-up rep-hold rep-down rest done
//   drop N [BUSID]       the next N readings are lost inside the ball
//   garble N [BUSID]     the next N reports are bytes that mean nothing
//   status  [BUSID]      print what the ball has counted since it got power
//
// Without BUSID the first ball, 1-1, is meant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/core/error.hpp"
#include "hw/ball/person.hpp"

namespace knead::hw::usbip {

struct UnplugBall {};
struct ReplugBall {};
struct RestartPerson {};
struct TellPerson {
  ball::PersonCue cue{};
};
struct DropReadings {
  std::uint32_t count = 0;
};
struct GarbleReports {
  std::uint32_t count = 0;
};
struct ShowStatus {};

struct ConsoleCommand {
  std::string bus_id;
  std::variant<UnplugBall, ReplugBall, RestartPerson, TellPerson, DropReadings, GarbleReports, ShowStatus> what;
};

/// Error: kInvalidInput, with what is allowed.
Result<ConsoleCommand> parse_command(std::string_view line);

}  // namespace knead::hw::usbip
