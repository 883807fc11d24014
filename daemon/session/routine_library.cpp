// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/routine_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/core/toml_files.hpp"
#include "daemon/core/toml_reader.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {
namespace {

namespace fs = std::filesystem;

RoutineEntry entry_of(const fs::path& path) {
  RoutineEntry entry{.id = path.stem().string(), .path = path.string()};
  auto routine = read_routine(entry.path);
  if (!routine) {
    entry.problem = routine.error().message();
    return entry;
  }
  entry.id = std::move(routine->id);
  entry.title = std::move(routine->title);
  entry.custom = routine->method == Method::kCustom;
  return entry;
}

}  // namespace

std::vector<RoutineEntry> list_routines(std::span<const std::string> directories) {
  std::vector<RoutineEntry> entries;
  for (const std::string& directory : directories) {
    for (const fs::path& file : toml_files(directory)) {
      RoutineEntry entry = entry_of(file);
      if (std::ranges::find(entries, entry.id, &RoutineEntry::id) == entries.end()) entries.push_back(std::move(entry));
    }
  }
  std::ranges::sort(entries, {}, &RoutineEntry::id);
  return entries;
}

Result<std::string> find_routine(std::string_view name, std::span<const std::string> directories) {
  if (name.contains('/') || name.ends_with(".toml")) {
    std::error_code error;
    if (fs::is_regular_file(fs::path(name), error)) return std::string(name);
    return fail(Errc::kNotFound, fmt::format("there is no routine file {}", name));
  }
  const std::vector<RoutineEntry> entries = list_routines(directories);
  if (const auto found = std::ranges::find(entries, name, &RoutineEntry::id); found != entries.end()) {
    return found->path;
  }
  std::vector<std::string_view> ids;
  for (const RoutineEntry& entry : entries) ids.emplace_back(entry.id);
  std::string remedy;
  if (const auto nearest = nearest_name(name, ids)) remedy = fmt::format("did you mean \"{}\"?", *nearest);
  return fail(Errc::kNotFound, fmt::format("there is no routine \"{}\"", name), std::move(remedy));
}

}  // namespace knead::session
