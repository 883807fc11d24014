// SPDX-License-Identifier: Apache-2.0
// What comes in: samples, time, trips, the person's wishes. The course it takes is in session_course.cpp.
#include "daemon/session/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/session/own_band.hpp"
#include "daemon/session/text.hpp"

namespace knead::session {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

}  // namespace

Session::Session(Routine routine, SessionOptions options)
    : routine_(std::move(routine)),
      options_(options),
      worst_case_(routine_.worst_case()),
      timer_(Band{}, {}),
      // A spoken cue takes about a second: 20 in one is a plugin gone wrong, not a lively one.
      cue_limit_(20, std::chrono::seconds(1)),
      note_limit_(50, std::chrono::seconds(1)),
      // A loose cable trips and clears many times a second.
      trip_cue_limit_(1, std::chrono::seconds(3)) {
  for (const ReleaseStep& each : routine_.release) {
    steps_.push_back({.target = each.credit, .side = resolve(each.side, options_.side), .muscle = each.muscle});
  }
  if (routine_.activation) further_left_ = routine_.activation->further_release;
  emit(event::SessionStarted{});
  cue(CueKind::kPress, fmt::format("Put the ball on {} and lean in.", spot()));
}

void Session::on_sample(SessionTime t, const Sample& sample) {
  advance(t);
  if (ended()) return;
  ++samples_received_;
  measures_.count_samples(1, 0);
  force_ = sample.force;
  believed_ = usable(sample.quality);
  const bool down = has(sample.quality, Quality::kButton);
  const bool pressed = down && button_ == false;
  button_ = down;
  if (pressed) return stop(now_, "button");
  if (paused_) return;
  if (phase_ == Phase::kWaiting && in_contact()) {
    first_contact_ = now_;
    emit(event::Contact{});
    begin_step(0);
  }
  if (phase_ == Phase::kRelease) feed_release(sample);
}

void Session::on_clock(SessionTime t) {
  break_intervals();  // what nobody felt earns nothing (R7)
  advance(t);
}

void Session::on_trip(SessionTime t, std::string_view kind, std::string_view detail, bool fault) {
  advance(t);
  if (ended()) return;
  event::Tripped trip{
      .kind = clean_text(kind, kMaxNameBytes), .detail = clean_text(detail, kMaxReasonBytes), .fault = fault};
  const bool is_new = trips_.insert(trip.kind).second;
  if (!is_new && !fault) return;
  emit(trip);
  if (fault) return end(Outcome::kFaulted, std::move(trip.detail));
  if (trip_cue_limit_.admits(now_)) cue(CueKind::kWarning, "The motor is off: " + trip.detail, Urgency::kHigh);
}

void Session::on_trip_cleared(SessionTime t, std::string_view kind) {
  advance(t);
  if (ended()) return;
  std::string name = clean_text(kind, kMaxNameBytes);
  if (trips_.erase(name) > 0) emit(event::TripCleared{std::move(name)});
}

void Session::on_samples_lost(SessionTime t, std::uint64_t count) {
  advance(t);
  if (ended() || count == 0) return;
  samples_lost_ += count;
  measures_.count_samples(0, count);
  break_intervals();
  emit(event::SamplesLost{count});
}

void Session::on_ball_lost(SessionTime t) {
  advance(t);
  if (ended() || !ball_here_) return;
  ball_here_ = false;
  emit(event::BallLost{});
  pause(now_, "the ball is unplugged");
  cue(CueKind::kWarning, "The ball is unplugged. Plug it in again.", Urgency::kHigh);
}

void Session::on_ball_back(SessionTime t) {
  advance(t);
  if (ended() || ball_here_) return;
  ball_here_ = true;
  // What was felt before says nothing about now.
  believed_ = false;
  emit(event::BallBack{});
  cue(CueKind::kInfo, "The ball is back. Press resume to go on.");
}

void Session::pause(SessionTime t, std::string_view reason) {
  advance(t);
  if (ended() || paused_) return;
  paused_ = true;
  plugin_motor_until_ = now_;
  break_intervals();
  emit(event::Paused{clean_text(reason, kMaxReasonBytes)});
  if (ball_here_) cue(CueKind::kInfo, "Paused. Press resume to go on.");
}

Result<> Session::resume(SessionTime t) {
  advance(t);
  if (ended()) return fail(Errc::kRefused, "the session has ended", "begin a new one with `knead run`");
  if (!paused_) return fail(Errc::kRefused, "the session is not paused", "`knead pause` pauses it");
  if (!ball_here_) return fail(Errc::kRefused, "the ball is unplugged", "plug it in again, then resume");
  paused_ = false;
  break_intervals();
  coach_.reset(now_);
  emit(event::Resumed{});
  if (phase_ == Phase::kActivation) {
    cue(CueKind::kInfo, "Go on with the exercise.");
  } else {
    cue(CueKind::kPress, "Go on: lean on the ball.");
  }
  return {};
}

void Session::stop(SessionTime t, std::string_view by) {
  advance(t);
  if (ended()) return;
  std::string who = clean_text(by, kMaxNameBytes);
  std::string why = "stopped by " + who;
  emit(event::Stopped{std::move(who)});
  end(Outcome::kStopped, std::move(why));
}

std::vector<Event> Session::take_events() { return std::exchange(events_, {}); }

MotorRequest Session::motor_request() const noexcept {
  if (ended() || paused_ || !ball_here_ || !trips_.empty() || vibrated_ >= kMaxVibration) return {};
  if (!in_contact()) return {};
  if (phase_ == Phase::kRelease && step_clock_runs_) return step().vibration;
  if (phase_ == Phase::kActivation && now_ < plugin_motor_until_) return plugin_motor_;
  return {};
}

Snapshot Session::snapshot() const {
  Snapshot shot{.phase = phase_,
                .paused = paused_,
                .t = now_,
                .force = force_,
                .in_band = in_band_,
                .band = band(),
                .step = static_cast<int>(step_),
                .steps = static_cast<int>(steps_.size()),
                .side = options_.side,
                .reps = static_cast<int>(reps_.size()),
                .target_reps = target_reps(),
                .last_cue = last_cue_};
  if (!steps_.empty()) {
    shot.side = steps_[step_].side;
    shot.credited = steps_[step_].credited;
    shot.target = steps_[step_].target;
  }
  return shot;
}

void Session::break_intervals() noexcept {
  timer_.break_interval();
  measures_.break_interval();
}

bool Session::in_contact() const noexcept { return believed_ && ball_here_ && force_ >= routine_.contact; }

Band Session::band() const noexcept {
  return band_of(routine_.release.empty() ? Band{} : step().band, options_.band, options_.soft_cap);
}

int Session::target_reps() const noexcept {
  if (!routine_.activation) return 0;
  return std::min(routine_.activation->reps, routine_.method == Method::kCustom ? kMaxCustomReps : kMaxReps);
}

void Session::cue(CueKind kind, std::string_view text, Urgency urgency, std::optional<int> count) {
  last_cue_ = {.kind = kind, .text = clean_text(text, kMaxCueBytes), .urgency = urgency, .count = count};
  emit(event::Cued{.cue = last_cue_, .from_plugin = false});
}

}  // namespace knead::session
