// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/folders.hpp"

#include <filesystem>

#include "daemon/host/find_plugin.hpp"

namespace knead::live {

namespace fs = std::filesystem;

std::vector<std::string> routine_folders(const Config& config, const Environment& environment) {
  std::vector<std::string> folders = config.paths.routines;
  folders.push_back(environment.data_home() + "/knead/routines");
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  // PREFIX/bin and BUILD/bin have it at the same place.
  if (!error) folders.push_back((self.parent_path() / "../share/knead/routines").lexically_normal().string());
  return folders;
}

std::vector<std::string> plugin_folders(const Config& config, const Environment& environment) {
  std::vector<std::string> folders = config.paths.plugins;
  folders.push_back(environment.data_home() + "/knead/plugins");
  for (std::string& folder : host::default_plugin_dirs()) folders.push_back(std::move(folder));
  return folders;
}

}  // namespace knead::live
