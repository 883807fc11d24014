// SPDX-License-Identifier: Apache-2.0
// A plugin in `knead plugin list`. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/host/plugin_process.hpp"
#include "daemon/record/model.hpp"

namespace knead::cli {

struct PluginEntry {
  std::string file;
  Result<host::PluginInfo> info;  ///< or why it cannot be used
  std::optional<record::StoredPluginRun> last_run;
};

/// Some lines, for its author and for who writes routines.
std::string plugin_text(const PluginEntry& entry);
boost::json::object plugin_json(const PluginEntry& entry);
/// "2 slow calls; ended: the plugin crashed (SIGSEGV)"; empty where nothing is to be said.
std::string conduct_text(const record::PluginConduct& conduct);

}  // namespace knead::cli
