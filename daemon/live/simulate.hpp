// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/session/event_json.hpp"
#include "daemon/session/routine.hpp"

namespace knead::live {

/// What the ring of a simulated session holds.
constexpr std::uint64_t kSimulatedRingSeconds = 4;

struct SimulateOptions {
  std::string routine;  ///< id or path
  std::string trace;    ///< force trace CSV; empty: @ref person
  std::string person;   ///< name of a scripted person; empty: @ref trace
  session::Side side = session::Side::kRight;
  std::optional<session::Band> band{};
  std::string database;  ///< where to record the session; empty: nowhere
  std::uint16_t rate_hz = 1000;
  std::uint64_t seed = 1;
  std::vector<std::string> routine_folders;
  std::vector<std::string> plugin_folders;
};

/// Runs one session on a virtual ball in virtual time: the ball's own code makes the reports, and they take the live
/// way through codec, clock sync, interlock, ring, session and the real plugin process (in lockstep). The same options
/// give the same report, to the byte. Errors: as of the routine, trace, person, plugin and database.
Result<session::SessionReport> simulate(const SimulateOptions& options);

}  // namespace knead::live
