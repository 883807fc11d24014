// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/set_coach.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace activation {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

struct Said {
  std::int64_t ms;
  std::uint32_t kind;
  std::string text;
  int count;
};

class SetCoachTest : public testing::Test, public SetOutput {
 protected:
  void begin() {
    plan_.exercise = exercises().front();
    coach_.emplace(plan_, *this);
    coach_->start(0);
  }
  /// A reading each 10 ms, a tick each 50 ms.
  void hold(double force_n, int ms) {
    for (int left = ms; left > 0; left -= 10) {
      now_us_ += 10'000;
      Reading reading;
      reading.t_us = now_us_;
      reading.force_n = force_n;
      coach_->feed(reading);
      if (now_us_ % 50'000 == 0) coach_->tick(now_us_);
    }
  }
  [[nodiscard]] int times(std::uint32_t kind) const {
    int n = 0;
    for (const Said& s : said_) n += s.kind == kind ? 1 : 0;
    return n;
  }
  void cue(std::uint32_t kind, std::string_view text, std::uint32_t /*urgency*/, int count) override {
    said_.push_back({now_us_ / 1000, kind, std::string(text), count});
  }
  void rep(int n, const Rep& rep, bool too_hard) override {
    EXPECT_EQ(n, static_cast<int>(reps_.size()) + 1);
    reps_.push_back(rep);
    too_hard_ += too_hard ? 1 : 0;
  }
  void finish(bool completed) override { finished_.push_back(completed); }

  SetPlan plan_;
  std::optional<SetCoach> coach_;
  std::int64_t now_us_ = 0;
  std::vector<Said> said_;
  std::vector<Rep> reps_;
  std::vector<bool> finished_;
  int too_hard_ = 0;
};

TEST_F(SetCoachTest, CountsDownAndThenAsksForTheFirstRep) {
  begin();
  hold(0.0, 6000);
  ASSERT_EQ(said_.size(), 5U);
  EXPECT_EQ(said_[0].kind, std::uint32_t{KNEAD_CUE_INFO});
  EXPECT_EQ(said_[1].count, 3);
  EXPECT_EQ(said_[1].ms, 3000);
  EXPECT_EQ(said_[3].text, "1.");
  EXPECT_EQ(said_[4].text, "Rep 1. Lift.");
  EXPECT_EQ(said_[4].ms, 6000);
}

TEST_F(SetCoachTest, ByPressTheNextCueWaitsForThePerson) {
  begin();
  hold(0.0, 9000);
  hold(5.0, 6000);  // three seconds late, and as slow as asked
  hold(0.0, 1200);
  EXPECT_EQ(times(KNEAD_CUE_REP_HOLD), 1);
  EXPECT_EQ(times(KNEAD_CUE_REP_DOWN), 1);
  EXPECT_EQ(times(KNEAD_CUE_REST), 1);
  EXPECT_EQ(times(KNEAD_CUE_REP_UP), 2);
  EXPECT_EQ(said_.back().text, "Rep 2. Lift.");
  EXPECT_EQ(said_.back().count, 2);
}

TEST_F(SetCoachTest, ByPressASlowPersonIsRemindedNowAndThen) {
  begin();
  hold(0.0, 6000);
  hold(0.0, 7900);
  EXPECT_EQ(times(KNEAD_CUE_REP_UP), 1);
  hold(0.0, 200);
  EXPECT_EQ(times(KNEAD_CUE_REP_UP), 2);
  EXPECT_THAT(said_.back().text, HasSubstr("When you are ready."));
  hold(0.0, 16'000);
  EXPECT_EQ(times(KNEAD_CUE_REP_UP), 4);
}

TEST_F(SetCoachTest, WhoHoldsTooLongIsToldToLetGo) {
  begin();
  hold(0.0, 6500);
  hold(5.0, 13'000);
  EXPECT_EQ(said_.back().kind, std::uint32_t{KNEAD_CUE_LET_GO});
}

TEST_F(SetCoachTest, ARepBeforeItsCueCounts) {
  begin();
  hold(0.0, 1000);
  hold(5.0, 1000);
  hold(0.0, 100);
  EXPECT_EQ(reps_.size(), 1U);
  EXPECT_EQ(times(KNEAD_CUE_COUNTDOWN), 0);
}

TEST_F(SetCoachTest, ABumpLeavesTheQuestionAsked) {
  begin();
  hold(0.0, 7000);
  hold(5.0, 100);
  hold(0.0, 1000);
  EXPECT_TRUE(reps_.empty());
  EXPECT_EQ(times(KNEAD_CUE_REP_UP), 1);
}

TEST_F(SetCoachTest, TheLastRepEndsTheSetAndNothingFollows) {
  plan_.reps = 2;
  begin();
  for (int i = 0; i < 4; ++i) {
    hold(0.0, 1000);
    hold(5.0, 500);
  }
  hold(0.0, 20'000);
  EXPECT_EQ(reps_.size(), 2U);
  EXPECT_THAT(finished_, ElementsAre(true));
  EXPECT_EQ(said_.back().text, "Done. 2 reps.");
}

TEST_F(SetCoachTest, NeverMoreThanNineReps) {
  plan_.reps = 1000;
  begin();
  for (int i = 0; i < 30; ++i) {
    hold(0.0, 500);
    hold(5.0, 500);
  }
  EXPECT_EQ(reps_.size(), 9U);
}

TEST_F(SetCoachTest, ATooHardRepIsSaidOnceAndAtOnce) {
  begin();
  hold(0.0, 7000);
  hold(8.0, 500);  // at the ceiling: not above it
  EXPECT_EQ(times(KNEAD_CUE_LIGHTER), 0);
  hold(8.1, 500);
  hold(9.0, 500);
  hold(0.0, 100);
  EXPECT_EQ(times(KNEAD_CUE_LIGHTER), 1);
  EXPECT_THAT(said_, Contains(AllOf(Field(&Said::kind, std::uint32_t{KNEAD_CUE_LIGHTER}), Field(&Said::ms, 7510))));
  EXPECT_EQ(too_hard_, 1);
}

TEST_F(SetCoachTest, ByTempoTheClockCountsAndTheForceIsLogged) {
  plan_.by_press = false;
  plan_.reps = 2;
  begin();
  hold(0.0, 6000);
  hold(4.0, 6000);
  hold(0.0, 20'000);
  ASSERT_EQ(reps_.size(), 2U);
  EXPECT_EQ(reps_[0].start_us, 6'000'000);
  EXPECT_EQ(reps_[0].duration_us, 6'000'000);
  EXPECT_EQ(reps_[0].peak_n, 4.0);
  EXPECT_NEAR(reps_[0].mean_n, 4.0, 0.05);
  EXPECT_EQ(reps_[1].start_us, 13'000'000) << "one second of rest";
  EXPECT_EQ(reps_[1].peak_n, 0.0);
  EXPECT_THAT(finished_, ElementsAre(true));
}

TEST_F(SetCoachTest, APauseDropsTheRepUnderWayAndBeginsWithACountdown) {
  begin();
  hold(0.0, 7000);
  hold(5.0, 1000);
  coach_->pause();
  const auto before = said_.size();
  hold(0.0, 30'000);
  EXPECT_EQ(said_.size(), before) << "silent while paused";
  coach_->resume(now_us_);
  EXPECT_TRUE(reps_.empty());
  hold(0.0, 6000);
  EXPECT_EQ(times(KNEAD_CUE_COUNTDOWN), 6);
  EXPECT_EQ(said_.back().text, "Rep 1. Lift.");
}

TEST_F(SetCoachTest, APressHeldThroughAPauseIsNoRep) {
  begin();
  hold(0.0, 7000);
  hold(5.0, 1000);
  coach_->pause();
  coach_->resume(now_us_);
  hold(5.0, 1000);
  hold(0.0, 100);
  EXPECT_TRUE(reps_.empty());
}

}  // namespace
}  // namespace activation
