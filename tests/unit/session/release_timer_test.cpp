// SPDX-License-Identifier: Apache-2.0
// R7: credit is earned.
#include "daemon/session/release_timer.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/unit/session/band.hpp"

namespace knead::session {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

struct Reading {
  microseconds after;  ///< since the reading before
  double force;
  Quality quality = Quality::kGood;
};

microseconds credit_of(const std::vector<Reading>& readings, microseconds target = 1h) {
  ReleaseTimer timer(test::kBand, target);
  SessionTime t{};
  for (const Reading& reading : readings) timer.feed(t += reading.after, {reading.force}, reading.quality);
  return timer.credited();
}

TEST(ReleaseTimer, CreditsTheTimeBetweenTwoSamplesInBand) {
  EXPECT_EQ(credit_of({{0s, 20}, {10ms, 20}, {10ms, 20}}), 20ms);
}

TEST(ReleaseTimer, CreditsNothingForComingIntoTheBandNorForLeavingIt) {
  EXPECT_EQ(credit_of({{0s, 10}, {10ms, 20}}), 0ms);
  EXPECT_EQ(credit_of({{0s, 20}, {10ms, 10}}), 0ms);
  EXPECT_EQ(credit_of({{0s, 20}, {10ms, 50}, {10ms, 20}}), 0ms);
}

TEST(ReleaseTimer, TakesBothEndsOfTheBandIntoIt) { EXPECT_EQ(credit_of({{0s, 15}, {10ms, 40}}), 10ms); }

TEST(ReleaseTimer, ForgivesTheHysteresisOnlyToWhoIsInTheBand) {
  EXPECT_EQ(credit_of({{0s, 14.5}, {10ms, 14.5}}), 0ms);
  EXPECT_EQ(credit_of({{0s, 15}, {10ms, 14}, {10ms, 14.5}}), 20ms);
  EXPECT_EQ(credit_of({{0s, 40}, {10ms, 41}, {10ms, 40.5}}), 20ms);
  EXPECT_EQ(credit_of({{0s, 15}, {10ms, 13.9}, {10ms, 14.5}, {10ms, 14.5}}), 0ms);
}

TEST(ReleaseTimer, CreditsNothingAcrossAGap) {
  EXPECT_EQ(credit_of({{0s, 20}, {10ms, 20, Quality::kGapBefore}, {10ms, 20}}), 10ms);
  EXPECT_EQ(credit_of({{0s, 20}, {10ms, 20, Quality::kReanchored}, {10ms, 20}}), 10ms);
}

TEST(ReleaseTimer, IsInTheBandAgainAfterAGapOnlyWithoutTheHysteresis) {
  EXPECT_EQ(credit_of({{0s, 20}, {10ms, 14.5, Quality::kGapBefore}, {10ms, 14.5}}), 0ms);
}

TEST(ReleaseTimer, CreditsNothingForASampleThatCannotBeBelieved) {
  for (const Quality bad : {Quality::kSaturated, Quality::kUncalibrated, Quality::kSensorFault, Quality::kStuck}) {
    EXPECT_EQ(credit_of({{0s, 20}, {10ms, 20, bad}, {10ms, 20}, {10ms, 20}}), 10ms);
  }
  EXPECT_EQ(credit_of({{0s, 20}, {10ms, std::nan("")}, {10ms, 20}}), 0ms);
}

TEST(ReleaseTimer, DoesNotMindTheButton) { EXPECT_EQ(credit_of({{0s, 20}, {10ms, 20, Quality::kButton}}), 10ms); }

TEST(ReleaseTimer, CreditsNothingAcrossABreak) {
  ReleaseTimer timer(test::kBand, 1h);
  timer.feed(SessionTime{0s}, {20}, {});
  timer.break_interval();
  EXPECT_FALSE(timer.in_band());
  timer.feed(SessionTime{5s}, {20}, {});
  EXPECT_EQ(timer.credited(), 0s);
  EXPECT_TRUE(timer.in_band());
}

TEST(ReleaseTimer, EndsExactlyAtItsTarget) { EXPECT_EQ(credit_of({{0s, 20}, {10s, 20}}, 7s), 7s); }

TEST(ReleaseTimer, CreditsNothingWhenTheClockGoesBack) {
  ReleaseTimer timer(test::kBand, 1h);
  timer.feed(SessionTime{1s}, {20}, {});
  timer.feed(SessionTime{0s}, {20}, {});
  timer.feed(SessionTime{1s}, {20}, {});
  EXPECT_EQ(timer.credited(), 0s);
}

// ---- For any force ------------------------------------------------------------------------------------------------

/// Mostly near the band's ends, where mistakes are.
rc::Gen<double> any_force() {
  return rc::gen::map(rc::gen::inRange(0, 1100), [](int tenths) {
    return tenths < 500 ? tenths / 10.0 : tenths < 800 ? 13.5 + (tenths - 500) / 100.0 : 38.5 + (tenths - 800) / 100.0;
  });
}

rc::Gen<std::vector<Reading>> any_readings() {
  const auto quality = rc::gen::weightedElement<Quality>({{30, Quality::kGood},
                                                          {1, Quality::kGapBefore},
                                                          {1, Quality::kReanchored},
                                                          {1, Quality::kSaturated},
                                                          {1, Quality::kStuck | Quality::kGapBefore},
                                                          {1, Quality::kButton}});
  return rc::gen::container<std::vector<Reading>>(
      rc::gen::apply([](int us, double force, Quality q) { return Reading{microseconds(us), force, q}; },
                     rc::gen::inRange(0, 20000), any_force(), quality));
}

/// R7 and the band's definition in a few lines of their own.
microseconds independent_credit(const std::vector<Reading>& readings) {
  microseconds sum{};
  bool was_in = false;
  for (const auto& [after, force, quality] : readings) {
    const bool bad = (static_cast<unsigned>(quality) & 0b011110U) != 0;
    const bool gap = (static_cast<unsigned>(quality) & 0b100001U) != 0;
    bool is_in = !bad && (15 <= force && force <= 40);
    if (!bad && was_in && !gap) is_in = !(force < 14 || force > 41);
    if (was_in && is_in && !gap) sum += after;
    was_in = is_in;
  }
  return sum;
}

RC_GTEST_PROP(ReleaseTimerProperty, CreditsWhatAnIndependentComputationDoes, ()) {
  const auto readings = *any_readings();
  RC_ASSERT(credit_of(readings) == independent_credit(readings));
}

RC_GTEST_PROP(ReleaseTimerProperty, NeverCreditsMoreThanTheTimeThatWentByNorThanItsTarget, ()) {
  const auto readings = *any_readings();
  const microseconds target(*rc::gen::inRange(1, 100000));
  microseconds elapsed{};
  for (std::size_t i = 1; i < readings.size(); ++i) elapsed += readings[i].after;
  RC_ASSERT(credit_of(readings, target) <= elapsed);
  RC_ASSERT(credit_of(readings, target) == std::min(target, credit_of(readings)));
}

RC_GTEST_PROP(ReleaseTimerProperty, CreditsNothingOutOfBand, ()) {
  auto readings = *any_readings();
  for (Reading& reading : readings) {
    if (reading.force >= 14 && reading.force <= 41) reading.force = *rc::gen::element(0.0, 13.9, 41.1, 60.0);
  }
  RC_ASSERT(credit_of(readings) == 0us);
}

RC_GTEST_PROP(ReleaseTimerProperty, CreditsNothingWhereEverySampleFollowsAGap, ()) {
  auto readings = *any_readings();
  for (Reading& reading : readings) reading.quality |= Quality::kGapBefore;
  RC_ASSERT(credit_of(readings) == 0us);
}

}  // namespace
}  // namespace knead::session
