// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/set_coach.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/host/set_coach_rig.hpp"

namespace activation {
namespace {

using test::Rig;
using test::Said;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

class SetCoachTest : public testing::Test, public Rig {};

TEST_F(SetCoachTest, SaysThePlaceAndCountsDownAndThenAsksForTheFirstRep) {
  begin();
  hold(0.0, kLeadInMs);
  ASSERT_EQ(said.size(), 6U);
  EXPECT_THAT(texts(), ElementsAre(plan.exercise.setup, plan.exercise.ball, "3.", "2.", "1.", "Rep 1. Lift."));
  EXPECT_EQ(said[1].ms, 4000);
  EXPECT_EQ(said[2].ms, 7000);
  EXPECT_EQ(said[2].count, 3);
  EXPECT_EQ(said[5].ms, 10'000);
  EXPECT_EQ(said[5].count, 1);
}

TEST_F(SetCoachTest, ByPressTheNextCueWaitsForThePerson) {
  begin();
  hold(0.0, kLeadInMs + 3000);
  hold(5.0, 6000);  // three seconds late, and as slow as asked
  hold(0.0, 1200);
  EXPECT_EQ(times(CueKind::kRepHold), 1);
  EXPECT_EQ(times(CueKind::kRepDown), 1);
  EXPECT_EQ(times(CueKind::kRest), 1);
  EXPECT_EQ(times(CueKind::kRepUp), 2);
  EXPECT_EQ(said.back().text, "Rep 2. Lift.");
  EXPECT_EQ(said.back().count, 2);
}

TEST_F(SetCoachTest, ByPressASlowPersonIsRemindedNowAndThen) {
  begin();
  hold(0.0, kLeadInMs + 7900);
  EXPECT_EQ(times(CueKind::kRepUp), 1);
  hold(0.0, 200);
  EXPECT_EQ(times(CueKind::kRepUp), 2);
  EXPECT_EQ(said.back().text, "When you are ready. Rep 1. Lift.");
  hold(0.0, 16'000);
  EXPECT_EQ(times(CueKind::kRepUp), 4);
}

TEST_F(SetCoachTest, WhoHoldsTooLongIsToldToLetGo) {
  begin();
  hold(0.0, kLeadInMs + 500);
  hold(5.0, 13'000);
  EXPECT_EQ(said.back().kind, CueKind::kLetGo);
}

TEST_F(SetCoachTest, ARepInTheLeadInCountsAndTheLeadInGoesOn) {
  begin();
  hold(0.0, 1000);
  hold(5.0, 1000);
  hold(0.0, kLeadInMs - 2000);
  EXPECT_EQ(reps.size(), 1U);
  EXPECT_THAT(texts(), ElementsAre(plan.exercise.setup, plan.exercise.ball, "3.", "2.", "1.", "Rep 2. Lift."));
}

TEST_F(SetCoachTest, APressFromTheLeadInIsTheRepThatIsAskedForThen) {
  begin();
  hold(0.0, kLeadInMs - 500);
  hold(5.0, 5000);
  hold(0.0, 100);
  EXPECT_EQ(reps.size(), 1U);
  EXPECT_EQ(times(CueKind::kRepUp), 1);
  EXPECT_EQ(times(CueKind::kRepHold), 1);
  EXPECT_EQ(times(CueKind::kRepDown), 1);
}

TEST_F(SetCoachTest, ABumpLeavesTheQuestionAsked) {
  begin();
  hold(0.0, kLeadInMs + 1000);
  hold(5.0, 100);
  hold(0.0, 1000);
  EXPECT_TRUE(reps.empty());
  EXPECT_EQ(times(CueKind::kRepUp), 1);
}

TEST_F(SetCoachTest, ABumpInTheRestDoesNotShortenIt) {
  begin();
  hold(0.0, kLeadInMs);
  hold(5.0, 1000);
  hold(0.0, 500);
  hold(5.0, 100);
  hold(0.0, 300);
  EXPECT_EQ(times(CueKind::kRepUp), 1);
  hold(0.0, 200);
  EXPECT_EQ(times(CueKind::kRepUp), 2);
}

TEST_F(SetCoachTest, TheLastRepIsAnnouncedAndEndsTheSetAndNothingFollows) {
  plan.reps = 2;
  begin();
  hold(0.0, kLeadInMs);
  for (int i = 0; i < 4; ++i) {
    hold(5.0, 500);
    hold(0.0, 1200);
  }
  hold(0.0, 20'000);
  EXPECT_EQ(reps.size(), 2U);
  EXPECT_EQ(completed, true);
  EXPECT_THAT(texts(), Contains("Rep 2, the last. Lift."));
  EXPECT_EQ(said.back().text, "Done. 2 reps.");
}

TEST_F(SetCoachTest, R8_NeverMoreThanNineReps) {
  plan.reps = 1000;
  begin();
  for (int i = 0; i < 30; ++i) {
    hold(0.0, 500);
    hold(5.0, 500);
  }
  EXPECT_EQ(reps.size(), 9U);
}

TEST_F(SetCoachTest, ATooHardRepIsSaidOnceAndAtOnce) {
  begin();
  hold(0.0, 11'000);
  hold(8.0, 500);  // at the ceiling: not above it
  EXPECT_EQ(times(CueKind::kLighter), 0);
  hold(8.1, 500);
  hold(9.0, 2500);
  hold(0.0, 100);
  EXPECT_EQ(times(CueKind::kLighter), 1);
  EXPECT_THAT(said, Contains(AllOf(Field(&Said::kind, CueKind::kLighter), Field(&Said::ms, 11'510))));
  EXPECT_EQ(too_hard, 1);
}

TEST_F(SetCoachTest, TheSecondTooHardRepInARowGetsAStrongerSentenceAndALightOneEndsTheRow) {
  begin();
  hold(0.0, kLeadInMs);
  for (const double force : {9.0, 9.0, 5.0, 9.0}) {
    hold(force, 1500);
    hold(0.0, 1500);
  }
  std::vector<std::string> warnings;
  for (const Said& each : said) {
    if (each.kind == CueKind::kLighter) warnings.push_back(each.text);
  }
  EXPECT_THAT(warnings, ElementsAre("Lighter.", "Still too hard. Use half the effort.", "Lighter."));
  EXPECT_EQ(reps.size(), 4U) << "a rep that was too hard is a rep: there are no more for it";
}

TEST_F(SetCoachTest, WhoDrumsOnTheBallIsNotFloodedWithWarnings) {
  begin();
  hold(0.0, kLeadInMs);
  for (int i = 0; i < 100; ++i) {
    hold(20.0, 10);
    hold(0.0, 10);
  }
  EXPECT_LE(times(CueKind::kLighter), 3) << "in two seconds";
}

TEST_F(SetCoachTest, ByTempoTheClockCountsAndTheForceIsLogged) {
  plan.detect = Detection::kTempo;
  plan.reps = 2;
  begin();
  hold(0.0, kLeadInMs);
  hold(4.0, 6000);
  hold(0.0, 20'000);
  ASSERT_EQ(reps.size(), 2U);
  EXPECT_EQ(reps[0].start_us, 10'000'000);
  EXPECT_EQ(reps[0].duration_us, 6'000'000);
  EXPECT_EQ(reps[0].peak_n, 4.0);
  EXPECT_NEAR(reps[0].mean_n, 4.0, 0.05);
  EXPECT_EQ(reps[1].start_us, 17'000'000) << "one second of rest";
  EXPECT_EQ(reps[1].peak_n, 0.0);
  EXPECT_EQ(completed, true);
}

TEST_F(SetCoachTest, APauseDropsTheRepUnderWayAndBeginsWithThePlaceAndACountdown) {
  begin();
  hold(0.0, 11'000);
  hold(5.0, 1000);
  coach->pause(now_us);
  const auto before = static_cast<std::ptrdiff_t>(said.size());
  hold(0.0, 30'000);
  EXPECT_EQ(said.size(), static_cast<std::size_t>(before)) << "silent while paused";
  coach->resume(now_us);
  EXPECT_TRUE(reps.empty());
  hold(0.0, 7000);
  const auto all = texts();
  EXPECT_THAT(std::vector(all.begin() + before, all.end()),
              ElementsAre(plan.exercise.setup, "3.", "2.", "1.", "Rep 1. Lift."));
}

TEST_F(SetCoachTest, APauseInTheLeadInRepeatsAllOfIt) {
  begin();
  hold(0.0, 5000);
  coach->pause(now_us);
  coach->resume(now_us);
  hold(0.0, kLeadInMs);
  EXPECT_EQ(std::ranges::count(texts(), std::string(plan.exercise.ball)), 2);
}

TEST_F(SetCoachTest, APressHeldThroughAPauseIsNoRep) {
  begin();
  hold(0.0, 11'000);
  hold(5.0, 1000);
  coach->pause(now_us);
  coach->resume(now_us);
  hold(5.0, 1000);
  hold(0.0, 100);
  EXPECT_TRUE(reps.empty());
}

TEST_F(SetCoachTest, WhenTimeIsUpTheSetEndsIncompleteWithItsTotals) {
  plan.max_elapsed_us = 20 * kSecondUs;
  begin();
  hold(0.0, kLeadInMs);
  hold(5.0, 1000);
  hold(0.0, 30'000);
  EXPECT_EQ(completed, false);
  EXPECT_EQ(said.back().text, "Time is up. 1 of 8 reps.");
  EXPECT_EQ(said.back().ms, 19'750) << "before the session ends it and takes no more";
  EXPECT_EQ(totals.reps(), 1);
}

TEST_F(SetCoachTest, APauseDoesNotTakeFromTheTimeOfTheSet) {
  plan.max_elapsed_us = 20 * kSecondUs;
  begin();
  hold(0.0, 5000);
  coach->pause(now_us);
  hold(0.0, 60'000);
  coach->resume(now_us);
  hold(0.0, 14'700);
  EXPECT_FALSE(completed.has_value());
  hold(0.0, 100);
  EXPECT_EQ(completed, false);
}

TEST_F(SetCoachTest, TheTotalsAreThoseOfTheReps) {
  plan.reps = 2;
  begin();
  hold(0.0, kLeadInMs);
  hold(4.0, 1000);
  hold(0.0, 1000);
  hold(10.0, 2000);
  hold(0.0, 1000);
  ASSERT_EQ(completed, true);
  EXPECT_EQ(totals.reps(), 2);
  EXPECT_EQ(totals.too_hard_pct(), 50.0);
  EXPECT_NEAR(totals.under_load_s(), 3.0, 1e-9);
  EXPECT_EQ(totals.mean_peak_n(), 7.0);
  EXPECT_NEAR(totals.impulse_ns(), reps[0].impulse_ns + reps[1].impulse_ns, 1e-9);
}

TEST_F(SetCoachTest, OneHapticTickForUpTwoForHoldThreeForDown) {
  begin();
  hold(0.0, kLeadInMs);
  EXPECT_THAT(ticks_ms, IsEmpty()) << "by press, the tick for up comes with the press: only then is there contact";
  hold(5.0, 6000);
  EXPECT_THAT(ticks_ms, ElementsAre(10'050, 12'050, 12'250, 14'050, 14'250, 14'450));
}

TEST_F(SetCoachTest, APauseEndsTheHapticTicksUnderWay) {
  begin();
  hold(0.0, kLeadInMs);
  hold(5.0, 2050);
  ASSERT_EQ(ticks_ms.size(), 2U) << "one for up, the first for hold";
  coach->pause(now_us);
  coach->resume(now_us);
  hold(5.0, 1000);
  EXPECT_EQ(ticks_ms.size(), 2U);
}

TEST_F(SetCoachTest, ATimeThatCannotBeIsTakenAsTheNearestThatCan) {
  begin();
  hold(0.0, kLeadInMs);
  for (const auto& [force, off_us] : {std::pair{5.0, 900'000}, {5.0, -900'000}, {0.0, 900'000}}) {
    now_us += 400'000;
    Reading reading;
    reading.t_us = now_us + off_us;
    reading.force_n = force;
    coach->feed(reading, now_us);
  }
  ASSERT_EQ(reps.size(), 1U);
  EXPECT_EQ(reps[0].start_us, 10'400'000);
  EXPECT_EQ(reps[0].duration_us, 800'000);
}

TEST_F(SetCoachTest, WithoutHapticsTheMotorIsLeftAlone) {
  plan.haptics = false;
  begin();
  hold(0.0, kLeadInMs);
  hold(5.0, 6000);
  EXPECT_THAT(ticks_ms, IsEmpty());
}

TEST_F(SetCoachTest, APluginThatWasKeptFromRunningCatchesUpWithTheRepsAndNotWithTheTalking) {
  plan.detect = Detection::kTempo;
  begin();
  hold(0.0, kLeadInMs);
  const auto before = said.size();
  now_us += 21'500'000;  // three reps, unheard
  coach->tick(now_us);
  EXPECT_EQ(reps.size(), 3U);
  EXPECT_EQ(said.size(), before + 1);
  EXPECT_EQ(said.back().text, "Rep 4. Lift.");
}

}  // namespace
}  // namespace activation
