// SPDX-License-Identifier: Apache-2.0
// Events and finished sessions as JSON: `simulate --json`, `knead show --json`, the API and the export say the same.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/session/event.hpp"
#include "daemon/session/measures.hpp"
#include "daemon/session/session.hpp"

namespace knead::session {

/// {"t_s", "kind", ...}. Times in seconds, forces in newtons, every number rounded to a millionth, so that equal values
/// print equal bytes.
boost::json::object to_json(const Event& event);
boost::json::object to_json(const Cue& cue);
boost::json::object to_json(const Rep& rep);
boost::json::object to_json(const Measures& measures);

/// Everything `simulate --json` prints (DESIGN.md section 5), from a session that just ended or one from the store.
struct SessionReport {
  struct Trip {
    SessionTime t{};
    std::string kind;
    std::string detail;
    bool fault = false;
  };
  std::string routine;  ///< id
  Method method = Method::kReleaseActivate;
  Side side = Side::kRight;
  Outcome outcome = Outcome::kIncomplete;
  std::string reason;
  std::chrono::microseconds elapsed{};  ///< from the session's beginning to its end
  std::optional<SessionTime> first_contact{};
  std::vector<StepResult> steps;
  std::vector<Rep> reps;
  int target_reps = 0;
  bool activation_completed = false;
  Measures measures;
  std::vector<Trip> trips;
  std::uint64_t samples = 0;
  std::uint64_t samples_lost = 0;
  std::chrono::microseconds motor_on{};  ///< as the ball's motor ran, where known
  Level motor_max{};
  std::vector<Event> events;  ///< ticks are left out of the JSON
};

/// What the motor did; the session only asks.
struct MotorUse {
  std::chrono::microseconds on{};
  Level max{};
};

/// @p events everything the session's take_events() gave.
SessionReport report_of(const Session& session, std::vector<Event> events, MotorUse motor);
boost::json::object to_json(const SessionReport& report);

/// JSON text with numbers as people write them (1.5, not Boost's 1.5E0), the same bytes for the same value.
std::string serialize(const boost::json::value& value);

}  // namespace knead::session
