// SPDX-License-Identifier: Apache-2.0
// Where routines, plugins and ball models are looked for, first match first: the configuration's folders, the person's
// own, then those that belong to the running program (its install, or the build tree it runs from).
#pragma once

#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/environment.hpp"

namespace knead::live {

std::vector<std::string> routine_folders(const Config& config, const Environment& environment);
std::vector<std::string> plugin_folders(const Config& config, const Environment& environment);
std::vector<std::string> ball_model_folders(const Config& config, const Environment& environment);
/// Where the templates of new plugins and routines lie: the person's own, or the program's.
std::string template_folder(const Environment& environment);

}  // namespace knead::live
