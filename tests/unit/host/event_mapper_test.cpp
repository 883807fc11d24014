// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/event_mapper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace knead::host {
namespace {

using namespace std::chrono_literals;
namespace what = session::event;
using session::Side;

class EventMapperTest : public testing::Test {
 protected:
  std::vector<EventFrame> map(decltype(session::Event::what) event) {
    return mapper_.map({SessionTime(5s), std::move(event)});
  }
  EventKind only(decltype(session::Event::what) event) {
    const auto frames = map(std::move(event));
    return frames.size() == 1 ? frames.front().kind : EventKind{};
  }
  EventMapper mapper_{Side::kRight};
};

TEST_F(EventMapperTest, APluginIsToldOfTheSessionsCourse) {
  EXPECT_EQ(only(what::SessionStarted{}), EventKind::kSessionStart);
  EXPECT_EQ(only(what::StepStarted{0, Side::kLeft}), EventKind::kSide);
  EXPECT_EQ(only(what::Paused{"by a person"}), EventKind::kPause);
  EXPECT_EQ(only(what::Resumed{}), EventKind::kResume);
  EXPECT_EQ(only(what::Tick{}), EventKind::kTick);
  EXPECT_EQ(only(what::Stopped{"button"}), EventKind::kStop);
  EXPECT_EQ(only(what::SessionEnded{session::Outcome::kStopped, ""}), EventKind::kEnd);
}

TEST_F(EventMapperTest, APluginIsNotToldOfItsOwnDoingsOrTheDaemonsWork) {
  EXPECT_TRUE(map(what::Cued{{}, true}).empty());
  EXPECT_TRUE(map(what::RepDone{{}}).empty());
  EXPECT_TRUE(map(what::BandEntered{}).empty());
  EXPECT_TRUE(map(what::SamplesLost{3}).empty());
  EXPECT_TRUE(map(what::ActivationEnded{true}).empty());
}

TEST_F(EventMapperTest, TheEndOfTheReleaseComesBeforeTheSetWithTheTotalsOfAllSteps) {
  (void)map(what::StepEnded{0, true, 45s, 50s});
  (void)map(what::StepEnded{1, false, 30s, 70s});
  const auto frames = map(what::ActivationStarted{});
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].kind, EventKind::kReleaseDone);
  EXPECT_FALSE(frames[0].completed);
  EXPECT_EQ(frames[0].credited, 75s);
  EXPECT_EQ(frames[0].elapsed, 120s);
  EXPECT_EQ(frames[1].kind, EventKind::kActivationStart);
  EXPECT_EQ(frames[1].t, SessionTime(5s));
}

TEST_F(EventMapperTest, WithoutAReleaseNothingIsSaidOfIt) {
  EXPECT_EQ(only(what::ActivationStarted{}), EventKind::kActivationStart);
}

TEST_F(EventMapperTest, TheStartNamesTheChosenSideAndAStepItsOwn) {
  EXPECT_EQ(map(what::SessionStarted{}).at(0).side, Side::kRight);
  EXPECT_EQ(map(what::StepStarted{1, Side::kLeft}).at(0).side, Side::kLeft);
}

}  // namespace
}  // namespace knead::host
