// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/methods.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/api/params.hpp"
#include "daemon/live/method_params.hpp"

namespace knead::live {

namespace {

using boost::json::object;
using boost::json::value;

constexpr std::chrono::milliseconds kLiveEvery{50};
constexpr std::size_t kMaxTripsInReport = 100;

std::vector<api::TripInfo> trip_infos(sampling::TripSet trips) {
  std::vector<api::TripInfo> out;
  trips.for_each([&](sampling::Trip t) {
    out.push_back({.kind = std::string(to_string(t)), .detail = std::string(explain(t)), .latched = is_latched(t)});
  });
  return out;
}

api::LatencyStatus figures(const Histogram& histogram) {
  const auto us = [](std::chrono::nanoseconds d) { return std::chrono::duration<double, std::micro>(d).count(); };
  const Histogram::Summary s = histogram.summary();
  return {.count = s.count, .p50_us = us(s.p50), .p99_us = us(s.p99), .p999_us = us(s.p999), .worst_us = us(s.worst)};
}

/// Where the scale of a calibrated ball comes from.
std::optional<api::CalibrationStatus> calibration_of(const Station& station, const record::InForce* known) {
  // Not what was true of another calibration.
  if (known == nullptr || !station.calibration().calibrated || known->state.calibration != station.calibration())
    return std::nullopt;
  const record::WallTime at(std::chrono::microseconds(known->scale.at_unix_us));
  const auto age = std::chrono::system_clock::now() - at;
  return api::CalibrationStatus{.at = known->scale.at,
                                .by_weights = known->scale.means == record::Means::kWeights,
                                .residual_pct = known->scale.residual_pct,
                                .age_days = to_seconds(age) / to_seconds(std::chrono::days(1))};
}

api::BallStatus status_of(const Station& station, const record::InForce* known) {
  const sampling::SamplerCounters& counters = station.counters();
  constexpr auto kRelaxed = std::memory_order_relaxed;
  api::BallStatus out{
      .serial = station.serial(),
      .path = station.path(),
      .firmware = fmt::format("{:x}.{:02x}", station.info().firmware >> 8U, station.info().firmware & 0xFFU),
      .rate_hz = station.info().rate_hz,
      .calibrated = station.calibration().calibrated,
      .calibration = calibration_of(station, known),
      .motor_level = Level{counters.motor_level.load(kRelaxed)}.fraction(),
      .trips = trip_infos(station.trips()),
      .samples = counters.samples.load(kRelaxed),
      .lost = counters.lost.load(kRelaxed),
      .reaction = figures(station.latency().reaction),
      .jitter = figures(station.latency().jitter),
      .delay = figures(station.latency().delay),
      .longest_gap_us = static_cast<double>(counters.worst_gap_ns.load(kRelaxed)) / 1e3,
  };
  if (counters.reports.load(kRelaxed) > 0) out.temperature_c = counters.temperature_c.load(kRelaxed);
  const auto newest = station.newest(HostClock::now(), kFreshForce);
  if (newest && usable(newest->quality)) out.force_n = newest->force.value;
  return out;
}

}  // namespace

Methods::Methods(boost::asio::io_context& io, api::Server& server, Daemon& daemon)
    : io_(io), server_(server), daemon_(daemon), live_timer_(io) {
  offer();
  offer_calibration();
  offer_safety();
  daemon_.listen(*this);
  schedule_live();
}

void Methods::offer() {
  server_.on("daemon.status", [this](const object& params, api::Connection&) -> Result<value> {
    if (auto ok = no_params(params); !ok) return ok;
    return to_json(status());
  });
  server_.on("devices.list", [this](const object& params, api::Connection&) -> Result<value> {
    if (auto ok = no_params(params); !ok) return ok;
    boost::json::array list;
    for (const api::BallStatus& ball : balls()) list.push_back(to_json(ball));
    return object{{"balls", std::move(list)}};
  });
  server_.on_late("session.run", [this](const object& params, api::Connection& from, const api::Server::Reply& reply) {
    run(params, from, reply);
  });
  server_.on("session.pause", [this](const object& params, api::Connection&) -> Result<value> {
    if (auto ok = no_params(params); !ok) return ok;
    if (auto done = daemon_.pause("a person"); !done) return std::unexpected(std::move(done.error()));
    return object{{"paused", true}};
  });
  server_.on("session.resume", [this](const object& params, api::Connection&) -> Result<value> {
    if (auto ok = no_params(params); !ok) return ok;
    if (auto done = daemon_.resume(); !done) return std::unexpected(std::move(done.error()));
    return object{{"resumed", true}};
  });
  server_.on("session.stop", [this](const object&, api::Connection&) -> Result<value> {
    // Whatever else the request says: a stop is a stop.
    daemon_.stop("a person");
    return object{{"stopped", true}};
  });
  server_.on("interlock.clear", [this](const object& params, api::Connection&) -> Result<value> {
    const auto serial = ball_param(params);
    if (!serial) return std::unexpected(serial.error());
    if (auto done = daemon_.clear(*serial); !done) return std::unexpected(std::move(done.error()));
    return object{{"cleared", true}};
  });
  server_.on("events.subscribe", [](const object& params, api::Connection& from) -> Result<value> {
    api::Params p(params);
    const bool live = p.boolean("live").value_or(false);
    if (auto ok = p.finish(); !ok) return std::unexpected(std::move(ok.error()));
    from.subscribe({.events = true, .live = live});
    return object{{"subscribed", true}};
  });
  server_.on_disconnect([this](api::ConnectionId connection) {
    // Not from here: a client may be dropped in the middle of an event that the session is just telling.
    boost::asio::post(io_, [this, connection] {
      if (owner_ == connection) pause_for_owner();
    });
  });
}

void Methods::run(const object& params, const api::Connection& from, const api::Server::Reply& reply) {
  const auto request = api::run_request_from(params);
  if (!request) return reply.send(std::unexpected(request.error()));
  const std::optional<api::ConnectionId> owner = request->own ? std::optional(from.id()) : std::nullopt;
  daemon_.run({.routine = request->routine,
               .side = request->side.value_or(session::Side::kRight),
               .profile = request->profile,
               .ball = request->ball,
               .nrs_before = request->nrs_before,
               .nrs_after = request->nrs_after},
              [this, owner, reply](const Result<const LiveSession*>& begun) {
                if (!begun) return reply.send(std::unexpected(begun.error()));
                owner_ = owner;
                const session::Session& running = (*begun)->session();
                reply.send(to_json(api::RunReply{.session_id = daemon_.record_status().session_id,
                                                 .title = running.routine().title,
                                                 .ball = (*begun)->station().serial(),
                                                 .side = running.options().side,
                                                 .custom = running.routine().method == session::Method::kCustom}));
                if (owner && !reply.client_is_there()) pause_for_owner();
              });
}

void Methods::pause_for_owner() {
  owner_.reset();
  // Whoever watched over the session is gone: the motor rests until somebody says to go on.
  static_cast<void>(daemon_.pause("the program that began the session is gone"));
}

std::vector<api::BallStatus> Methods::balls() const {
  std::vector<api::BallStatus> out;
  for (const auto& [serial, station] : daemon_.stations()) {
    if (station->connected()) out.push_back(status_of(*station, daemon_.calibrator().known(serial)));
  }
  for (const Daemon::Unusable& unusable : daemon_.unusable()) {
    out.push_back({.serial = unusable.ball.serial, .path = unusable.ball.path, .problem = unusable.problem});
  }
  return out;
}

api::DaemonStatus Methods::status() const {
  const record::RecorderStatus record = daemon_.record_status();
  api::DaemonStatus out{
      .pid = ::getpid(),
      .uptime_s = to_seconds(HostClock::now() - started_),
      .realtime = {.priority = daemon_.realtime().fifo ? daemon_.config().realtime.priority : 0,
                   .memory_locked = daemon_.realtime().memory_locked,
                   .cpu = daemon_.realtime().pinned ? daemon_.config().realtime.cpu : -1,
                   .cpu_latency_held = daemon_.cpu_latency_held(),
                   .detail = daemon_.realtime().notes},
      .record = {.database = daemon_.config().record.database,
                 .problem = record.missing(),
                 .write_failures = record.write_failures},
      .balls = balls(),
      .clients = server_.connections(),
      .dropped_clients = server_.counters().dropped_slow,
  };
  for (const auto& [serial, station] : daemon_.stations()) out.stop_latched |= station->stop_latched();
  if (const LiveSession* live = daemon_.session()) {
    const session::Snapshot now = live->session().snapshot();
    out.session = api::SessionStatus{.session_id = record.session_id,
                                     .routine = live->session().routine().id,
                                     .profile = daemon_.profile(),
                                     .ball = live->station().serial(),
                                     .side = now.side,
                                     .phase = now.phase,
                                     .paused = now.paused,
                                     .t_s = to_seconds(now.t.time_since_epoch())};
  }
  if (const LiveDiscomfort* live = daemon_.discomfort()) {
    out.discomfort = api::DiscomfortStatus{.set = live->number(),
                                           .profile = live->profile(),
                                           .ball = live->station().serial(),
                                           .side = live->side(),
                                           .good = live->set().good(),
                                           .trials = live->set().protocol().trials};
  }
  return out;
}

void Methods::on_session_event(const std::string& serial, const session::Event& event) {
  object json = session::to_json(event);
  json["ball"] = serial;
  json["session_id"] = daemon_.record_status().session_id;
  server_.notify_event("event", json);
}

void Methods::on_session_ended(std::int64_t session_id, const session::SessionReport& report) {
  owner_.reset();
  object json = session::to_json(report);
  json.erase("events");
  // A starved machine can trip hundreds of times in a session; the line must stay within what clients accept. All of
  // them were notified one by one, and all are in the record.
  if (boost::json::array& trips = json.at("trips").as_array(); trips.size() > kMaxTripsInReport) {
    const std::size_t omitted = trips.size() - kMaxTripsInReport;
    trips.resize(kMaxTripsInReport);
    json["trips_omitted"] = omitted;
  }
  server_.notify_event("ended", {{"session_id", session_id}, {"report", std::move(json)}});
}

void Methods::schedule_live() {
  live_timer_.expires_after(kLiveEvery);
  live_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    schedule_live();
    const LiveSession* live = daemon_.session();
    if (live == nullptr || !server_.has_live_subscribers()) return;
    const sampling::SamplerCounters& counters = live->station().counters();
    server_.notify_live(
        "live",
        to_json(api::LiveUpdate{.snapshot = live->session().snapshot(),
                                .motor_level = Level{counters.motor_level.load(std::memory_order_relaxed)}.fraction(),
                                .trips = trip_infos(live->station().trips())}));
  });
}

}  // namespace knead::live
