// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::record {

/// One thing that is wrong with a database.
struct DatabaseFinding {
  std::int64_t session = 0;           ///< 0: of the file as a whole
  std::optional<std::int64_t> block;  ///< ordinal among the session's blocks
  std::string when;                   ///< "2025-03-01T07:15:00Z + 17.0 s"; empty where there is no time to name
  std::string what;
  std::string remedy;
};

struct DatabaseCheck {
  std::int64_t sessions = 0;
  std::uint64_t blocks = 0;
  std::uint64_t samples = 0;
  std::vector<DatabaseFinding> findings;

  [[nodiscard]] bool sound() const { return findings.empty(); }
};

/// Looks at all of @p path and changes nothing: SQLite's own check of file, indices and references; each block of each
/// session decodes and is what its row says; the blocks' samples are as many as the session says; each sequence number
/// that is missing is in a gap; events and inputs can be read. All of one moment, also while a session is recorded.
/// Errors: those of opening it for reading. What is damaged is no error but a finding.
Result<DatabaseCheck> check_database(const std::string& path);

/// "session 3 (2025-03-01T07:15:00Z + 17.0 s), block 17: ...; remedy"
[[nodiscard]] std::string to_string(const DatabaseFinding& finding);

}  // namespace knead::record
