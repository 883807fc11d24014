// SPDX-License-Identifier: Apache-2.0
// Whether a session's rows agree with each other: what `knead db check` tells and `repair` mends. Private to this
// folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/units.hpp"
#include "daemon/record/database.hpp"
#include "daemon/record/model.hpp"

namespace knead::record {

/// A block that cannot be read, or whose row says other things than it holds.
struct BadBlock {
  std::int64_t id = 0;
  std::int64_t ordinal = 0;
  std::uint64_t count = 0;           ///< as its row says; 0 where it says more than a block can hold
  SessionTime t0{};                  ///< likewise
  bool readable = false;             ///< it can be read: only the row is wrong
  std::vector<TimedSample> samples;  ///< of a readable one
  std::string why;
};

/// An input that cannot be read.
struct BadInput {
  std::int64_t ordinal = 0;
  std::string why;
};

struct SessionAudit {
  std::vector<BadBlock> bad;
  std::vector<BadInput> bad_inputs;
  std::vector<std::int64_t> bad_events;  ///< ordinals of those that cannot be read
  std::uint64_t blocks = 0;
  std::uint64_t samples = 0;  ///< in sound blocks
  /// Samples between blocks that the blocks' own indices say there were.
  std::uint64_t between_blocks = 0;
  SessionTime between_blocks_at{};
  /// Sequence numbers missing between samples that follow each other, also where a bad block or a hole lies between.
  std::uint64_t jumps = 0;
  SessionTime jumps_at{};
  std::uint64_t passed_over = 0;    ///< events and inputs that the others' ordinals say there were
  std::uint64_t told_event = 0;     ///< by gap rows of events and inputs
  std::uint64_t told = 0;           ///< by all gap rows but those of events
  std::uint64_t told_write = 0;     ///< by gap rows of samples that could not be written
  std::vector<std::string> others;  ///< what else is wrong, a sentence each
};

/// Reads all of session @p id. Throws what SQLiteCpp throws where the file itself is damaged.
[[nodiscard]] SessionAudit audit_session(SQLite::Database& db, std::int64_t id);

}  // namespace knead::record
