// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/exercise.hpp"

#include <algorithm>
#include <array>

namespace activation {
namespace {

constexpr std::array kExercises{
    // Lower trapezius. EVIDENCE.md, Dose, "activation".
    Exercise{"prone_y_lift", "Lie face down, arms overhead like a Y, thumbs up. Very light effort.", "Lift.", "Hold.",
             "Lower slowly."},
};

}  // namespace

std::span<const Exercise> exercises() noexcept { return kExercises; }

const Exercise* find_exercise(std::string_view id) noexcept {
  const auto* const at =
      std::find_if(kExercises.begin(), kExercises.end(), [&](const Exercise& e) { return e.id == id; });
  return at == kExercises.end() ? nullptr : at;
}

}  // namespace activation
