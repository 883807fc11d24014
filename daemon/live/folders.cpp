// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/folders.hpp"

#include <filesystem>
#include <utility>

#include "daemon/host/find_plugin.hpp"

namespace knead::live {

namespace fs = std::filesystem;

namespace {

/// @p configured, then the person's and the program's own folder of that name.
std::vector<std::string> data_folders(std::vector<std::string> configured, const std::string& name,
                                      const Environment& environment) {
  std::vector<std::string> folders = std::move(configured);
  folders.push_back(environment.data_home() + "/knead/" + name);
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  // PREFIX/bin and BUILD/bin have it at the same place.
  if (!error) folders.push_back((self.parent_path() / "../share/knead" / name).lexically_normal().string());
  return folders;
}

}  // namespace

std::vector<std::string> routine_folders(const Config& config, const Environment& environment) {
  return data_folders(config.paths.routines, "routines", environment);
}

std::vector<std::string> ball_model_folders(const Config& config, const Environment& environment) {
  return data_folders(config.paths.balls, "balls", environment);
}

std::string template_folder(const Environment& environment) {
  const auto folders = data_folders({}, "templates", environment);
  for (const std::string& folder : folders) {
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) return folder;
  }
  return folders.back();
}

std::vector<std::string> plugin_folders(const Config& config, const Environment& environment) {
  std::vector<std::string> folders = config.paths.plugins;
  folders.push_back(environment.data_home() + "/knead/plugins");
  for (std::string& folder : host::default_plugin_dirs()) folders.push_back(std::move(folder));
  return folders;
}

}  // namespace knead::live
