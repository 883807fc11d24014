// SPDX-License-Identifier: Apache-2.0
// The one table of configuration keys: reading, rendering and checking all walk it. Private to config.cpp's family.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/core/config.hpp"
#include "daemon/core/toml_reader.hpp"

namespace knead::config_detail {

struct Key {
  std::string_view section;
  std::string_view name;
  std::string_view about;  ///< one line for a person
  /// Takes the key's value into the config; leaves a finding where it is wrong. @return whether it was taken.
  bool (*read)(TomlTable& table, std::string_view name, Config& config);
  /// The value as it would stand in a file; empty: not set.
  std::string (*show)(const Config& config);

  [[nodiscard]] std::string dotted() const { return std::string(section) + "." + std::string(name); }
};

/// Grouped by section.
std::span<const Key> keys();

/// A TOML basic string.
std::string quoted(std::string_view text);

}  // namespace knead::config_detail
