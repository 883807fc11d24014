// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/record/model.hpp"

namespace knead::live {

struct ReplayOptions {
  std::string database;
  std::int64_t id = 0;
  bool plugin = false;  ///< ask the plugin itself again
  std::vector<std::string> plugin_folders{};
};

/// Where a replay first leaves the record, and what each side says.
struct Difference {
  std::string where;  ///< "event 17"
  std::string stored;
  std::string replayed;
};

struct ReplayResult {
  bool whole = true;  ///< false: the program died under the session, and the record was followed as far as it goes
  std::uint64_t samples = 0;
  std::size_t inputs = 0;
  std::size_t events = 0;  ///< these three: on record, and found the same
  std::size_t reps = 0;
  std::size_t measures = 0;
  std::optional<record::PluginIdentity> recorded_plugin{};
  std::optional<record::PluginIdentity> plugin{};  ///< that was asked again
  std::optional<Difference> difference{};          ///< empty: identical
};

/// Runs a stored session anew and holds what comes out against the record.
///
/// The guarantee. A session is a pure function of its routine, side and band, its samples, and its inputs
/// (session/input.hpp), each placed by the number of samples before it. All are on record: raw counts with the
/// calibration in force, so that the same function gives the same force; the host's clock of each sample and of each
/// silence, which is all that session time takes from the host; what the plugin did, where it took effect. So a replay
/// by the same version gives every event (to the byte of its JSON), rep, step, measure and the outcome as they are
/// stored; anything else is a difference. Ticks follow from session time and are not stored.
///
/// With ReplayOptions::plugin the plugin runs anew in its sandboxed process and in lockstep. It is told of the same
/// events in the same order, each with the same samples in view (those before the event, and the ball's time at session
/// time 0) and without the ticks it did not hear of then. Each thing it does must equal, to the byte, what is stored,
/// in the same call and order; it takes effect where it did then. So the delay of a live plugin is kept, and its
/// answers are its own. What it did in a call that it had not finished when the session ended or its process did, came
/// too late then and is not compared. This holds for a plugin whose answers follow from events, samples and parameters:
/// not from a clock, from chance, or from samples that it left in the ring (a minute, live) until they were
/// overwritten.
///
/// Sessions whose record misses a sample or an input that the session had are refused, not guessed at.
/// Errors: kNotFound; kBusy, the session still runs; kRefused, it cannot be replayed and why; kStorage; as of the
/// plugin.
Result<ReplayResult> replay(const ReplayOptions& options);

}  // namespace knead::live
