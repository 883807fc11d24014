// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "daemon/record/database.hpp"

namespace knead::record {

/// Copies every row that can be read from @p damaged to @p copy, which has the same tables, empty. Around damage it
/// reads a table from both ends, and what lies between session by session or row by row. Adds what it could not read,
/// and what the copy's tables do not take, to @p missing, a sentence a table. Throws what SQLiteCpp throws where @p
/// copy cannot be written to.
void salvage(SQLite::Database& damaged, SQLite::Database& copy, std::vector<std::string>& missing);

}  // namespace knead::record
