// SPDX-License-Identifier: Apache-2.0
// What holds for every order of events. R1: no interleaving leaves the motor on. R8: no session outlives its bound.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>

#include "daemon/session/event_json.hpp"
#include "tests/unit/session/rig.hpp"

namespace knead::session::test {
namespace {

enum class Act : std::uint8_t {
  kSamples,
  kClock,
  kPause,
  kResume,
  kTrip,
  kFault,
  kTripCleared,
  kBallLost,
  kBallBack,
  kSamplesLost,
  kRep,
  kMotor,
  kCue,
  kFinish,
  kPluginFailed,
  kStop,
};

struct Move {
  Act act = Act::kClock;
  int value = 0;  ///< 0..999: force, time or choice, as the act needs it
};
void showValue(const Move& move, std::ostream& out) {  // NOLINT(readability-identifier-naming): rapidcheck's name
  out << "act " << static_cast<int>(move.act) << " value " << move.value;
}

rc::Gen<std::vector<Move>> any_moves() {
  const auto act = rc::gen::weightedElement<Act>({{40, Act::kSamples},
                                                  {8, Act::kClock},
                                                  {4, Act::kPause},
                                                  {8, Act::kResume},
                                                  {3, Act::kTrip},
                                                  {1, Act::kFault},
                                                  {4, Act::kTripCleared},
                                                  {3, Act::kBallLost},
                                                  {4, Act::kBallBack},
                                                  {2, Act::kSamplesLost},
                                                  {6, Act::kRep},
                                                  {6, Act::kMotor},
                                                  {3, Act::kCue},
                                                  {1, Act::kFinish},
                                                  {1, Act::kPluginFailed},
                                                  {1, Act::kStop}});
  return rc::gen::container<std::vector<Move>>(
      rc::gen::apply([](Act a, int v) { return Move{a, v}; }, act, rc::gen::inRange(0, 1000)));
}

/// A short routine, so that random courses reach its end.
Routine short_routine() {
  Routine r = routine();
  r.method = Method::kCustom;
  r.release = {release_step(4s, 8s), release_step(3s, 6s)};
  r.release[1].side = StepSide::kLeft;
  r.activation->max_elapsed = 20s;
  return r;
}

/// What is known of the session from the outside only: from what was done to it.
struct Outside {
  bool paused = false;
  bool ball_here = true;
  std::map<std::string, bool> trips;
  std::optional<SessionTime> motor_asked;  ///< of the plugin, last
};

class Player {
 public:
  explicit Player(Routine r) : rig_(std::move(r), {}) {}

  void play(const Move& move) {
    Session& session = rig_.session;
    const std::string kind = move.value % 2 == 0 ? "over-force" : "silence";
    switch (move.act) {
      case Act::kSamples:
        for (int i = 0; i <= move.value / 10; ++i) {
          rig_.sample(move.value % 50, move.value % 23 == 0 ? Quality::kGapBefore : Quality::kGood);
          check();
        }
        break;
      case Act::kClock:
        rig_.wait(std::chrono::milliseconds(move.value * 5));
        break;
      case Act::kPause:
        session.pause(rig_.t, "test");
        out_.paused = true;
        break;
      case Act::kResume: {
        const bool may = !session.ended() && out_.paused && out_.ball_here;
        RC_ASSERT(session.resume(rig_.t).has_value() == may);
        if (may) out_.paused = false;
        break;
      }
      case Act::kTrip:
        session.on_trip(rig_.t, kind, "test", false);
        out_.trips[kind] = true;
        break;
      case Act::kFault:
        session.on_trip(rig_.t, "fault", "test", true);
        RC_ASSERT(session.ended());
        break;
      case Act::kTripCleared:
        session.on_trip_cleared(rig_.t, kind);
        out_.trips[kind] = false;
        break;
      case Act::kBallLost:
        session.on_ball_lost(rig_.t);
        if (out_.ball_here) out_.paused = true;
        out_.ball_here = false;
        break;
      case Act::kBallBack:
        session.on_ball_back(rig_.t);
        out_.ball_here = true;
        break;
      case Act::kSamplesLost:
        session.on_samples_lost(rig_.t, static_cast<std::uint64_t>(move.value));
        break;
      case Act::kRep:
        rig_.rep(move.value / 100.0);
        break;
      case Act::kMotor:
        rig_.plugin(action::RequestMotor{{.level = {255}}, std::chrono::milliseconds(move.value - 100)});
        out_.motor_asked = rig_.t;
        break;
      case Act::kCue:
        rig_.plugin(action::ShowCue{{.text = "cue"}});
        break;
      case Act::kFinish:
        rig_.plugin(action::Finish{move.value % 2 == 0});
        break;
      case Act::kPluginFailed:
        session.on_plugin_failed(rig_.t, "test");
        break;
      case Act::kStop:
        session.stop(rig_.t, "test");
        RC_ASSERT(session.ended());
        break;
    }
    rig_.collect();
    check();
  }

  /// Straight to the activation, which random courses seldom reach.
  void release_well() {
    rig_.hold(20, 5s);
    rig_.hold(0, 1s);
    rig_.hold(20, 4s);
    RC_ASSERT(rig_.session.snapshot().phase == Phase::kActivation);
  }

  /// Nobody does anything more.
  void let_time_pass() {
    rig_.wait(1h);
    check();
    RC_ASSERT(rig_.session.ended());
    const auto ended = rig_.all<event::SessionEnded>();
    RC_ASSERT(ended.size() == 1U);
    const auto contact = rig_.session.first_contact();
    const SessionTime limit = contact ? *contact + rig_.session.routine().worst_case() : SessionTime{} + kContactWait;
    RC_ASSERT(ended[0].first <= limit);
  }

  [[nodiscard]] const Rig& rig() const { return rig_; }
  [[nodiscard]] std::string bytes() const {
    std::string all;
    for (const Event& event : rig_.events) all += serialize(to_json(event)) + "\n";
    return all;
  }

 private:
  void check() const {
    // One assertion for all: rapidcheck writes down every expression it asserts, and this runs for every sample.
    if (const char* wrong = violation(); wrong != nullptr) RC_FAIL(wrong);
  }

  [[nodiscard]] const char* violation() const {
    const Session& session = rig_.session;
    if (rig_.motor_on()) {
      if (session.ended()) return "the motor runs after the end";
      if (out_.paused) return "the motor runs in a pause";
      if (!out_.ball_here) return "the motor runs without the ball";
      for (const auto& [kind, in_force] : out_.trips) {
        if (in_force) return "the motor runs though it is tripped";
      }
      const Snapshot shot = session.snapshot();
      if (shot.phase == Phase::kWaiting) return "the motor runs before the first contact";
      if (shot.force < session.routine().contact) return "the motor runs without contact";
      const bool asked = out_.motor_asked && rig_.t - *out_.motor_asked < 250ms;
      if (shot.phase == Phase::kActivation && !asked) return "the plugin's request outlives its quarter second";
    }
    for (const StepResult& step : session.steps()) {
      if (step.credited > step.elapsed) return "more is credited than went by";
      if (step.completed != (step.credited == step.target)) return "a step is completed by anything but its credit";
      if (step.credited > step.target) return "more is credited than was asked for";
    }
    if (session.reps().size() > 2U) return "more reps than the target";
    if (session.ended() && session.outcome() == Outcome::kCompleted) {
      for (const StepResult& step : session.steps()) {
        if (!step.completed) return "completed without a step";
      }
      if (session.reps().size() != 2U) return "completed without a rep";
    }
    return nullptr;
  }

  Rig rig_;
  Outside out_;
};

RC_GTEST_PROP(SessionProperty, R1NoOrderOfEventsLeavesTheMotorOnNorTheSessionRunning, ()) {
  Player player(short_routine());
  if (*rc::gen::arbitrary<bool>()) player.release_well();
  for (const Move& move : *any_moves()) player.play(move);
  player.let_time_pass();
}

RC_GTEST_PROP(SessionProperty, TheSameInputsGiveTheSameEventsToTheByte, ()) {
  const auto moves = *any_moves();
  Player once(short_routine());
  Player again(short_routine());
  for (const Move& move : moves) once.play(move);
  for (const Move& move : moves) again.play(move);
  RC_ASSERT(once.bytes() == again.bytes());
}

RC_GTEST_PROP(SessionProperty, EventsComeInTheOrderOfTheirTimes, ()) {
  Player player(short_routine());
  for (const Move& move : *any_moves()) player.play(move);
  player.let_time_pass();
  SessionTime last{};
  for (const Event& event : player.rig().events) {
    RC_ASSERT(event.t >= last);
    last = event.t;
  }
}

RC_GTEST_PROP(SessionProperty, CreditsWhatAFewLinesComputeFromTheForceTrace, ()) {
  // Stretches of random length at random forces, no gaps; the first contact is at the first sample.
  const auto stretches = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 600), rc::gen::inRange(1, 300)));
  Rig rig(release_only());
  rig.sample(3);
  std::vector<double> forces{3};
  for (const auto& [tenths, samples] : stretches) {
    for (int i = 0; i < samples; ++i) {
      forces.push_back(tenths / 10.0);
      rig.sample(tenths / 10.0);
    }
  }
  std::chrono::milliseconds credit{};
  bool in = false;
  for (std::size_t i = 0; i < forces.size() && i < 9000; ++i) {  // 90 s at 100 Hz: the step's end
    const bool was = in;
    in = was ? !(forces[i] < 14 || forces[i] > 41) : (forces[i] >= 15 && forces[i] <= 40);
    if (was && in && credit < 60s) credit += 10ms;
  }
  RC_ASSERT(rig.session.steps()[0].credited == credit);
}

}  // namespace
}  // namespace knead::session::test
