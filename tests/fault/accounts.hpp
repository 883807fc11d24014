// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace knead::fault {

/// What the record of the newest session says of the samples, and what its own samples say (R6).
struct Accounts {
  std::uint64_t stored = 0;
  std::uint64_t missing = 0;  ///< sequence numbers between the stored samples, per stretch of the ball's clock
  std::uint64_t told = 0;     ///< by gap rows
  std::uint64_t last_seq = 0;
  bool interrupted = false;
  std::string problem{};  ///< the database cannot be read, or its parts contradict each other; empty: sound

  /// Missing samples that no gap row tells of, or gap rows of samples that are there.
  [[nodiscard]] std::uint64_t unaccounted() const { return missing > told ? missing - told : told - missing; }
};

/// Opens the database as a daemon does at its start, so that a session its daemon died in is closed. The daemon must
/// have ended.
Accounts read_accounts(const std::string& database);
/// The same beside a daemon that lives. Of a session that has ended.
Accounts read_live_accounts(const std::string& database);

}  // namespace knead::fault
