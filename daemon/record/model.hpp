// SPDX-License-Identifier: Apache-2.0
// What goes into the store and what comes out of it, as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/sample.hpp"
#include "daemon/record/wall_time.hpp"
#include "daemon/session/event.hpp"
#include "daemon/session/event_json.hpp"
#include "daemon/session/input.hpp"
#include "daemon/session/measures.hpp"
#include "daemon/session/routine.hpp"
#include "daemon/session/session.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::record {

/// A sample at its place in the session.
struct TimedSample {
  SessionTime t{};
  Sample sample{};
};

/// Where something is missing from a session's record (R6). Each is counted in what was lost.
enum class GapKind : std::uint8_t {
  kSequence,  ///< samples the ball took and that never reached the host
  kRing,      ///< samples the writer of the ring overwrote before the recorder came
  kWrite,     ///< samples that could not be written in time: disk full, or worse
  kEvent,     ///< events or inputs (not samples) that could not be kept
};
std::string_view to_string(GapKind kind) noexcept;
std::optional<GapKind> gap_kind_from(std::string_view name) noexcept;

struct Gap {
  SessionTime t{};  ///< of the first sample after it; for kWrite of the first one missing
  GapKind kind = GapKind::kSequence;
  std::uint64_t count = 0;
  bool operator==(const Gap&) const = default;
};

/// Where a session's samples came from.
enum class Origin : std::uint8_t { kBall, kSimulation };
std::string_view to_string(Origin origin) noexcept;

/// The plugin of a session, as it says of itself.
struct PluginIdentity {
  std::string file;
  std::string id;
  std::string version;
  bool operator==(const PluginIdentity&) const = default;
};

/// How it behaved, for its author.
struct PluginConduct {
  std::uint64_t slow_calls = 0;  ///< that took over 50 ms
  std::uint64_t misuses = 0;     ///< calls that were answered with a status
  std::string last_misuse;       ///< "request_motor() was called in the wrong state"
  std::string ended;             ///< why it was ended before its time: "the plugin crashed (SIGSEGV)"
};

/// All that is in force when a session begins. Stored before the first sample, so that a crash leaves no riddle.
struct SessionHeader {
  std::string profile;
  Origin origin = Origin::kBall;
  session::Routine routine;
  session::Side side = session::Side::kRight;
  std::optional<session::Band> band{};  ///< the profile's own, replaces each step's
  std::optional<Newtons> soft_cap{};    ///< the profile's own, above which no band reaches
  std::string ball_serial;
  protocol::Info ball{};
  protocol::Calibration calibration{};
  std::string config;  ///< text of the configuration in force
  std::string knead_version = KNEAD_VERSION;
  WallTime started_at{};            ///< only names the session
  std::optional<int> nrs_before{};  ///< pain 0..10 as the person rates it
  std::optional<PluginIdentity> plugin{};
  std::string plugin_state{};  ///< that it kept from a session before, bytes of any value
};

/// What is known once a session has ended. What was received and lost the record counts itself.
struct SessionSummary {
  session::Outcome outcome = session::Outcome::kIncomplete;
  std::string reason;
  std::chrono::microseconds elapsed{};
  bool activation_completed = false;
  std::vector<session::StepResult> steps;
  session::Measures measures{};
  std::optional<int> nrs_after{};
  PluginConduct plugin{};
  std::optional<std::string> plugin_state{};  ///< that it keeps from this session
};

/// What of a finished session's report the record needs.
[[nodiscard]] SessionSummary summary_of(const session::SessionReport& report);

/// Outcome of a session whose program died under it.
constexpr std::string_view kInterrupted = "interrupted";

/// One line about a session.
struct SessionFacts {
  std::int64_t id = 0;
  std::string started_at;  ///< UTC, ISO 8601: "2025-03-01T07:15:00.000000Z"
  std::int64_t started_unix_us = 0;
  std::string profile;
  std::string origin;
  std::string routine;
  std::string title;
  std::string method;
  std::string side;
  std::string ball_serial;
  std::string knead_version;
  std::optional<std::string> outcome;  ///< empty while the session runs
  std::string reason;
  std::chrono::microseconds elapsed{};
  std::chrono::microseconds credited{};
  std::int64_t reps = 0;
  std::int64_t target_reps = 0;
  bool activation_completed = false;
  std::optional<std::int64_t> nrs_before;
  std::optional<std::int64_t> nrs_after;
  std::int64_t rate_hz = 0;
  std::int64_t contact_area_mm2 = 0;  ///< 0: not known
  std::uint64_t samples = 0;          ///< in the record
  std::uint64_t lost = 0;             ///< missing from it, all kinds of gaps
  std::uint64_t write_failures = 0;   ///< attempts to write that failed and were repeated
};

/// A plugin in one session.
struct StoredPluginRun {
  std::int64_t session_id = 0;
  std::string started_at;  ///< of the session; UTC, ISO 8601
  PluginIdentity plugin;
  PluginConduct conduct;
};

struct StoredStep {
  int n = 0;  ///< from 0
  std::string muscle;
  std::string side;
  std::chrono::microseconds target{};
  session::Band band;
  /// Empty while the step has not ended.
  std::optional<bool> completed;
  std::optional<std::chrono::microseconds> credited;
  std::optional<std::chrono::microseconds> elapsed;
};

struct StoredMeasure {
  std::string name;
  std::optional<double> value;  ///< empty: not shown, with too little to compute it from
  std::string unit;
  std::string source;  ///< "knead" or "plugin"
  std::string text;
};

struct StoredEvent {
  SessionTime t{};
  std::string kind;
  std::string json;  ///< one object, as session::to_json made it
};

struct StoredInput {
  std::uint64_t samples = 0;  ///< that the session had been given before
  std::string kind;
  std::string json;  ///< as session::input_json made it
};

/// What entered a session besides its samples (session/input.hpp), and what else it takes to begin it anew.
struct StoredInputs {
  bool kept = false;  ///< not of a session that was recorded before schema 3
  std::optional<session::Band> band{};
  std::optional<Newtons> soft_cap{};
  std::optional<PluginIdentity> plugin{};
  std::string plugin_state;  ///< that it began with
  std::vector<session::Input> inputs;
};

/// A session with all its parts but the samples, which are read as a stream, and the inputs.
struct StoredSession {
  SessionFacts facts;
  std::string routine_source;
  std::string config;
  std::vector<protocol::Calibration> calibrations;  ///< in the order in which they came into force
  std::vector<StoredStep> steps;
  std::vector<session::Rep> reps;
  std::vector<StoredMeasure> measures;
  std::vector<StoredEvent> events;
  std::vector<Gap> gaps;
};

}  // namespace knead::record
