// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "daemon/session/cue.hpp"
#include "daemon/session/event.hpp"
#include "daemon/session/motor_request.hpp"

namespace knead::session {

/// What a plugin keeps for its next session, and how often it may say so. See knead/ext/state.h.
constexpr std::size_t kMaxStateBytes = 4096;
constexpr int kMaxStateSaves = 16;

/// What a plugin may ask for. The session checks and clamps each; the plugin learns only a status.
namespace action {
struct ShowCue {
  Cue cue;
  bool operator==(const ShowCue&) const = default;
};
struct RequestMotor {
  MotorRequest request;
  std::chrono::milliseconds duration;
  bool operator==(const RequestMotor&) const = default;
};  ///< lapses after at most 250 ms (R1)
struct LogRep {
  Rep rep;
  bool operator==(const LogRep&) const = default;
};
struct Note {
  std::string key;
  double value;
  std::string unit;
  std::string text;
  bool operator==(const Note&) const = default;
};
struct RequestRelease {
  std::chrono::microseconds credit;
  bool operator==(const RequestRelease&) const = default;
};  ///< one more step on the last spot
struct SaveState {
  std::string bytes;  ///< at most kMaxStateBytes, of any value
  bool operator==(const SaveState&) const = default;
};  ///< for the plugin's next session with the same profile
struct Finish {
  bool completed;
  bool operator==(const Finish&) const = default;
};
}  // namespace action
using PluginAction = std::variant<action::ShowCue, action::RequestMotor, action::LogRep, action::Note,
                                  action::RequestRelease, action::SaveState, action::Finish>;

}  // namespace knead::session
