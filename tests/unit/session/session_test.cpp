// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/session.hpp"

#include <gmock/gmock.h>

#include "tests/unit/session/rig.hpp"

namespace knead::session::test {
namespace {

using testing::HasSubstr;

// ---- The course ---------------------------------------------------------------------------------------------------

TEST(Session, CompletesWhenTheReleaseIsCreditedAndEveryRepIsDone) {
  Rig rig;
  rig.release();
  EXPECT_EQ(rig.session.snapshot().phase, Phase::kActivation);
  rig.rep();
  rig.rep();
  rig.plugin(action::Finish{true});
  EXPECT_TRUE(rig.session.ended());
  EXPECT_EQ(rig.session.outcome(), Outcome::kCompleted);
  EXPECT_EQ(rig.session.steps()[0].credited, 60s);
  EXPECT_EQ(rig.session.reps().size(), 2U);
  EXPECT_EQ(rig.session.reps()[1].n, 2);
  EXPECT_TRUE(rig.session.activation_completed());
  EXPECT_EQ(rig.count<event::SessionEnded>(), 1U);
  EXPECT_EQ(kind_of(rig.events.back()), "session_ended");
  EXPECT_EQ(kind_of(rig.events.front()), "session_started");
}

TEST(Session, WaitsAMinuteForTheFirstContactAndNoLonger) {
  Rig rig;
  rig.hold(1.9, 59990ms);
  EXPECT_FALSE(rig.session.ended());
  rig.wait(10ms);
  EXPECT_TRUE(rig.session.ended());
  EXPECT_EQ(rig.session.outcome(), Outcome::kIncomplete);
  EXPECT_EQ(rig.session.first_contact(), std::nullopt);
}

TEST(Session, StartsTheStepsClockAtTheFirstContact) {
  Rig rig;
  rig.hold(0, 30s);
  rig.hold(20, 10s);
  EXPECT_EQ(rig.all<event::Contact>().at(0).first, SessionTime{30s + 10ms});
  EXPECT_EQ(rig.session.steps()[0].elapsed, 10s - 10ms);
  EXPECT_EQ(rig.session.steps()[0].credited, 10s - 10ms);
}

TEST(Session, EndsAStepUncompletedAtItsMaximumAndGoesOnToTheActivation) {
  Rig rig;
  rig.hold(5, 91s);
  const auto ended = rig.all<event::StepEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].first, SessionTime{90s + 10ms});
  EXPECT_FALSE(ended[0].second.completed);
  EXPECT_EQ(ended[0].second.elapsed, 90s);
  EXPECT_EQ(rig.session.snapshot().phase, Phase::kActivation);
  rig.rep();
  rig.rep();
  rig.plugin(action::Finish{true});
  EXPECT_EQ(rig.session.outcome(), Outcome::kIncomplete);
  EXPECT_THAT(rig.session.reason(), HasSubstr("the release did not get its time"));
}

TEST(Session, MeetsItsDeadlinesAtTheirOwnTimeWhenTimeJumps) {
  Rig rig;
  rig.sample(20);
  rig.wait(1h);
  EXPECT_EQ(rig.all<event::StepEnded>().at(0).first, SessionTime{90s + 10ms});
  EXPECT_EQ(rig.all<event::SessionEnded>().at(0).first, SessionTime{130s + 10ms});
  EXPECT_EQ(rig.count<event::Tick>(), 1U);
}

TEST(Session, EndsTheActivationAtItsMaximum) {
  Rig rig;
  rig.release();
  rig.rep();
  rig.hold(0, 41s);
  EXPECT_EQ(rig.session.outcome(), Outcome::kIncomplete);
  EXPECT_FALSE(rig.session.activation_completed());
  EXPECT_THAT(rig.session.reason(), HasSubstr("1 of 2 reps were done"));
}

TEST(Session, OfACustomRoutineWithoutActivationEndsAfterTheRelease) {
  Rig rig(release_only());
  rig.release();
  EXPECT_EQ(rig.session.outcome(), Outcome::kCompleted);
}

TEST(Session, ReplacesTheRoutinesBandByTheProfiles) {
  Rig rig(routine(), {.side = Side::kLeft, .band = Band{.lo = {5}, .hi = {10}, .hysteresis = {1}}});
  rig.hold(7, 5s);
  EXPECT_EQ(rig.session.steps()[0].credited, 5s - 10ms);
  EXPECT_EQ(rig.session.snapshot().side, Side::kLeft);
  EXPECT_EQ(rig.session.snapshot().band.hi, Newtons{10});
}

TEST(Session, TellsWhenTheBandIsEnteredAndLeft) {
  Rig rig;
  rig.hold(20, 1s);
  rig.hold(50, 1s);
  rig.hold(20, 1s);
  rig.hold(5, 1s);
  EXPECT_EQ(rig.count<event::BandEntered>(), 2U);
  const auto left = rig.all<event::BandLeft>();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_TRUE(left[0].second.above);
  EXPECT_FALSE(left[1].second.above);
}

TEST(Session, CountsLostSamplesAndCreditsNothingAcrossThem) {
  Rig rig;
  rig.hold(20, 1s);
  rig.session.on_samples_lost(rig.t, 100);
  rig.t += 1s;
  rig.hold(20, 1s);
  EXPECT_EQ(rig.session.steps()[0].credited, 1s - 10ms + 1s - 10ms);
  EXPECT_EQ(rig.all<event::SamplesLost>().at(0).second.count, 100U);
  EXPECT_EQ(rig.session.samples_lost(), 100U);
  EXPECT_EQ(rig.count<event::BandEntered>(), 1U) << "a gap in the band is no leaving of it";
}

// ---- Several steps ------------------------------------------------------------------------------------------------

Routine two_spots() {
  Routine both = release_only();
  both.release = {release_step(30s, 60s), release_step(30s, 60s)};
  both.release[0].side = StepSide::kRight;
  both.release[1].side = StepSide::kLeft;
  return both;
}

TEST(Session, StartsTheNextSpotsClockOnlyAfterLettingGo) {
  Rig rig(two_spots());
  rig.hold(20, 35s);
  EXPECT_EQ(rig.session.snapshot().step, 1);
  EXPECT_TRUE(rig.said("your left upper trapezius"));
  EXPECT_FALSE(rig.motor_on());
  EXPECT_EQ(rig.session.steps()[1].credited, 0s);
  rig.hold(0, 2s);
  rig.hold(20, 31s);
  EXPECT_TRUE(rig.session.ended());
  EXPECT_EQ(rig.session.outcome(), Outcome::kCompleted);
  EXPECT_EQ(rig.session.steps()[1].side, Side::kLeft);
}

TEST(Session, RunsTheNextSpotsClockAnywayAfterFifteenSeconds) {
  Rig rig(two_spots());
  rig.hold(20, 31s);
  const SessionTime began = rig.all<event::StepEnded>().at(0).first;
  rig.hold(20, 100s);
  EXPECT_EQ(rig.all<event::SessionEnded>().at(0).first, began + kSideChangeWait + 30s);
}

TEST(Session, GoesStraightOnWhenTheNextStepIsOnTheSameSpot) {
  Routine same = two_spots();
  same.release[1].side = StepSide::kRight;
  Rig rig(same);
  rig.hold(20, 61s);
  EXPECT_EQ(rig.session.outcome(), Outcome::kCompleted);
}

// ---- Bounds -------------------------------------------------------------------------------------------------------

TEST(Session, NeverOutlivesItsWorstCasePausesIncluded) {
  Rig rig;
  rig.hold(20, 10s);
  rig.session.pause(rig.t, "cli");
  rig.wait(10min);
  EXPECT_EQ(rig.all<event::SessionEnded>().at(0).first, SessionTime{240s + 10ms});
  EXPECT_EQ(rig.session.outcome(), Outcome::kIncomplete);
  EXPECT_THAT(rig.session.reason(), HasSubstr("240 seconds"));
}

TEST(Session, HoldsTheStepsClockInAPause) {
  Rig rig;
  rig.hold(5, 80s);
  rig.session.pause(rig.t, "cli");
  rig.wait(60s);
  ASSERT_TRUE(rig.session.resume(rig.t));
  rig.hold(5, 9s);
  EXPECT_EQ(rig.session.snapshot().phase, Phase::kRelease);
  rig.hold(5, 2s);
  EXPECT_EQ(rig.session.snapshot().phase, Phase::kActivation);
}

TEST(Session, LetsTheMotorRunFourMinutesAndNoLonger) {
  Routine longer = release_only();
  longer.release = {release_step(120s, 180s), release_step(120s, 180s)};
  Rig rig(longer);
  rig.hold(10, 180s + 59s);
  EXPECT_TRUE(rig.motor_on());
  rig.hold(10, 2s);
  EXPECT_FALSE(rig.motor_on());
  EXPECT_FALSE(rig.session.ended());
}

// ---- Motor --------------------------------------------------------------------------------------------------------

TEST(Session, VibratesOnlyInContact) {
  Rig rig;
  EXPECT_FALSE(rig.motor_on());
  rig.hold(1, 1s);
  EXPECT_FALSE(rig.motor_on());
  rig.sample(5);
  EXPECT_EQ(rig.session.motor_request(),
            (MotorRequest{.level = {128}, .pattern = protocol::Pattern::kSteady, .frequency_hz = 38}));
  rig.sample(1.9);
  EXPECT_FALSE(rig.motor_on());
  rig.sample(5, Quality::kStuck);
  EXPECT_FALSE(rig.motor_on());
}

TEST(Session, KeepsTheMotorOffWhileAnythingTripsIt) {
  Rig rig;
  rig.hold(20, 1s);
  rig.session.on_trip(rig.t, "over-force", "too much force", false);
  rig.session.on_trip(rig.t, "silence", "no samples", false);
  EXPECT_FALSE(rig.motor_on());
  rig.session.on_trip_cleared(rig.t, "over-force");
  EXPECT_FALSE(rig.motor_on());
  rig.session.on_trip_cleared(rig.t, "silence");
  EXPECT_TRUE(rig.motor_on());
  rig.collect();
  EXPECT_EQ(rig.count<event::Tripped>(), 2U);
  EXPECT_EQ(rig.count<event::TripCleared>(), 2U);
  EXPECT_TRUE(rig.said("The motor is off: too much force"));
  EXPECT_FALSE(rig.session.ended());
}

TEST(Session, EndsFaultedOnAFault) {
  Rig rig;
  rig.hold(20, 1s);
  rig.session.on_trip(rig.t, "sensor", "the sensor is stuck", true);
  rig.collect();
  EXPECT_EQ(rig.session.outcome(), Outcome::kFaulted);
  EXPECT_EQ(rig.session.reason(), "the sensor is stuck");
  EXPECT_FALSE(rig.motor_on());
  EXPECT_EQ(rig.count<event::StepEnded>(), 1U);
}

// ---- The person's wishes, the ball, the button --------------------------------------------------------------------

TEST(Session, CreditsNothingInAPauseNorAcrossIt) {
  Rig rig;
  rig.hold(20, 1s);
  rig.session.pause(rig.t, "cli");
  EXPECT_FALSE(rig.motor_on());
  rig.hold(20, 5s);
  ASSERT_TRUE(rig.session.resume(rig.t));
  rig.hold(20, 1s);
  EXPECT_EQ(rig.session.steps()[0].credited, 1s - 10ms + 1s - 10ms);
  EXPECT_LE(rig.session.steps()[0].credited, rig.session.steps()[0].elapsed);
}

TEST(Session, RefusesToResumeWhenNotPausedOrEnded) {
  Rig rig;
  EXPECT_EQ(rig.session.resume(rig.t).error().code, Errc::kRefused);
  rig.session.stop(rig.t, "cli");
  EXPECT_EQ(rig.session.resume(rig.t).error().code, Errc::kRefused);
}

TEST(Session, R5PausesWhenTheBallIsLostAndGoesOnOnlyWhenTold) {
  Rig rig;
  rig.hold(20, 1s);
  rig.session.on_ball_lost(rig.t);
  rig.collect();
  EXPECT_TRUE(rig.session.snapshot().paused);
  EXPECT_TRUE(rig.said("The ball is unplugged. Plug it in again."));
  EXPECT_FALSE(rig.motor_on());
  EXPECT_EQ(rig.session.resume(rig.t).error().code, Errc::kRefused);
  rig.session.on_ball_back(rig.t);
  rig.hold(20, 5s);
  EXPECT_TRUE(rig.session.snapshot().paused);
  EXPECT_TRUE(rig.said("Press resume to go on."));
  EXPECT_FALSE(rig.motor_on());
  ASSERT_TRUE(rig.session.resume(rig.t));
  rig.hold(20, 1s);
  EXPECT_TRUE(rig.motor_on());
  EXPECT_EQ(rig.session.steps()[0].credited, 1s - 10ms + 1s - 10ms);
}

TEST(Session, StopsWhenTheButtonGoesDown) {
  Rig rig;
  rig.hold(20, 1s);
  rig.sample(20, Quality::kButton);
  EXPECT_EQ(rig.session.outcome(), Outcome::kStopped);
  EXPECT_EQ(rig.all<event::Stopped>().at(0).second.by, "button");
}

TEST(Session, IsNotStoppedByTheButtonPressThatBeganIt) {
  Rig rig;
  rig.hold(0, 1s, Quality::kButton);
  EXPECT_FALSE(rig.session.ended());
  rig.hold(0, 1s);
  rig.sample(0, Quality::kButton);
  EXPECT_TRUE(rig.session.ended());
}

TEST(Session, StopsInAnyStateAndStaysStopped) {
  Rig rig;
  rig.session.pause(rig.t, "cli");
  rig.session.stop(rig.t, "signal");
  EXPECT_EQ(rig.session.outcome(), Outcome::kStopped);
  rig.collect();
  const auto before = rig.events.size();
  rig.release();
  rig.rep();
  rig.session.on_trip(rig.t, "x", "y", true);
  rig.session.stop(rig.t, "cli");
  rig.collect();
  EXPECT_EQ(rig.events.size(), before);
  EXPECT_FALSE(rig.motor_on());
}

TEST(Session, TakesATimeBeforeTheLastAsTheLast) {
  Rig rig;
  rig.hold(20, 10s);
  rig.session.on_clock(SessionTime{1s});
  EXPECT_EQ(rig.session.snapshot().t, SessionTime{10s});
}

// ---- Cues ---------------------------------------------------------------------------------------------------------

TEST(Session, TalksThePersonThroughAGoodRelease) {
  Rig rig(routine(), {.side = Side::kLeft});
  rig.hold(0, 1s);
  rig.hold(5, 3s);
  rig.hold(50, 3s);
  rig.hold(20, 62s);
  for (const char* text :
       {"Put the ball on your left upper trapezius and lean in.", "A little harder.", "A little lighter.",
        "Good. Hold it there.", "Ten more seconds.", "Well done. Let go of the pressure. Next: 2 very light reps."}) {
    EXPECT_TRUE(rig.said(text)) << text;
  }
}

TEST(Session, NeverSaysTwoCorrectionsWithinTwoSeconds) {
  Rig rig;
  for (int i = 0; i < 20; ++i) {
    rig.hold(5, 900ms);
    rig.hold(50, 900ms);
    rig.hold(20, 300ms);
  }
  std::optional<SessionTime> last;
  for (const auto& [at, cued] : rig.all<event::Cued>()) {
    const CueKind kind = cued.cue.kind;
    if (kind != CueKind::kHarder && kind != CueKind::kLighter && kind != CueKind::kHold) continue;
    if (last) {
      EXPECT_GE(at - *last, 2s);
    }
    last = at;
  }
  EXPECT_TRUE(last.has_value());
}

TEST(Session, TicksTwentyTimesASecondButNotInAPause) {
  Rig rig;
  rig.hold(0, 1s);
  EXPECT_EQ(rig.count<event::Tick>(), 21U);
  rig.session.pause(rig.t, "cli");
  rig.hold(0, 1s);
  EXPECT_EQ(rig.count<event::Tick>(), 21U);
}

}  // namespace
}  // namespace knead::session::test
