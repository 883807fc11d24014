// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/subject.hpp"

#include <filesystem>

#include "daemon/core/environment.hpp"
#include "daemon/session/routine_library.hpp"

namespace knead::check {
namespace {

namespace fs = std::filesystem;

// What the method asks for, at its smallest release: the set is what matters here.
constexpr std::string_view kOwnRoutine = R"(
[routine]
id = "rehearsal"
title = "Rehearsal"
method = "release-activate"
[[release]]
muscle = "upper_trapezius"
credit_s = 60
band_n = [15.0, 40.0]
[activation]
plugin = "plugin"
exercise = "prone_y_lift"
reps = 8
tempo_s = { up = 2, hold = 2, down = 2, rest = 1 }
)";

std::string id_of(const std::string& file) {
  std::string id = fs::path(file).stem();
  if (id.starts_with("lib")) id.erase(0, 3);
  return id;
}

}  // namespace

std::vector<std::string> routine_folders() {
  std::vector<std::string> folders{Environment::of_process().data_home() + "/knead/routines"};
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  // PREFIX/bin and BUILD/bin have it at the same place.
  if (!error) folders.push_back((self.parent_path() / "../share/knead/routines").lexically_normal().string());
  return folders;
}

Result<session::Routine> routine_for(const std::string& file, const std::string& chosen,
                                     std::span<const std::string> folders) {
  if (!chosen.empty()) {
    auto path = session::find_routine(chosen, folders);
    if (!path) return std::unexpected(std::move(path.error()));
    auto routine = session::read_routine(*path);
    if (routine && !routine->activation) {
      return fail(Errc::kInvalidInput, *path + ": it has no [activation], so it uses no plugin",
                  "name a routine that does, or leave --routine off");
    }
    return routine;
  }
  for (const session::RoutineEntry& entry : session::list_routines(folders)) {
    if (!entry.problem.empty()) continue;
    auto routine = session::read_routine(entry.path);
    if (routine && routine->activation && routine->activation->plugin == id_of(file)) return routine;
  }
  return session::check_routine(kOwnRoutine, "").routine.value();
}

}  // namespace knead::check
