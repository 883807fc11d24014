// SPDX-License-Identifier: Apache-2.0
// Where routines are found: files named *.toml in a few folders, the person's own before the system's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::session {

struct RoutineEntry {
  std::string id{};
  std::string title{};  ///< empty where the file has a problem
  std::string path{};
  std::string problem{};  ///< empty: it may be run; else the first finding, one line
  bool custom = false;    ///< leaves the method, and is shown as such
};

/// Every routine of the folders, sorted by id; of several with one id the first folder's. A file with a problem is
/// listed under its file name. A folder that is not there is skipped.
[[nodiscard]] std::vector<RoutineEntry> list_routines(std::span<const std::string> directories);

/// The path of a routine named by its id, or by a path (a name with a '/' or ending in ".toml"). A file with a problem
/// is found too: reading it says what is wrong. Errors: kNotFound, with the nearest right name.
[[nodiscard]] Result<std::string> find_routine(std::string_view name, std::span<const std::string> directories);

}  // namespace knead::session
