// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace activation {

struct Tempo {
  std::int64_t up_us = 0;
  std::int64_t hold_us = 0;
  std::int64_t down_us = 0;
  std::int64_t rest_us = 0;
};

enum class Detection : std::uint8_t { kPress, kTempo };

/// What is said for one exercise, and how it is done where a routine does not say. Short, for a voice: the person's
/// eyes are on the floor, or closed.
struct Exercise {
  std::string_view id;      ///< the routine's `exercise`
  std::string_view title;   ///< for lists
  std::string_view muscle;  ///< that it is for
  std::string_view setup;   ///< how to get into place
  std::string_view ball;    ///< where the ball is, and what to do with it
  std::string_view up;
  std::string_view hold;
  std::string_view down;
  Detection detect = Detection::kPress;
  Tempo tempo;
};

std::span<const Exercise> exercises() noexcept;
/// Null when there is none of that id.
const Exercise* find_exercise(std::string_view id) noexcept;

}  // namespace activation
