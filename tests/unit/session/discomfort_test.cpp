// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/discomfort.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "daemon/core/ceiling.hpp"
#include "daemon/session/own_band.hpp"

namespace knead::session {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

/// A hand, a thumb and a clock. Everything goes by 10 ms.
class Rig {
 public:
  explicit Rig(DiscomfortProtocol protocol = {}) : set(protocol) {}

  void reading(double newtons, bool button = false, Quality quality = Quality::kGood) {
    t_ += 10ms;
    Sample sample;
    sample.force = {newtons};
    sample.quality = quality;
    if (button) sample.quality |= Quality::kButton;
    set.on_sample(t_, sample);
    for (Cue& cue : set.take_cues()) cues.push_back(std::move(cue));
  }
  void hold(std::chrono::milliseconds time, double newtons) {
    for (auto t = 0ms; t < time; t += 10ms) reading(newtons);
  }
  /// Leans on at @p rate until @p press_at, presses, lets go and rests.
  void trial(double rate, double press_at) {
    ramp(rate, press_at);
    reading(press_at, true);
    hold(16s, 0);
  }
  void ramp(double rate, double to) {
    for (double f = 2.0; f < to; f += rate / 100) reading(f);
  }
  [[nodiscard]] SessionTime now() const { return t_; }

  Discomfort set;
  std::vector<Cue> cues;

 private:
  SessionTime t_{};
};

TEST(Discomfort, ThreeGoodTrialsGiveAMeanAndTheSpreadBetweenThem) {
  Rig rig;
  rig.hold(1s, 0);
  for (const double force : {24.0, 27.0, 30.0}) rig.trial(5, force);
  ASSERT_TRUE(rig.set.ended());
  EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kDone);
  const auto result = result_of(rig.set);
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->mean_n, 27, 0.15);  // a press counts the median of its last 5 readings, 0.1 N below it
  EXPECT_NEAR(result->sd_n, 3, 0.05);
}

TEST(Discomfort, RepeatsATrialWhoseRateIsOffByMoreThanAQuarter) {
  Rig rig;
  rig.hold(1s, 0);
  rig.trial(5 * 1.3, 25);
  rig.trial(5 * 0.7, 25);
  rig.trial(5 * 1.2, 25);
  rig.trial(5 * 0.8, 25);
  EXPECT_THAT(rig.set.trials(), ElementsAre(Field(&DiscomfortTrial::verdict, TrialVerdict::kTooFast),
                                            Field(&DiscomfortTrial::verdict, TrialVerdict::kTooSlow),
                                            Field(&DiscomfortTrial::verdict, TrialVerdict::kGood),
                                            Field(&DiscomfortTrial::verdict, TrialVerdict::kGood)));
  EXPECT_NEAR(rig.set.trials()[0].rate_n_per_s, 6.5, 0.1);
  rig.trial(5, 25);
  EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kDone);
  EXPECT_NEAR(result_of(rig.set)->mean_n, 25, 0.15) << "the repeated ones do not count";
}

TEST(Discomfort, SaysWhenTheRampIsTooFastOrTooSlow) {
  const auto said = [](double rate) {
    Rig rig;
    rig.hold(1s, 0);
    rig.ramp(rate, 25);
    std::string all;
    for (const Cue& cue : rig.cues) all += cue.text + "|";
    return all;
  };
  EXPECT_THAT(said(9), HasSubstr("Slower"));
  EXPECT_THAT(said(2.5), HasSubstr("faster"));
  EXPECT_THAT(said(5), testing::AllOf(testing::Not(HasSubstr("Slower")), testing::Not(HasSubstr("faster"))));
}

TEST(Discomfort, ShowsTheRateOfTheLastHalfSecond) {
  Rig rig;
  rig.hold(1s, 0);
  EXPECT_EQ(rig.set.rate_n_per_s(), std::nullopt);
  rig.ramp(8, 20);
  ASSERT_TRUE(rig.set.rate_n_per_s());
  EXPECT_NEAR(*rig.set.rate_n_per_s(), 8, 0.01);
}

TEST(Discomfort, NeverAsksAnybodyToPressBeyondItsStop) {
  Rig rig;
  rig.hold(1s, 0);
  rig.ramp(5, 100);
  EXPECT_TRUE(rig.set.ended());
  EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kAboveStop);
  EXPECT_THAT(rig.set.reason(), HasSubstr("46 N"));
  EXPECT_EQ(rig.cues.back().text, "Let go now");
  EXPECT_EQ(rig.cues.back().urgency, Urgency::kHigh);
  EXPECT_EQ(result_of(rig.set), std::nullopt);
  EXPECT_LT(rig.set.force().value, 46.2);
}

TEST(Discomfort, ARampThatWasTooFastAndMetTheStopIsRepeatedAfterLettingGo) {
  Rig rig;
  rig.hold(1s, 0);
  rig.ramp(30, 46.5);
  ASSERT_EQ(rig.set.trials().size(), 1U);
  EXPECT_EQ(rig.set.trials()[0].verdict, TrialVerdict::kTooFast);
  EXPECT_EQ(rig.cues.back().urgency, Urgency::kHigh);
  EXPECT_FALSE(rig.set.ended());
}

TEST(Discomfort, ALoweredHardLimitLowersTheStopAndAHigherOneRaisesNothing) {
  EXPECT_EQ(DiscomfortProtocol::below(Newtons{40}).stop, Newtons{26});
  EXPECT_EQ(DiscomfortProtocol::below(Newtons{1000}).stop, DiscomfortProtocol{}.stop);
  EXPECT_LT(DiscomfortProtocol{}.stop, ceiling::kHardLimit);
}

TEST(Discomfort, WaitsForTheHandToBeLiftedBeforeItBegins) {
  Rig rig;
  rig.hold(5s, 12);
  EXPECT_EQ(rig.set.phase(), DiscomfortPhase::kRest);
  EXPECT_EQ(rig.cues.front().kind, CueKind::kLetGo);
  rig.hold(1s, 0);
  EXPECT_EQ(rig.set.phase(), DiscomfortPhase::kReady);
}

TEST(Discomfort, RestsBetweenTrials) {
  Rig rig;
  rig.hold(1s, 0);
  rig.ramp(5, 25);
  rig.reading(25, true);
  EXPECT_EQ(rig.set.phase(), DiscomfortPhase::kRest);
  rig.hold(14s, 0);
  EXPECT_EQ(rig.set.phase(), DiscomfortPhase::kRest);
  EXPECT_GT(rig.set.rest_left(), 0us);
  rig.hold(1100ms, 0);
  EXPECT_EQ(rig.set.phase(), DiscomfortPhase::kReady);
}

TEST(Discomfort, AButtonThatIsHeldDownIsOnePressAndOneHeldBeforehandIsNone) {
  Rig rig;
  rig.hold(1s, 0);
  rig.reading(0, true);
  for (double f = 2.0; f < 25; f += 0.05) rig.reading(f, true);
  EXPECT_EQ(rig.set.phase(), DiscomfortPhase::kRamp) << "it went down before the ramp began";
  EXPECT_TRUE(rig.set.trials().empty());
  rig.reading(25, false);
  for (int n = 0; n < 100; ++n) rig.reading(25, true);
  EXPECT_EQ(rig.set.trials().size(), 1U);
}

TEST(Discomfort, AKeyOfTheComputerIsASecondWayToPress) {
  Rig rig;
  rig.hold(1s, 0);
  rig.set.press(rig.now());
  EXPECT_TRUE(rig.set.trials().empty()) << "no ramp yet";
  rig.ramp(5, 25);
  rig.set.press(rig.now());
  EXPECT_THAT(rig.set.trials(), ElementsAre(Field(&DiscomfortTrial::verdict, TrialVerdict::kGood)));
}

TEST(Discomfort, ASlipOfTheThumbAndALettingGoAreRepeated) {
  Rig rig;
  rig.hold(1s, 0);
  rig.trial(5, 4);
  rig.ramp(5, 20);
  rig.hold(100ms, 0);
  EXPECT_THAT(rig.set.trials(), ElementsAre(Field(&DiscomfortTrial::verdict, TrialVerdict::kTooSoon),
                                            Field(&DiscomfortTrial::verdict, TrialVerdict::kLetGo)));
}

TEST(Discomfort, OneWildReadingAtThePressDoesNotCount) {
  Rig rig;
  rig.hold(1s, 0);
  rig.ramp(5, 25);
  rig.reading(40);
  rig.set.press(rig.now());
  ASSERT_EQ(rig.set.trials().size(), 1U);
  EXPECT_NEAR(rig.set.trials()[0].force.value, 25, 0.3);
}

TEST(Discomfort, APressOnAReadingThatCannotBeUsedCountsWithTheOnesJustBeforeIt) {
  Rig rig;
  rig.hold(1s, 0);
  rig.ramp(5, 25);
  rig.reading(1e6, true, Quality::kSaturated);
  ASSERT_THAT(rig.set.trials(), ElementsAre(Field(&DiscomfortTrial::verdict, TrialVerdict::kGood)));
  EXPECT_NEAR(rig.set.trials()[0].force.value, 25, 0.2);
}

TEST(Discomfort, APressAfterATenthOfASecondWithoutAReadingIsSaidToBeRepeated) {
  for (const bool with_button : {true, false}) {
    Rig rig;
    rig.hold(1s, 0);
    rig.ramp(5, 25);
    for (int n = 0; n < 15; ++n) rig.reading(1e6, false, Quality::kSaturated);
    if (with_button) {
      rig.reading(1e6, true, Quality::kSaturated);
    } else {
      rig.set.press(rig.now());
      rig.reading(1e6, false, Quality::kSaturated);
    }
    EXPECT_THAT(rig.set.trials(), ElementsAre(Field(&DiscomfortTrial::verdict, TrialVerdict::kNoReading)));
    EXPECT_THAT(rig.cues.back().text, HasSubstr("no reading"));
    EXPECT_EQ(rig.set.phase(), DiscomfortPhase::kRest);
  }
}

TEST(Discomfort, IsGivenUpAfterTooManyTrialsTooLongAWaitOrTooLongASet) {
  {
    Rig rig;
    rig.hold(1s, 0);
    for (int n = 0; n < 8; ++n) rig.trial(10, 25);
    EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kGivenUp);
    EXPECT_EQ(rig.set.trials().size(), 8U);
  }
  {
    Rig rig;
    rig.hold(62s, 0);
    EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kGivenUp);
    EXPECT_THAT(rig.set.reason(), HasSubstr("nobody"));
  }
  {
    Rig rig;
    rig.hold(481s, 12);  // never lifts the hand
    EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kGivenUp);
  }
}

TEST(Discomfort, ARampThatStaysBelowIsRepeatedAfterTwentySeconds) {
  Rig rig;
  rig.hold(1s, 0);
  rig.hold(21s, 10);
  EXPECT_THAT(rig.set.trials(), ElementsAre(Field(&DiscomfortTrial::verdict, TrialVerdict::kTooLong)));
}

TEST(Discomfort, R4_ASilentOrUnusableSensorEndsIt) {
  for (const Quality quality : {Quality::kSaturated, Quality::kSensorFault, Quality::kStuck, Quality::kUncalibrated}) {
    Rig rig;
    rig.hold(1s, 0);
    rig.ramp(5, 20);
    for (int n = 0; n < 51; ++n) rig.reading(20, false, quality);
    EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kNoReading);
  }
  Rig rig;
  rig.hold(1s, 0);
  rig.set.on_clock(rig.now() + 500ms);
  EXPECT_EQ(rig.set.outcome(), DiscomfortOutcome::kNoReading);
}

TEST(Discomfort, EndsWhenTheBallLeavesOrAPersonStopsIt) {
  Rig away;
  away.hold(1s, 0);
  away.set.on_ball_lost(away.now());
  EXPECT_EQ(away.set.outcome(), DiscomfortOutcome::kNoReading);
  Rig stopped;
  stopped.hold(1s, 0);
  stopped.set.stop(stopped.now());
  stopped.set.on_ball_lost(stopped.now());
  EXPECT_EQ(stopped.set.outcome(), DiscomfortOutcome::kStopped) << "the first end counts";
}

// ---- What a profile may take from it ----------------------------------------------------------------------------

TEST(OwnBand, EndsAtTheDiscomfortForceAndIsWideEnoughToBeMet) {
  const Band band = band_from_discomfort(Newtons{30}, Newtons{60}).value();
  EXPECT_EQ(band.hi, Newtons{30});
  EXPECT_DOUBLE_EQ(band.lo.value, 18);
  EXPECT_DOUBLE_EQ(band_from_discomfort(Newtons{15}, Newtons{60})->lo.value, 7) << "8 N wide";
}

TEST(OwnBand, EveryBandItGivesMayReplaceAStepsBand) {
  for (double force = 0; force <= 70; force += 0.25) {
    const auto band = band_from_discomfort(Newtons{force}, ceiling::kHardLimit);
    EXPECT_EQ(band.has_value(), force >= 11 && force <= 60) << force;
    if (band) {
      EXPECT_EQ(problem_with(*band, Routine{}.contact), std::nullopt) << force;
    }
  }
  EXPECT_FALSE(band_from_discomfort(Newtons{std::nan("")}, ceiling::kHardLimit));
  EXPECT_FALSE(band_from_discomfort(Newtons{30}, Newtons{25})) << "a lowered hard limit holds";
}

TEST(OwnBand, ASoftCapEndsEveryBandAndLeavesLowerOnesAlone) {
  EXPECT_EQ(under_cap(Band{}, Newtons{50}), Band{});
  EXPECT_EQ(under_cap(Band{}, Newtons{30}).hi, Newtons{30});
  EXPECT_EQ(under_cap(Band{}, Newtons{30}).lo, Newtons{15});
  for (double cap = 11; cap <= 60; cap += 0.25) {
    EXPECT_EQ(problem_with(under_cap(Band{}, Newtons{cap}), Routine{}.contact), std::nullopt) << cap;
  }
}

}  // namespace
}  // namespace knead::session
