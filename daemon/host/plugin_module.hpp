// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <expected>
#include <string>

#include "daemon/host/frames.hpp"

namespace knead::host {

/// A plugin's file, loaded and looked over: its version is ours, and every pointer that must be there is. Lives in the
/// plugin host's process only. Never unloads: the process ends soon after.
class PluginModule {
 public:
  static std::expected<PluginModule, RefusedFrame> load(const std::string& file);

  [[nodiscard]] const knead_factory_t& factory() const noexcept { return *entry_->factory; }
  /// Who the plugin says it is; without extensions, which are known after create().
  [[nodiscard]] HelloFrame hello() const;

 private:
  explicit PluginModule(const knead_entry_t& entry) : entry_(&entry) {}
  const knead_entry_t* entry_;
};

/// Cuts at @p longest bytes and replaces what is not plain text, for sentences from the loader or from a plugin.
std::string to_plain_text(std::string_view text, std::size_t longest);

}  // namespace knead::host
