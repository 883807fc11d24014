// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/event_json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <utility>

namespace knead::session {
namespace {

namespace json = boost::json;

/// To a millionth. Whole numbers become integers, and there is no minus zero: equal values print equal bytes.
json::value number(double value) {
  constexpr double kMillion = 1e6;
  constexpr double kExact = 1e9;  // beyond it a millionth is finer than a double
  if (!std::isfinite(value)) return nullptr;
  const double rounded = std::abs(value) < kExact ? std::round(value * kMillion) / kMillion : value;
  const double whole = std::trunc(rounded);
  if (whole == rounded && std::abs(whole) < kExact) return static_cast<std::int64_t>(whole);
  return rounded;
}
json::value number(std::optional<double> value) { return value ? number(*value) : json::value(nullptr); }
json::value seconds(std::chrono::microseconds duration) { return number(to_seconds(duration)); }
json::value seconds(SessionTime t) { return seconds(t.time_since_epoch()); }

struct EventFields {
  json::object& out;

  void operator()(const event::SessionStarted& /*unused*/) const {}
  void operator()(const event::Contact& /*unused*/) const {}
  void operator()(const event::StepAdded& e) const {
    out["step"] = e.step;
    out["credit_s"] = seconds(e.credit);
  }
  void operator()(const event::StepStarted& e) const {
    out["step"] = e.step;
    out["side"] = to_string(e.side);
  }
  void operator()(const event::BandEntered& /*unused*/) const {}
  void operator()(const event::BandLeft& e) const { out["above"] = e.above; }
  void operator()(const event::StepEnded& e) const {
    out["step"] = e.step;
    out["completed"] = e.completed;
    out["credited_s"] = seconds(e.credited);
    out["elapsed_s"] = seconds(e.elapsed);
  }
  void operator()(const event::ActivationStarted& /*unused*/) const {}
  void operator()(const event::RepDone& e) const { out["rep"] = to_json(e.rep); }
  void operator()(const event::ActivationEnded& e) const { out["completed"] = e.completed; }
  void operator()(const event::Cued& e) const {
    out["cue"] = to_json(e.cue);
    out["from_plugin"] = e.from_plugin;
  }
  void operator()(const event::Tripped& e) const {
    out["trip"] = e.kind;
    out["detail"] = e.detail;
    out["fault"] = e.fault;
  }
  void operator()(const event::TripCleared& e) const { out["trip"] = e.kind; }
  void operator()(const event::SamplesLost& e) const { out["count"] = e.count; }
  void operator()(const event::Paused& e) const { out["reason"] = e.reason; }
  void operator()(const event::Resumed& /*unused*/) const {}
  void operator()(const event::BallLost& /*unused*/) const {}
  void operator()(const event::BallBack& /*unused*/) const {}
  void operator()(const event::PluginFailed& e) const { out["reason"] = e.reason; }
  void operator()(const event::Noted& e) const {
    out["key"] = e.key;
    out["value"] = number(e.value);
    out["unit"] = e.unit;
    out["text"] = e.text;
  }
  void operator()(const event::Stopped& e) const { out["by"] = e.by; }
  void operator()(const event::SessionEnded& e) const {
    out["outcome"] = to_string(e.outcome);
    out["reason"] = e.reason;
  }
  void operator()(const event::Tick& /*unused*/) const {}
};

json::object release_json(const std::vector<StepResult>& steps) {
  std::chrono::microseconds credited{};
  std::chrono::microseconds elapsed{};
  std::chrono::microseconds target{};
  json::array each;
  for (const StepResult& step : steps) {
    credited += step.credited;
    elapsed += step.elapsed;
    target += step.target;
    each.push_back(json::object{{"muscle", step.muscle},
                                {"side", to_string(step.side)},
                                {"credited_s", seconds(step.credited)},
                                {"elapsed_s", seconds(step.elapsed)},
                                {"target_s", seconds(step.target)},
                                {"completed", step.completed}});
  }
  return {{"credited_s", seconds(credited)},
          {"elapsed_s", seconds(elapsed)},
          {"target_s", seconds(target)},
          {"completed", std::ranges::all_of(steps, &StepResult::completed)},
          {"steps", std::move(each)}};
}

}  // namespace

json::object to_json(const Event& event) {
  json::object out{{"t_s", seconds(event.t)}, {"kind", kind_of(event)}};
  std::visit(EventFields{out}, event.what);
  return out;
}

json::object to_json(const Cue& cue) {
  json::object out{{"kind", to_string(cue.kind)}, {"text", cue.text}, {"urgency", to_string(cue.urgency)}};
  if (cue.count) out["count"] = *cue.count;
  return out;
}

json::object to_json(const Rep& rep) {
  return {{"n", rep.n},
          {"start_s", seconds(rep.start)},
          {"duration_s", seconds(rep.duration)},
          {"peak_n", number(rep.peak.value)},
          {"mean_n", number(rep.mean.value)},
          {"impulse_ns", number(rep.impulse_ns)},
          {"too_hard", rep.too_hard}};
}

json::object to_json(const Measures& measures) {
  return {{"time_in_band_pct", number(measures.time_in_band_pct)},
          {"dose_ns", number(measures.dose_ns)},
          {"steadiness_cv", number(measures.steadiness_cv)},
          {"mean_force_n", number(measures.mean_force_n)},
          {"contact_s", number(measures.contact_s)},
          {"lost_samples_pct", number(measures.lost_samples_pct)}};
}

SessionReport report_of(const Session& session, std::vector<Event> events, MotorUse motor) {
  SessionReport report{.routine = session.routine().id,
                       .method = session.routine().method,
                       .side = session.options().side,
                       .outcome = session.outcome(),
                       .reason = session.reason(),
                       .elapsed = session.snapshot().t.time_since_epoch(),
                       .first_contact = session.first_contact(),
                       .steps = session.steps(),
                       .reps = session.reps(),
                       .target_reps = session.snapshot().target_reps,
                       .activation_completed = session.activation_completed(),
                       .measures = session.measures(),
                       .trips = {},
                       .samples = session.samples_received(),
                       .samples_lost = session.samples_lost(),
                       .motor_on = motor.on,
                       .motor_max = motor.max,
                       .events = std::move(events)};
  for (const Event& event : report.events) {
    if (const auto* trip = std::get_if<event::Tripped>(&event.what)) {
      report.trips.push_back({.t = event.t, .kind = trip->kind, .detail = trip->detail, .fault = trip->fault});
    }
  }
  return report;
}

json::object to_json(const SessionReport& report) {
  json::array reps;
  for (const Rep& rep : report.reps) reps.push_back(to_json(rep));
  json::array trips;
  for (const SessionReport::Trip& trip : report.trips) {
    trips.push_back(
        json::object{{"t_s", seconds(trip.t)}, {"kind", trip.kind}, {"detail", trip.detail}, {"fault", trip.fault}});
  }
  json::array events;
  for (const Event& event : report.events) {
    if (!std::holds_alternative<event::Tick>(event.what)) events.push_back(to_json(event));
  }
  return {
      {"routine", report.routine},
      {"method", to_string(report.method)},
      {"side", to_string(report.side)},
      {"outcome", to_string(report.outcome)},
      {"reason", report.reason},
      {"elapsed_s", seconds(report.elapsed)},
      {"contact_s", report.first_contact ? seconds(*report.first_contact) : json::value(nullptr)},
      {"release", release_json(report.steps)},
      {"activation",
       {{"reps", std::move(reps)}, {"target_reps", report.target_reps}, {"completed", report.activation_completed}}},
      {"measures", to_json(report.measures)},
      {"trips", std::move(trips)},
      {"samples", {{"count", report.samples}, {"lost", report.samples_lost}}},
      {"motor", {{"on_s", seconds(report.motor_on)}, {"max_level", number(report.motor_max.fraction())}}},
      {"events", std::move(events)}};
}

}  // namespace knead::session
