// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace knead {

/// What of the process's surroundings decides where files are. A value, so that tests need not touch the real one.
struct Environment {
  std::string home;               ///< $HOME
  std::string xdg_config_home;    ///< empty: ~/.config
  std::string xdg_data_home;      ///< empty: ~/.local/share
  std::string xdg_runtime_dir;    ///< empty outside a login session
  std::string runtime_directory;  ///< $RUNTIME_DIRECTORY: the folder systemd made for the service
  std::string state_directory;    ///< $STATE_DIRECTORY: likewise
  uid_t uid = 0;

  /// Call it before threads exist: getenv and setenv do not agree otherwise.
  static Environment of_process();

  [[nodiscard]] std::string config_home() const;
  [[nodiscard]] std::string data_home() const;
};

}  // namespace knead
