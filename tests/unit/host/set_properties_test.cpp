// SPDX-License-Identifier: Apache-2.0
// What holds for a set whatever the forces, the routine and the pauses: docs/design.md, R1 and R8, and the bounds of
// knead/plugin.h.
#include <gtest/gtest.h>
#include <knead/plugin.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "plugins/activation/set_coach.hpp"

namespace activation {
namespace {

struct Move {
  enum class Kind : std::uint8_t { kHold, kDrum, kPause, kResume, kStall };
  Kind kind = Kind::kHold;
  double force_n = 0.0;
  int ms = 0;
};
void showValue(const Move& move, std::ostream& out) {  // NOLINT(readability-identifier-naming): rapidcheck's name
  out << "move " << static_cast<int>(move.kind) << " with " << move.force_n << " N for " << move.ms << " ms";
}

rc::Gen<SetPlan> any_plan() {
  return rc::gen::exec([] {
    const auto phase_us = [](int least_ms, int most_ms) { return *rc::gen::inRange(least_ms, most_ms) * 1000LL; };
    SetPlan plan;
    plan.exercise = *rc::gen::elementOf(std::vector<Exercise>(exercises().begin(), exercises().end()));
    plan.reps = *rc::gen::inRange(1, 51);  // as a custom routine may say
    plan.tempo = {phase_us(100, 4000), phase_us(0, 4000), phase_us(100, 4000), phase_us(0, 4000)};
    plan.detect = *rc::gen::element(Detection::kPress, Detection::kTempo);
    plan.press_n = *rc::gen::inRange(5, 100) / 10.0;
    plan.ceiling_n = plan.press_n + *rc::gen::inRange(1, 100) / 10.0;
    plan.max_elapsed_us = *rc::gen::inRange(0, 120) * kSecondUs;
    plan.haptics = *rc::gen::arbitrary<bool>();
    return plan;
  });
}

rc::Gen<std::vector<Move>> any_moves() {
  using Kind = Move::Kind;
  const auto kind = rc::gen::weightedElement<Kind>(
      {{30, Kind::kHold}, {4, Kind::kDrum}, {2, Kind::kPause}, {4, Kind::kResume}, {2, Kind::kStall}});
  return rc::gen::container<std::vector<Move>>(
      rc::gen::apply([](Kind k, int tenths, int ms) { return Move{k, tenths / 10.0, ms}; }, kind,
                     rc::gen::inRange(0, 250), rc::gen::inRange(1, 9000)));
}

/// Plays moves to a coach, and holds what it does to what must always be so.
class Witness : public SetOutput {
 public:
  explicit Witness(const SetPlan& plan) : plan_(within_bounds(plan)), coach_(plan, *this) {
    coach_.start(now_us_ = kBeginUs);
  }

  void play(const Move& move) {
    switch (move.kind) {
      case Move::Kind::kHold:
        return hold([&](int) { return move.force_n; }, move.ms);
      case Move::Kind::kDrum:  // between nothing and the force, as fast as there are readings
        return hold([&](int i) { return i % 2 == 0 ? 0.0 : move.force_n; }, move.ms);
      case Move::Kind::kPause:
        coach_.pause(now_us_);
        paused_ = true;
        return;
      case Move::Kind::kResume:
        if (paused_) resume();
        return;
      case Move::Kind::kStall:  // the plugin is kept from running: all of it comes in one event
        begin_event();
        for (int ms = 0; ms < move.ms; ms += kReadingMs) unheard_.push_back(reading(move.force_n));
        for (const Reading& each : unheard_) coach_.feed(each, now_us_);
        unheard_.clear();
        coach_.tick(now_us_);
        return;
    }
  }
  void resume() {
    begin_event();
    paused_ = false;
    coach_.resume(now_us_);
  }
  /// Nobody is there any more.
  void wait_for_the_end() {
    if (paused_) resume();
    const std::int64_t latest_us = now_us_ + plan_.max_elapsed_us + kSecondUs;
    while (!finished_ && now_us_ < latest_us) hold([](int) { return 0.0; }, 1000);
  }

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] int reps() const { return reps_; }

  void cue(const Cue& cue) override {
    RC_ASSERT(!finished_);
    RC_ASSERT(!paused_);
    RC_ASSERT(!cue.text.empty());
    RC_ASSERT(cue.text.size() <= std::size_t{KNEAD_MAX_CUE_TEXT});
    ++cues_in_second_[now_us_ / kSecondUs];
    count_action();
  }
  void rep(int n, const Rep& rep, bool too_hard) override {
    RC_ASSERT(!finished_);
    RC_ASSERT(!paused_);
    RC_ASSERT(n == ++reps_);
    RC_ASSERT(n <= std::min(plan_.reps, 9));
    RC_ASSERT(rep.start_us >= kBeginUs);
    RC_ASSERT(rep.duration_us > 0);
    RC_ASSERT(rep.start_us + rep.duration_us <= now_us_);
    if (plan_.detect == Detection::kPress) RC_ASSERT(rep.duration_us >= 300'000);
    RC_ASSERT(rep.start_us >= last_end_us_);
    last_end_us_ = rep.start_us + rep.duration_us;
    RC_ASSERT(rep.mean_n >= 0.0);
    RC_ASSERT(rep.peak_n >= rep.mean_n);
    RC_ASSERT(too_hard == (rep.peak_n > plan_.ceiling_n));
    count_action();
  }
  void haptic_tick() override {
    RC_ASSERT(plan_.haptics);
    RC_ASSERT(!finished_);
    RC_ASSERT(!paused_);
    count_action();
  }
  void finish(const SetTotals& totals, bool completed) override {
    RC_ASSERT(!finished_);
    RC_ASSERT(totals.reps() == reps_);
    RC_ASSERT(completed == (reps_ == plan_.reps));
    constexpr int kMeasures = 5;
    for (int i = 0; i < kMeasures + 1; ++i) count_action();
    finished_ = true;
  }

  /// The session takes 20 cues in a second, and two such windows may touch one of these.
  [[nodiscard]] int most_cues_in_a_second() const {
    int most = 0;
    for (const auto& [second, cues] : cues_in_second_) most = std::max(most, cues);
    return most;
  }

 private:
  static constexpr std::int64_t kBeginUs = 95'123'000;
  static constexpr int kReadingMs = 10;

  Reading reading(double force_n) {
    now_us_ += std::int64_t{1000} * kReadingMs;
    Reading out;
    out.t_us = now_us_;
    out.force_n = force_n;
    return out;
  }
  template <class Force>
  void hold(Force force, int ms) {
    for (int i = 0; i * kReadingMs < ms; ++i) {
      begin_event();
      const Reading next = reading(force(i));
      coach_.feed(next, now_us_);
      if (i % 5 == 0 && !paused_) coach_.tick(now_us_);
    }
  }
  void begin_event() { in_event_ = 0; }
  void count_action() {
    RC_ASSERT(++in_event_ <= KNEAD_MAX_ACTIONS_PER_EVENT);
    RC_ASSERT(++in_second_[now_us_ / kSecondUs] <= KNEAD_MAX_ACTIONS_PER_SECOND / 2);
  }

  SetPlan plan_;
  std::int64_t now_us_ = 0;
  std::vector<Reading> unheard_;
  bool paused_ = false;
  bool finished_ = false;
  int reps_ = 0;
  std::int64_t last_end_us_ = 0;
  int in_event_ = 0;
  std::map<std::int64_t, int> in_second_;
  std::map<std::int64_t, int> cues_in_second_;
  SetCoach coach_;  // last: it speaks in the constructor
};

RC_GTEST_PROP(SetProperty, R8_WhateverTheForcesTheSetStaysWithinItsBoundsAndEnds, ()) {
  Witness witness(*any_plan());
  for (const Move& move : *any_moves()) witness.play(move);
  witness.wait_for_the_end();
  RC_ASSERT(witness.finished());
  RC_ASSERT(witness.most_cues_in_a_second() <= 20);
}

RC_GTEST_PROP(SetProperty, ASetThatThePlanLeavesTimeForIsCompletedByTheClockAlone, ()) {
  SetPlan plan = *any_plan();
  plan.detect = Detection::kTempo;
  Witness witness(plan);
  witness.wait_for_the_end();
  const auto has_time = [&plan](std::int64_t more_us) {
    SetPlan longer = within_bounds(plan);
    longer.max_elapsed_us += more_us;
    return !problem_with(longer).has_value();
  };
  const bool done = witness.reps() == within_bounds(plan).reps;
  constexpr std::int64_t kTickUs = 50'000;  // the end is seen at one: what is short by less may be done or not
  RC_CLASSIFY(has_time(0));
  if (has_time(0)) {
    RC_ASSERT(done);
  } else if (!has_time(kTickUs)) {
    RC_ASSERT(!done);
  }
}

TEST(SetPlan, WhatNobodyCouldDoInItsTimeIsSaidWithTheRemedy) {
  SetPlan plan;
  plan.tempo = {2 * kSecondUs, 2 * kSecondUs, 2 * kSecondUs, kSecondUs};
  plan.detect = Detection::kTempo;
  plan.max_elapsed_us = 60 * kSecondUs;
  EXPECT_EQ(problem_with(plan).value(),
            "with the lead-in, 8 reps by tempo take 66 s, and the set may take 60 s; give max_elapsed_s = 66 or more");
  plan.max_elapsed_us = 66 * kSecondUs;
  EXPECT_FALSE(problem_with(plan).has_value());
  plan.max_elapsed_us = 60 * kSecondUs;
  plan.detect = Detection::kPress;
  EXPECT_FALSE(problem_with(plan).has_value()) << "a person may be quicker than the tempo";
}

}  // namespace
}  // namespace activation
