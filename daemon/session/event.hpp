// SPDX-License-Identifier: Apache-2.0
// What happens in a session, as typed values. The record stores them, the API and `simulate --json` show them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "daemon/core/units.hpp"
#include "daemon/session/cue.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {

enum class Outcome : std::uint8_t { kCompleted, kIncomplete, kStopped, kFaulted };
std::string_view to_string(Outcome outcome) noexcept;

/// One repetition of the activation exercise, as the plugin logged it.
struct Rep {
  int n = 0;  ///< from 1
  SessionTime start{};
  std::chrono::microseconds duration{};
  Newtons peak{};
  Newtons mean{};
  double impulse_ns = 0.0;  ///< newton seconds
  bool too_hard = false;
  bool operator==(const Rep&) const = default;
};

namespace event {
struct SessionStarted {};
struct Contact {};  ///< first F >= contact of the session
/// A plugin was granted one more step on the last spot.
struct StepAdded {
  int step;
  std::chrono::microseconds credit;
};
struct StepStarted {
  int step;
  Side side;
};  ///< step from 0
struct BandEntered {};
struct BandLeft {
  bool above;
};
struct StepEnded {
  int step;
  bool completed;
  std::chrono::microseconds credited;
  std::chrono::microseconds elapsed;
};
struct ActivationStarted {};
struct RepDone {
  Rep rep;
};
struct ActivationEnded {
  bool completed;
};
struct Cued {
  Cue cue;
  bool from_plugin;
};
struct Tripped {
  std::string kind;
  std::string detail;
  bool fault;
};  ///< the interlock holds the motor at 0
struct TripCleared {
  std::string kind;
};
struct SamplesLost {
  std::uint64_t count;
};
struct Paused {
  std::string reason;
};
struct Resumed {};
struct BallLost {};
struct BallBack {};
struct PluginFailed {
  std::string reason;
};
struct Noted {
  std::string key;
  double value;
  std::string unit;
  std::string text;
};  ///< a plugin's measure or annotation
struct Stopped {
  std::string by;
};  ///< "cli", "button", "signal", ...
struct SessionEnded {
  Outcome outcome;
  std::string reason;
};
/// 20 times a second of session time. Not stored: it only drives plugins.
struct Tick {};
}  // namespace event

struct Event {
  SessionTime t{};
  std::variant<event::SessionStarted, event::Contact, event::StepAdded, event::StepStarted, event::BandEntered,
               event::BandLeft, event::StepEnded, event::ActivationStarted, event::RepDone, event::ActivationEnded,
               event::Cued, event::Tripped, event::TripCleared, event::SamplesLost, event::Paused, event::Resumed,
               event::BallLost, event::BallBack, event::PluginFailed, event::Noted, event::Stopped, event::SessionEnded,
               event::Tick>
      what;
};

/// snake_case name for JSON and the store: "step_started".
std::string_view kind_of(const Event& event) noexcept;

}  // namespace knead::session
