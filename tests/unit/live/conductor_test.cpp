// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/conductor.hpp"

#include <gtest/gtest.h>

#include "daemon/live/timeline.hpp"

namespace knead::live {
namespace {

using namespace std::chrono_literals;

session::Routine short_routine() {
  session::Routine routine;
  routine.id = "short";
  routine.method = session::Method::kCustom;
  routine.release.push_back(
      {.muscle = "upper_trapezius", .credit = 2s, .max_elapsed = 10s, .band = {}, .vibration = {.level = Level{100}}});
  return routine;
}

class Seen final : public SessionObserver {
 public:
  void on_event(const session::Event& event) override {
    if (kind_of(event) != "tick") kinds.emplace_back(kind_of(event));
  }
  void on_anchor(const Timeline::Anchor& anchor) override { anchors.push_back(anchor); }
  [[nodiscard]] bool has(std::string_view kind) const {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }
  std::vector<std::string> kinds;
  std::vector<Timeline::Anchor> anchors;
};

class ConductorTest : public testing::Test {
 protected:
  void press(double force, int samples) {
    for (int i = 0; i < samples; ++i) {
      next.force = Newtons{force};
      conductor.on_sample(index++, next);
      next.quality = Quality::kGood;
      ++next.seq;
      next.device_time += 1ms;
      next.host_time += 1ms;
    }
  }
  Seen seen;
  Conductor conductor{short_routine(), {}, nullptr, {&seen}};
  Sample next{.seq = 100, .device_time = DeviceTime(7s), .host_time = HostTime(1h)};
  std::uint64_t index = 0;
};

TEST_F(ConductorTest, CarriesAWholeSessionToItsReport) {
  press(20, 2500);
  ASSERT_TRUE(conductor.ended());
  const session::SessionReport report = conductor.report();
  EXPECT_EQ(report.outcome, session::Outcome::kCompleted);
  ASSERT_EQ(report.steps.size(), 1U);
  EXPECT_EQ(report.steps[0].credited, 2s);
}

TEST_F(ConductorTest, ALostStretchIsCountedOnceWhoeverLostIt) {
  press(20, 10);
  next.seq += 30;
  next.device_time += 30ms;
  next.host_time += 30ms;
  next.quality = Quality::kGapBefore;
  press(20, 1);
  EXPECT_EQ(conductor.session().samples_lost(), 30U);
  // The ring's reader was lapped: told first, then seen as a jump in the sequence too.
  conductor.on_ring_lost(20);
  next.seq += 20;
  next.device_time += 20ms;
  press(20, 1);
  EXPECT_EQ(conductor.session().samples_lost(), 50U);
}

TEST_F(ConductorTest, ATripTakesEffectBeforeTheSampleItPrecedes) {
  press(20, 50);
  EXPECT_GT(conductor.request(HostTime(2h), 250ms).level, Level{0});
  conductor.on_trip({.trip = sampling::Trip::kOverForce, .began = true, .ring_index = index + 3});
  press(20, 3);
  EXPECT_FALSE(seen.has("tripped"));
  press(20, 1);
  EXPECT_TRUE(seen.has("tripped"));
  EXPECT_EQ(conductor.request(HostTime(2h), 250ms).level, Level{0});
}

TEST_F(ConductorTest, R5_AReplugPausesAndNothingResumesByItself) {
  press(20, 500);
  conductor.on_ball_lost(next.host_time);
  EXPECT_EQ(conductor.request(next.host_time, 250ms).level, Level{0});
  conductor.on_silence(next.host_time + 1s);
  conductor.on_ball_back(next.host_time + 2s);
  // The ball began anew: its clock and sequence are at 0.
  next = {.seq = 0, .device_time = DeviceTime(0s), .host_time = next.host_time + 2s, .quality = Quality::kReanchored};
  press(20, 1000);
  EXPECT_EQ(conductor.request(next.host_time, 250ms).level, Level{0});
  EXPECT_LT(conductor.session().steps()[0].credited, 600ms);
  ASSERT_TRUE(conductor.resume());
  press(20, 10);
  EXPECT_GT(conductor.request(next.host_time, 250ms).level, Level{0});
  EXPECT_EQ(seen.anchors.size(), 2U);
  EXPECT_EQ(conductor.session().samples_lost(), 0U) << "a ball that was away lost nothing";
}

TEST(Timeline, RunsOnTheBallsClockWhateverTheHostsDoes) {
  Timeline timeline;
  Sample s{.device_time = DeviceTime(5s), .host_time = HostTime(1h)};
  EXPECT_EQ(timeline.place(0, s), SessionTime(0s));
  s.device_time += 10s;  // a ball that runs ten times as fast
  s.host_time += 1s;
  EXPECT_EQ(timeline.place(1, s), SessionTime(10s));
  EXPECT_EQ(timeline.epoch(), DeviceTime(5s));
}

TEST(Timeline, BridgesARestartOfTheBallByTheHostsClock) {
  Timeline timeline;
  Sample s{.device_time = DeviceTime(5s), .host_time = HostTime(1h)};
  timeline.place(0, s);
  s.device_time += 1s;
  s.host_time += 1s;
  timeline.place(1, s);
  const Sample fresh{.device_time = DeviceTime(1ms), .host_time = s.host_time + 3s, .quality = Quality::kReanchored};
  EXPECT_EQ(timeline.place(2, fresh), SessionTime(4s));
  EXPECT_EQ(timeline.anchors(), 2U);
}

TEST(Timeline, NeverGoesBackWhenSilenceWasBridgedBefore) {
  Timeline timeline;
  Sample s{.device_time = DeviceTime(5s), .host_time = HostTime(1h)};
  timeline.place(0, s);
  EXPECT_EQ(timeline.at(s.host_time + 2s), SessionTime(2s));
  // A reading of the silence that was only late, then one of now.
  s.device_time += 500ms;
  s.host_time += 500ms;
  EXPECT_EQ(timeline.place(1, s), SessionTime(2s));
  s.device_time += 2s;
  s.host_time += 2s;
  EXPECT_EQ(timeline.place(2, s), SessionTime(2500ms));
  EXPECT_EQ(timeline.anchors(), 1U);
}

}  // namespace
}  // namespace knead::live
