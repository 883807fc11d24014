// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/messages.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "daemon/api/params.hpp"
#include "daemon/api/tolerant_json.hpp"
#include "daemon/session/event_json.hpp"

namespace knead::api {
namespace json = boost::json;
namespace {

constexpr int kMaxNrs = 10;  // numerical rating scale, EVIDENCE.md: 0..10

template <class T>
json::array list(const std::vector<T>& items) {
  json::array array;
  for (const auto& item : items) array.emplace_back(to_json(item));
  return array;
}

void read_seconds(const json::object& object, std::string_view key, std::chrono::microseconds& into) {
  double seconds = to_seconds(into);
  read(object, key, seconds);
  into = from_seconds(seconds);
}

/// Calls @p take with each object of the array at @p key.
template <class Take>
void each(const json::object& object, std::string_view key, const Take& take) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_array()) return;
  for (const auto& item : value->get_array())
    if (item.is_object()) take(item.get_object());
}

TripInfo trip_from(const json::object& o) {
  TripInfo trip;
  read(o, "kind", trip.kind);
  read(o, "detail", trip.detail);
  read(o, "latched", trip.latched);
  return trip;
}

SessionStatus session_status_from(const json::object& o) {
  SessionStatus status;
  read(o, "session_id", status.session_id);
  read(o, "routine", status.routine);
  read(o, "profile", status.profile);
  read(o, "ball", status.ball);
  read(o, "side", status.side);
  read(o, "phase", status.phase);
  read(o, "paused", status.paused);
  read(o, "t_s", status.t_s);
  return status;
}
DiscomfortStatus discomfort_status_from(const json::object& o) {
  DiscomfortStatus status;
  read(o, "set", status.set);
  read(o, "profile", status.profile);
  read(o, "ball", status.ball);
  read(o, "side", status.side);
  read(o, "good", status.good);
  read(o, "trials", status.trials);
  return status;
}

void read_latency(const json::object& o, std::string_view key, LatencyStatus& latency) {
  const auto* object = inner(o, key);
  if (object == nullptr) return;
  read(*object, "count", latency.count);
  read(*object, "p50_us", latency.p50_us);
  read(*object, "p99_us", latency.p99_us);
  read(*object, "p999_us", latency.p999_us);
  read(*object, "worst_us", latency.worst_us);
}

}  // namespace

json::object to_json(const TripInfo& trip) {
  return {{"kind", trip.kind}, {"detail", trip.detail}, {"latched", trip.latched}};
}

json::object to_json(const LatencyStatus& latency) {
  return {{"count", latency.count},
          {"p50_us", latency.p50_us},
          {"p99_us", latency.p99_us},
          {"p999_us", latency.p999_us},
          {"worst_us", latency.worst_us}};
}

json::object to_json(const CalibrationStatus& c) {
  return {
      {"at", c.at}, {"by_weights", c.by_weights}, {"residual_pct", or_null(c.residual_pct)}, {"age_days", c.age_days}};
}

json::object to_json(const BallStatus& b) {
  return {{"serial", b.serial},
          {"path", b.path},
          {"problem", b.problem},
          {"firmware", b.firmware},
          {"rate_hz", b.rate_hz},
          {"calibrated", b.calibrated},
          {"calibration", b.calibration ? json::value(to_json(*b.calibration)) : json::value(nullptr)},
          {"force_n", or_null(b.force_n)},
          {"motor_level", b.motor_level},
          {"temperature_c", or_null(b.temperature_c)},
          {"trips", list(b.trips)},
          {"samples", b.samples},
          {"lost", b.lost},
          {"reaction", to_json(b.reaction)},
          {"jitter", to_json(b.jitter)},
          {"delay", to_json(b.delay)},
          {"longest_gap_us", b.longest_gap_us}};
}

json::object to_json(const SessionStatus& s) {
  return {{"session_id", s.session_id},
          {"routine", s.routine},
          {"profile", s.profile},
          {"ball", s.ball},
          {"side", text(session::to_string(s.side))},
          {"phase", text(session::to_string(s.phase))},
          {"paused", s.paused},
          {"t_s", s.t_s}};
}
json::object to_json(const DiscomfortStatus& d) {
  return {{"set", d.set},   {"profile", d.profile}, {"ball", d.ball}, {"side", text(session::to_string(d.side))},
          {"good", d.good}, {"trials", d.trials}};
}

json::object to_json(const DaemonStatus& s) {
  json::object object{
      {"version", s.version},
      {"pid", s.pid},
      {"uptime_s", s.uptime_s},
      {"realtime",
       {{"priority", s.realtime.priority},
        {"memory_locked", s.realtime.memory_locked},
        {"cpu", s.realtime.cpu},
        {"cpu_latency_held", s.realtime.cpu_latency_held},
        {"detail", s.realtime.detail}}},
      {"record",
       {{"database", s.record.database}, {"problem", s.record.problem}, {"write_failures", s.record.write_failures}}},
      {"stop_latched", s.stop_latched},
      {"balls", list(s.balls)},
      {"clients", s.clients},
      {"dropped_clients", s.dropped_clients}};
  object["session"] = s.session ? json::value(to_json(*s.session)) : json::value(nullptr);
  object["discomfort"] = s.discomfort ? json::value(to_json(*s.discomfort)) : json::value(nullptr);
  return object;
}

json::object to_json(const RunRequest& r) {
  json::object object{{"routine", r.routine}, {"own", r.own}};
  if (r.side) object["side"] = text(session::to_string(*r.side));
  if (!r.profile.empty()) object["profile"] = r.profile;
  if (!r.ball.empty()) object["ball"] = r.ball;
  if (r.nrs_before) object["nrs_before"] = *r.nrs_before;
  if (r.nrs_after) object["nrs_after"] = *r.nrs_after;
  return object;
}

json::object to_json(const RunReply& r) {
  return {{"session_id", r.session_id},
          {"title", r.title},
          {"ball", r.ball},
          {"side", text(session::to_string(r.side))},
          {"custom", r.custom}};
}

json::object to_json(const LiveUpdate& live) {
  const auto& s = live.snapshot;
  return {{"phase", text(session::to_string(s.phase))},
          {"paused", s.paused},
          {"t_s", to_seconds(s.t.time_since_epoch())},
          {"force_n", s.force.value},
          {"in_band", s.in_band},
          {"band_n", {s.band.lo.value, s.band.hi.value}},
          {"hysteresis_n", s.band.hysteresis.value},
          {"step", s.step},
          {"steps", s.steps},
          {"side", text(session::to_string(s.side))},
          {"credited_s", to_seconds(s.credited)},
          {"target_s", to_seconds(s.target)},
          {"reps", s.reps},
          {"target_reps", s.target_reps},
          {"cue", session::to_json(s.last_cue)},
          {"motor_level", live.motor_level},
          {"trips", list(live.trips)}};
}

BallStatus ball_status_from(const json::object& o) {
  BallStatus b;
  read(o, "serial", b.serial);
  read(o, "path", b.path);
  read(o, "problem", b.problem);
  read(o, "firmware", b.firmware);
  read(o, "rate_hz", b.rate_hz);
  read(o, "calibrated", b.calibrated);
  if (const auto* calibration = inner(o, "calibration")) {
    CalibrationStatus& c = b.calibration.emplace();
    read(*calibration, "at", c.at);
    read(*calibration, "by_weights", c.by_weights);
    read(*calibration, "residual_pct", c.residual_pct);
    read(*calibration, "age_days", c.age_days);
  }
  read(o, "force_n", b.force_n);
  read(o, "motor_level", b.motor_level);
  read(o, "temperature_c", b.temperature_c);
  each(o, "trips", [&](const json::object& trip) { b.trips.push_back(trip_from(trip)); });
  read(o, "samples", b.samples);
  read(o, "lost", b.lost);
  read_latency(o, "reaction", b.reaction);
  read_latency(o, "jitter", b.jitter);
  read_latency(o, "delay", b.delay);
  read(o, "longest_gap_us", b.longest_gap_us);
  return b;
}

DaemonStatus daemon_status_from(const json::object& o) {
  DaemonStatus s;
  s.version.clear();
  read(o, "version", s.version);
  read(o, "pid", s.pid);
  read(o, "uptime_s", s.uptime_s);
  if (const auto* realtime = inner(o, "realtime")) {
    read(*realtime, "priority", s.realtime.priority);
    read(*realtime, "memory_locked", s.realtime.memory_locked);
    read(*realtime, "cpu", s.realtime.cpu);
    read(*realtime, "cpu_latency_held", s.realtime.cpu_latency_held);
    read(*realtime, "detail", s.realtime.detail);
  }
  if (const auto* record = inner(o, "record")) {
    read(*record, "database", s.record.database);
    read(*record, "problem", s.record.problem);
    read(*record, "write_failures", s.record.write_failures);
  }
  read(o, "stop_latched", s.stop_latched);
  each(o, "balls", [&](const json::object& ball) { s.balls.push_back(ball_status_from(ball)); });
  if (const auto* session = inner(o, "session")) s.session = session_status_from(*session);
  if (const auto* discomfort = inner(o, "discomfort")) s.discomfort = discomfort_status_from(*discomfort);
  read(o, "clients", s.clients);
  read(o, "dropped_clients", s.dropped_clients);
  return s;
}

RunReply run_reply_from(const json::object& o) {
  RunReply reply;
  read(o, "session_id", reply.session_id);
  read(o, "title", reply.title);
  read(o, "ball", reply.ball);
  read(o, "side", reply.side);
  read(o, "custom", reply.custom);
  return reply;
}

session::Cue cue_from(const json::object& o) {
  session::Cue cue;
  std::string kind;
  std::string urgency;
  read(o, "kind", kind);
  read(o, "urgency", urgency);
  cue.kind = session::cue_kind_from(kind).value_or(session::CueKind::kInfo);
  cue.urgency = session::urgency_from(urgency).value_or(session::Urgency::kNormal);
  read(o, "text", cue.text);
  read(o, "count", cue.count);
  return cue;
}

LiveUpdate live_update_from(const json::object& o) {
  LiveUpdate live;
  auto& s = live.snapshot;
  read(o, "phase", s.phase);
  read(o, "paused", s.paused);
  std::chrono::microseconds t{};
  read_seconds(o, "t_s", t);
  s.t = SessionTime(t);
  read(o, "force_n", s.force);
  read(o, "in_band", s.in_band);
  if (const auto* band = at(o, "band_n"); band != nullptr && band->is_array() && band->get_array().size() == 2) {
    const json::object ends{{"lo", band->get_array()[0]}, {"hi", band->get_array()[1]}};
    read(ends, "lo", s.band.lo);
    read(ends, "hi", s.band.hi);
  }
  read(o, "hysteresis_n", s.band.hysteresis);
  read(o, "step", s.step);
  read(o, "steps", s.steps);
  read(o, "side", s.side);
  read_seconds(o, "credited_s", s.credited);
  read_seconds(o, "target_s", s.target);
  read(o, "reps", s.reps);
  read(o, "target_reps", s.target_reps);
  if (const auto* cue = inner(o, "cue")) s.last_cue = cue_from(*cue);
  read(o, "motor_level", live.motor_level);
  each(o, "trips", [&](const json::object& trip) { live.trips.push_back(trip_from(trip)); });
  return live;
}

Result<RunRequest> run_request_from(const json::object& object) {
  Params params(object);
  RunRequest request;
  request.routine = params.required_text("routine");
  if (const auto side = params.text("side")) {
    request.side = session::side_from(*side);
    if (!request.side) params.mistake("side \"" + *side + "\" is neither left nor right", "give left or right");
  }
  request.profile = params.text("profile").value_or("");
  request.ball = params.text("ball").value_or("");
  request.nrs_before = params.integer("nrs_before", 0, kMaxNrs);
  request.nrs_after = params.integer("nrs_after", 0, kMaxNrs);
  request.own = params.boolean("own").value_or(false);
  if (auto ok = params.finish(); !ok) return std::unexpected(ok.error());
  return request;
}

}  // namespace knead::api
