// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/session/routine.hpp"

namespace knead::check {

/// The plugin under test, and what it is given. A value: every check starts from the same.
struct Subject {
  std::string file;
  std::string host_program;
  session::Routine routine;
  std::uint64_t seed = 1;  ///< of everything that is random
};

/// The routine to rehearse a plugin with: @p chosen where it is not empty; else the first of @p folders that names the
/// plugin of @p file; else one of our own with plain values. Errors: of reading @p chosen.
Result<session::Routine> routine_for(const std::string& file, const std::string& chosen,
                                     std::span<const std::string> folders);

/// The folders a program of this install finds routines in: the person's own and the program's.
std::vector<std::string> routine_folders();

}  // namespace knead::check
