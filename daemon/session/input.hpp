// SPDX-License-Identifier: Apache-2.0
// What enters a session besides its samples. Kept in order, these two are all that a session is made of: fed to a new
// one they give the same events, to the byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/core/units.hpp"
#include "daemon/session/plugin_action.hpp"

namespace knead::session {

namespace input {
/// The ring's reader was lapped.
struct RingLost {
  std::uint64_t count = 0;
  bool operator==(const RingLost&) const = default;
};
struct TripBegan {
  std::string kind;
  std::string detail;
  bool fault = false;
  bool operator==(const TripBegan&) const = default;
};
struct TripCleared {
  std::string kind;
  bool operator==(const TripCleared&) const = default;
};
/// No sample had come for a while; the session's clock went on by the host's.
struct Silence {
  HostTime now{};
  bool operator==(const Silence&) const = default;
};
struct BallLost {
  HostTime now{};
  bool operator==(const BallLost&) const = default;
};
struct BallBack {
  HostTime now{};
  bool operator==(const BallBack&) const = default;
};
struct PluginActed {
  std::uint64_t call = 0;  ///< the call of the plugin in which it did so, from 1
  bool by_host = false;    ///< not the plugin: its host withdrew its motor request, for the call took too long
  PluginAction action{};
  bool operator==(const PluginActed&) const = default;
};
struct PluginFailed {
  std::string reason;
  bool operator==(const PluginFailed&) const = default;
};
struct Pause {
  std::string reason;
  bool operator==(const Pause&) const = default;
};
struct Resume {
  bool operator==(const Resume&) const = default;
};
struct Stop {
  std::string by;
  bool operator==(const Stop&) const = default;
};

// These two change nothing in the session. They tell which calls its answers came from, so that the plugin can be asked
// again.
/// The plugin was busy, and was told of a later tick in the place of the one at this time.
struct TickSkipped {
  SessionTime t{};
  bool operator==(const TickSkipped&) const = default;
};
/// Up to this call the plugin had answered in full when the session ended or the plugin failed. What it did in later
/// ones came too late.
struct PluginHeard {
  std::uint64_t calls = 0;
  bool operator==(const PluginHeard&) const = default;
};
}  // namespace input

struct Input {
  std::uint64_t samples = 0;  ///< that the session had been given before
  std::variant<input::RingLost, input::TripBegan, input::TripCleared, input::Silence, input::BallLost, input::BallBack,
               input::PluginActed, input::PluginFailed, input::Pause, input::Resume, input::Stop, input::TickSkipped,
               input::PluginHeard>
      what{};
  bool operator==(const Input&) const = default;
};

/// snake_case name for the store: "ball_lost".
std::string_view kind_of(const Input& input) noexcept;

}  // namespace knead::session
