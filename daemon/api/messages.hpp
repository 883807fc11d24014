// SPDX-License-Identifier: Apache-2.0
// What goes over the socket, as values: the daemon fills them, clients read them, API.md documents them. Reading is
// tolerant, so that a client and a daemon of neighbouring versions understand each other: a field that is missing keeps
// its default, one that is unknown is ignored. Requests are read strictly (params.hpp).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "daemon/session/routine.hpp"
#include "daemon/session/session.hpp"

namespace knead::api {

struct TripInfo {
  std::string kind;    ///< sampling::to_string(Trip): "over_force"
  std::string detail;  ///< plain words
  bool latched = false;
};

/// How one duration spread since the daemon began, in microseconds.
struct LatencyStatus {
  std::uint64_t count = 0;  ///< 0: nothing was measured, and the rest means nothing
  double p50_us = 0.0;
  double p99_us = 0.0;
  double p999_us = 0.0;
  double worst_us = 0.0;
};

/// Where a ball's scale comes from, as the record knows it.
struct CalibrationStatus {
  std::string at;                        ///< UTC, ISO 8601: of the weights, or of when it was first seen
  bool by_weights = false;               ///< false: the ball came with it, and its date is not known
  std::optional<double> residual_pct{};  ///< of full scale; empty: no further weight showed it
  double age_days = 0.0;
};

struct BallStatus {
  std::string serial;
  std::string path;        ///< "usb 1-2", "sim"
  std::string problem{};   ///< why it cannot be used, with the remedy; empty: it streams
  std::string firmware{};  ///< "1.02"
  int rate_hz = 0;
  bool calibrated = false;
  std::optional<CalibrationStatus> calibration{};  ///< empty: the record does not say
  std::optional<double> force_n{};                 ///< empty without a fresh, usable sample
  double motor_level = 0.0;                        ///< 0..1, as the ball applied it
  std::optional<int> temperature_c{};
  std::vector<TripInfo> trips{};
  std::uint64_t samples = 0;
  std::uint64_t lost = 0;       ///< missing sequence numbers
  LatencyStatus reaction{};     ///< a report's arrival to the motor command it caused
  LatencyStatus jitter{};       ///< of the reports' arrivals, against the ball's clock
  LatencyStatus delay{};        ///< a reading to its report's arrival, at least
  double longest_gap_us = 0.0;  ///< between two reports
};

struct SessionStatus {
  std::int64_t session_id = 0;
  std::string routine;
  std::string profile;
  std::string ball;
  session::Side side = session::Side::kRight;
  session::Phase phase = session::Phase::kWaiting;
  bool paused = false;
  double t_s = 0.0;
};

/// Discomfort trials that are under way.
struct DiscomfortStatus {
  std::int64_t set = 0;
  std::string profile;
  std::string ball;
  session::Side side = session::Side::kRight;
  int good = 0;
  int trials = 0;  ///< good ones that are wanted
};

struct DaemonStatus {
  std::string version = KNEAD_VERSION;
  int pid = 0;
  double uptime_s = 0.0;
  struct Realtime {
    int priority = 0;  ///< granted to the sampling thread; 0: ordinary scheduling
    bool memory_locked = false;
    int cpu = -1;                   ///< bound to this processor; -1: to none
    bool cpu_latency_held = false;  ///< the processors are kept from deep sleep, as while a session runs
    std::string detail{};           ///< why not, in plain words; empty: all as configured
  } realtime{};
  struct Record {
    std::string database;
    std::string problem{};  ///< plain words; empty: all is well
    std::uint64_t write_failures = 0;
  } record{};
  bool stop_latched = false;  ///< `knead clear` clears it
  std::vector<BallStatus> balls{};
  std::optional<SessionStatus> session{};
  std::optional<DiscomfortStatus> discomfort{};
  std::uint64_t clients = 0;
  std::uint64_t dropped_clients = 0;  ///< because they did not read
};

struct RunRequest {
  std::string routine;  ///< id, or an absolute path
  std::optional<session::Side> side{};
  std::string profile{};
  std::string ball{};  ///< serial; empty: the only one, or the configured one
  std::optional<int> nrs_before{};
  std::optional<int> nrs_after{};
  bool own = false;  ///< the session pauses when this connection ends
};

struct RunReply {
  std::int64_t session_id = 0;
  std::string title;
  std::string ball;
  session::Side side = session::Side::kRight;
  bool custom = false;  ///< the routine leaves the method (R8): say so
};

struct LiveUpdate {
  session::Snapshot snapshot{};
  double motor_level = 0.0;  ///< 0..1, as the ball applied it
  std::vector<TripInfo> trips{};
};

boost::json::object to_json(const TripInfo& trip);
boost::json::object to_json(const LatencyStatus& latency);
boost::json::object to_json(const CalibrationStatus& calibration);
boost::json::object to_json(const BallStatus& ball);
boost::json::object to_json(const SessionStatus& session);
boost::json::object to_json(const DiscomfortStatus& discomfort);
boost::json::object to_json(const DaemonStatus& status);
boost::json::object to_json(const RunRequest& request);
boost::json::object to_json(const RunReply& reply);
boost::json::object to_json(const LiveUpdate& live);

BallStatus ball_status_from(const boost::json::object& json);
DaemonStatus daemon_status_from(const boost::json::object& json);
RunReply run_reply_from(const boost::json::object& json);
LiveUpdate live_update_from(const boost::json::object& json);
session::Cue cue_from(const boost::json::object& json);

/// Strict: what a client asks for must be meant. Errors: kInvalidInput.
Result<RunRequest> run_request_from(const boost::json::object& params);

}  // namespace knead::api
