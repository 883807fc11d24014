// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/find_plugin.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <set>

namespace knead::host {
namespace {

namespace fs = std::filesystem;

fs::path program_dir() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : self.parent_path();
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

}  // namespace

std::vector<std::string> default_plugin_dirs() {
  std::vector<std::string> dirs;
  // BUILD/bin and PREFIX/bin have it at the same place; BUILD/tests is beside BUILD/bin.
  for (const fs::path& dir : {program_dir() / ".." / KNEAD_PLUGIN_SUBDIR, fs::path(KNEAD_PLUGIN_DIR)}) {
    std::error_code error;
    const fs::path real = fs::canonical(dir, error);
    if (!error && (dirs.empty() || dirs.back() != real)) dirs.push_back(real);
  }
  return dirs;
}

Result<std::string> find_plugin(std::string_view name, const std::vector<std::string>& dirs) {
  if (name.find('/') != std::string_view::npos || name.ends_with(".so")) {
    if (is_file(name)) return std::string(name);
    return fail(Errc::kNotFound, fmt::format("{}: there is no such plugin file", name), "check the path");
  }
  for (const fs::path dir : dirs) {
    for (const auto& file : {fmt::format("{}.so", name), fmt::format("lib{}.so", name)}) {
      if (is_file(dir / file)) return (dir / file).string();
    }
  }
  const auto there = list_plugins(dirs);
  return fail(Errc::kNotFound, fmt::format("there is no plugin called \"{}\" in {}", name, fmt::join(dirs, ", ")),
              there.empty() ? "name a plugin by its path" : fmt::format("there is: {}", fmt::join(there, ", ")));
}

std::vector<std::string> list_plugins(const std::vector<std::string>& dirs) {
  std::set<std::string> ids;
  for (const std::string& dir : dirs) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(dir, error)) {
      if (entry.path().extension() != ".so") continue;
      std::string id = entry.path().stem();
      if (id.starts_with("lib")) id.erase(0, 3);
      ids.insert(std::move(id));
    }
  }
  return {ids.begin(), ids.end()};
}

Result<std::string> find_host_program() {
  constexpr auto* kName = "knead-plugin-host";
  const fs::path here = program_dir();
  // An install may lie under another prefix than it was configured for, so it is looked for beside the program first.
  for (const fs::path& dir :
       {here, here / ".." / "bin", here / ".." / KNEAD_LIBEXEC_SUBDIR, fs::path(KNEAD_LIBEXEC_DIR)}) {
    if (is_file(dir / kName)) return (dir / kName).lexically_normal().string();
  }
  return fail(Errc::kNotFound, "knead-plugin-host is missing", "reinstall Knead, or build all of it");
}

}  // namespace knead::host
