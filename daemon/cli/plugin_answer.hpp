// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/finding.hpp"
#include "daemon/host/plugin_process.hpp"
#include "daemon/session/routine.hpp"

namespace knead::cli {

/// What a routine's plugin says of it.
struct PluginAnswer {
  std::optional<host::PluginInfo> info;  ///< it takes the routine
  std::optional<Finding> finding;        ///< or why not; neither when the routine uses no plugin
};

/// Creates the plugin in its sandboxed process with the routine's values, and lets it go. A plugin that is not there is
/// a warning, since the file may be right all the same; one that refuses it, or does not start, is an error.
PluginAnswer ask_plugin(const session::Routine& routine, const std::vector<std::string>& folders);

}  // namespace knead::cli
