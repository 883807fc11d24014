// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "daemon/record/database.hpp"

namespace knead::record {

/// Sessions of which there may have been more rows of some table than could be read.
struct UnreadSessions {
  std::set<std::int64_t> ids;
  std::int64_t from = std::numeric_limits<std::int64_t>::max();  ///< and all from here on
  [[nodiscard]] bool contains(std::int64_t id) const { return id >= from || ids.contains(id); }
};

/// How many keys in a row are tried around damage without finding a row. Keys are numbers that rise by one; but one
/// that is itself damaged may be any number, and there is not the time to try them all.
struct ProbeLimits {
  std::int64_t behind = 500;       ///< the last that can be read, where the table's end cannot
  std::int64_t between = 200'000;  ///< the two ends of damage: some seconds' worth
};

/// Copies every row that can be read from @p damaged to @p copy, which has the same tables, empty. Around damage it
/// reads a table from both ends, and what lies between session by session or row by row. Adds what it could not read,
/// and what the copy's tables do not take, to @p missing, a sentence a table. Throws what SQLiteCpp throws where @p
/// copy cannot be written to.
/// @return of events and inputs, which nothing else counts.
UnreadSessions salvage(SQLite::Database& damaged, SQLite::Database& copy, std::vector<std::string>& missing,
                       const ProbeLimits& limits = {});

}  // namespace knead::record
