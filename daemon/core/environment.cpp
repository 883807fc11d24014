// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/environment.hpp"

#include <unistd.h>

#include <cstdlib>

namespace knead {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// The XDG base directory specification says to ignore relative paths.
std::string absolute_variable(const char* name) {
  std::string value = variable(name);
  return value.starts_with('/') ? value : std::string();
}

/// systemd joins several directories with colons; the unit asks for one.
std::string first_directory(const char* name) {
  const std::string value = absolute_variable(name);
  return value.substr(0, value.find(':'));
}

}  // namespace

Environment Environment::of_process() {
  return {.home = absolute_variable("HOME"),
          .xdg_config_home = absolute_variable("XDG_CONFIG_HOME"),
          .xdg_data_home = absolute_variable("XDG_DATA_HOME"),
          .xdg_runtime_dir = absolute_variable("XDG_RUNTIME_DIR"),
          .runtime_directory = first_directory("RUNTIME_DIRECTORY"),
          .state_directory = first_directory("STATE_DIRECTORY"),
          .uid = ::geteuid()};
}

std::string Environment::config_home() const { return xdg_config_home.empty() ? home + "/.config" : xdg_config_home; }
std::string Environment::data_home() const { return xdg_data_home.empty() ? home + "/.local/share" : xdg_data_home; }

}  // namespace knead
