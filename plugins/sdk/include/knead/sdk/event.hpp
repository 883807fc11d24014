// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <chrono>
#include <cstdint>

namespace knead::sdk {

/// Since the session began, on the ball's clock; never goes back.
using SessionTime = std::chrono::microseconds;

enum class Side : std::int32_t { kLeft = KNEAD_SIDE_LEFT, kRight = KNEAD_SIDE_RIGHT };

// Each event has a type of its own, with what its kind fills of knead_event_t and no more.

struct SessionStart {
  SessionTime now{};
  Side side = Side::kLeft;  ///< chosen for the session
};

struct ReleaseStep {
  SessionTime now{};
  int step = 0;  ///< from 0
  Side side = Side::kLeft;
};

struct ReleaseProgress {
  SessionTime now{};
  int step = 0;
  bool completed = false;
  std::chrono::microseconds credited{};
  std::chrono::microseconds elapsed{};
};

struct ReleaseDone {
  SessionTime now{};
  bool completed = false;  ///< every step was
  std::chrono::microseconds credited{};
  std::chrono::microseconds elapsed{};
};

struct ActivationStart {
  SessionTime now{};
};

struct Pause {
  SessionTime now{};
};

struct Resume {
  SessionTime now{};
};

struct Stop {
  SessionTime now{};
};

struct End {
  SessionTime now{};
  bool completed = false;
};

struct Tick {
  SessionTime now{};
};

}  // namespace knead::sdk
