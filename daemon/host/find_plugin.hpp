// SPDX-License-Identifier: Apache-2.0
// Where plugins and the plugin host lie: beside the running program, so that a build tree works without an install,
// then where `cmake --install` puts them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::host {

/// Folders with plugins, first one first; only those that exist.
std::vector<std::string> default_plugin_dirs();

/// The file of the plugin @p name: a path when it has a slash or ends with .so, else an id, found as ID.so or libID.so
/// in @p dirs. Errors: kNotFound, which names what there is.
Result<std::string> find_plugin(std::string_view name, const std::vector<std::string>& dirs);

/// Ids of the plugins in @p dirs, sorted, each once.
std::vector<std::string> list_plugins(const std::vector<std::string>& dirs);

/// The program knead-plugin-host. Errors: kNotFound.
Result<std::string> find_host_program();

}  // namespace knead::host
