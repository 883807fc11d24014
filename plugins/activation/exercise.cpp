// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/exercise.hpp"

#include <algorithm>

#include "plugins/activation/exercise_table.hpp"

namespace activation {

std::span<const Exercise> exercises() noexcept { return kExercises; }

const Exercise* find_exercise(std::string_view id) noexcept {
  const auto* const at = std::ranges::find(kExercises, id, &Exercise::id);
  return at == kExercises.end() ? nullptr : at;
}

}  // namespace activation
