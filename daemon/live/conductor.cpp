// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/conductor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace knead::live {

Conductor::Conductor(session::Routine routine, const session::SessionOptions& options, PluginPort* plugin,
                     std::vector<SessionObserver*> observers)
    : session_(std::move(routine), options), plugin_(plugin), observers_(std::move(observers)) {}

void Conductor::on_sample(std::uint64_t ring_index, const Sample& sample) {
  if (ended()) return;
  apply_trips(ring_index);
  const unsigned anchors = timeline_.anchors();
  const SessionTime t = timeline_.place(ring_index, sample);
  next_index_ = ring_index + 1;
  if (timeline_.anchors() != anchors) {
    for (SessionObserver* observer : observers_) observer->on_anchor(timeline_.anchor());
  }

  const bool continues = has_sample_ && !has(sample.quality, Quality::kReanchored);
  if (continues && sample.seq > last_seq_ + 1) {
    const std::uint64_t missing = sample.seq - last_seq_ - 1;
    if (missing > explained_) session_.on_samples_lost(t, missing - explained_);
  }
  explained_ = 0;
  if (continues && sample.motor.value != 0) motor_on_ += t - last_sample_at_;
  motor_max_ = std::max(motor_max_, sample.motor);
  last_seq_ = sample.seq;
  last_sample_at_ = t;
  has_sample_ = true;

  ++samples_;
  for (SessionObserver* observer : observers_) observer->on_sample(t, sample);
  session_.on_sample(t, sample);
  pump();
}

void Conductor::on_ring_lost(std::uint64_t count) {
  if (ended() || count == 0) return;
  static_cast<void>(enter_now(session::input::RingLost{count}));
}

void Conductor::on_trip(const sampling::TripChange& change) { waiting_trips_.push_back(change); }

void Conductor::apply_trips(std::uint64_t before_index) {
  while (!waiting_trips_.empty() && waiting_trips_.front().ring_index <= before_index) {
    const sampling::TripChange change = waiting_trips_.front();
    waiting_trips_.pop_front();
    apply(change);
  }
}

void Conductor::apply(const sampling::TripChange& change) {
  if (ended()) return;
  // Whoever stops says so to the session too, and that is what ends it: a stop is a wish, no trouble to be warned of.
  if (change.trip == sampling::Trip::kStop) return;
  std::string kind{to_string(change.trip)};
  if (!change.began) {
    static_cast<void>(enter_now(session::input::TripCleared{std::move(kind)}));
    return;
  }
  std::string detail{explain(change.trip)};
  if (change.trip == sampling::Trip::kOverForce) detail += fmt::format(" ({:.0f} N)", change.force.value);
  static_cast<void>(enter_now(
      session::input::TripBegan{.kind = std::move(kind), .detail = std::move(detail), .fault = is_fault(change.trip)}));
}

void Conductor::on_silence(HostTime now) {
  if (ended()) return;
  apply_trips(next_index_);
  static_cast<void>(enter_now(session::input::Silence{now}));
}

void Conductor::on_ball_lost(HostTime now) {
  if (ended()) return;
  apply_trips(next_index_);
  static_cast<void>(enter_now(session::input::BallLost{now}));
}

void Conductor::on_ball_back(HostTime now) {
  if (ended()) return;
  static_cast<void>(enter_now(session::input::BallBack{now}));
}

void Conductor::on_plugin(session::input::PluginActed acted) {
  if (ended()) return;
  static_cast<void>(enter_now(std::move(acted)));
}

void Conductor::on_plugin_failed(const std::string& reason) {
  if (ended()) return;
  static_cast<void>(enter_now(session::input::PluginFailed{reason}));
}

void Conductor::pause(const std::string& reason) {
  if (ended() || session_.snapshot().paused) return;  // a silent ball pauses at every beat
  static_cast<void>(enter_now(session::input::Pause{reason}));
}

Result<> Conductor::resume() {
  if (ended()) return session_.resume(timeline_.last());
  return enter_now(session::input::Resume{});
}

void Conductor::stop(const std::string& by) {
  if (ended()) return;
  static_cast<void>(enter_now(session::input::Stop{by}));
}

// ---- What each input does -----------------------------------------------------------------------------------------

Result<> Conductor::enter(const session::Input& input) {
  tell(input);
  return std::visit([this](const auto& what) { return take(what); }, input.what);
}

void Conductor::tell(const session::Input& input) {
  for (SessionObserver* observer : observers_) observer->on_input(input);
}

Result<> Conductor::take(const session::input::RingLost& lost) {
  explained_ += lost.count;
  session_.on_samples_lost(timeline_.last(), lost.count);
  pump();
  return {};
}

Result<> Conductor::take(const session::input::TripBegan& trip) {
  session_.on_trip(timeline_.last(), trip.kind, trip.detail, trip.fault);
  pump();
  return {};
}

Result<> Conductor::take(const session::input::TripCleared& trip) {
  session_.on_trip_cleared(timeline_.last(), trip.kind);
  pump();
  return {};
}

Result<> Conductor::take(const session::input::Silence& silence) {
  session_.on_clock(timeline_.at(silence.now));
  pump();
  return {};
}

Result<> Conductor::take(const session::input::BallLost& lost) {
  session_.on_ball_lost(timeline_.at(lost.now));
  pump();
  return {};
}

Result<> Conductor::take(const session::input::BallBack& back) {
  session_.on_ball_back(timeline_.at(back.now));
  pump();
  return {};
}

Result<> Conductor::take(const session::input::PluginActed& acted) {
  session_.on_plugin(timeline_.last(), acted.action);
  pump();
  return {};
}

Result<> Conductor::take(const session::input::PluginFailed& failed) {
  session_.on_plugin_failed(timeline_.last(), failed.reason);
  pump();
  return {};
}

Result<> Conductor::take(const session::input::Pause& pause) {
  session_.pause(timeline_.last(), pause.reason);
  pump();
  return {};
}

Result<> Conductor::take(const session::input::Resume& /*unused*/) {
  auto done = session_.resume(timeline_.last());
  pump();
  return done;
}

Result<> Conductor::take(const session::input::Stop& stop) {
  session_.stop(timeline_.last(), stop.by);
  pump();
  return {};
}

Result<> Conductor::take(const session::input::TickSkipped& /*unused*/) { return {}; }
Result<> Conductor::take(const session::input::PluginHeard& /*unused*/) { return {}; }

void Conductor::pump() {
  // What a plugin answers makes new events; they are handed on until nobody has anything to say.
  for (auto events = session_.take_events(); !events.empty(); events = session_.take_events()) {
    for (session::Event& event : events) {
      for (SessionObserver* observer : observers_) observer->on_event(event);
      if (plugin_ != nullptr) {
        answers_.clear();
        plugin_->deliver(event, next_index_, timeline_.epoch(), answers_);
        for (session::input::PluginActed& answer : answers_) {
          const session::Input input{.samples = samples_, .what = std::move(answer)};
          tell(input);
          session_.on_plugin(timeline_.last(), std::get<session::input::PluginActed>(input.what).action);
        }
      }
      if (!std::holds_alternative<session::event::Tick>(event.what)) events_.push_back(std::move(event));
    }
  }
}

sampling::LeasedRequest Conductor::request(HostTime now, std::chrono::milliseconds lease) const {
  const session::MotorRequest wish = session_.motor_request();
  return {.level = wish.level, .pattern = wish.pattern, .frequency_hz = wish.frequency_hz, .expires = now + lease};
}

session::SessionReport Conductor::report() const {
  return session::report_of(session_, events_, {.on = motor_on_, .max = motor_max_});
}

}  // namespace knead::live
