// SPDX-License-Identifier: Apache-2.0
// What the record keeps of a session's plugin.
#pragma once

#include "daemon/host/plugin_process.hpp"
#include "daemon/record/model.hpp"

namespace knead::live {

inline record::PluginIdentity identity_of(const host::PluginProcess& plugin) {
  return {.file = plugin.file(), .id = plugin.info().id, .version = plugin.info().version};
}

inline record::PluginConduct conduct_of(const host::PluginProcess& plugin) {
  const host::PluginStatistics& seen = plugin.statistics();
  return {.slow_calls = seen.slow_calls, .misuses = seen.misuses, .last_misuse = seen.last_misuse, .ended = seen.ended};
}

}  // namespace knead::live
