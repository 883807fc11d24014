// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/core/error.hpp"

namespace knead::cli {

/// What `knead` leaves behind for scripts (DESIGN.md section 5). The numbers are part of the interface.
enum class ExitCode : std::uint8_t {
  kDone = 0,
  kFailed = 1,
  kWrongUse = 2,
  kStopped = 3,   ///< by a person
  kNotThere = 4,  ///< no daemon or no ball
};

constexpr ExitCode exit_code_of(const Error& error) {
  return error.code == Errc::kNoDaemon || error.code == Errc::kNoBall ? ExitCode::kNotThere : ExitCode::kFailed;
}

/// Of a session's outcome as the daemon names it. One that did not earn its credit is not done.
constexpr ExitCode exit_code_of_outcome(std::string_view outcome) {
  if (outcome == "completed") return ExitCode::kDone;
  if (outcome == "stopped") return ExitCode::kStopped;
  return ExitCode::kFailed;
}

}  // namespace knead::cli
