// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/core/config.hpp"

namespace knead {

/// kneadd's command line.
struct DaemonOptions {
  std::string config_file;                ///< empty: the usual files
  std::vector<ConfigOverride> overrides;  ///< flags that stand for configuration keys
  std::vector<std::string> sim_balls;     ///< see live::make_sim_balls; empty: real USB
  bool show_cues = true;                  ///< print each cue, for whoever sits at this terminal
};

/// @return the options, or the exit code of a run that ends here: 0 after --help or --version, 2 after wrong use.
std::expected<DaemonOptions, int> parse_daemon_options(int argc, char** argv);

}  // namespace knead
