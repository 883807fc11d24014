// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace activation {

/// What is said for one exercise. Short, for a voice; the person's eyes are on the floor.
struct Exercise {
  std::string_view id;     ///< the routine's `exercise`
  std::string_view setup;  ///< how to get into place
  std::string_view up;
  std::string_view hold;
  std::string_view down;
};

std::span<const Exercise> exercises() noexcept;
/// Null when there is none of that id.
const Exercise* find_exercise(std::string_view id) noexcept;

}  // namespace activation
