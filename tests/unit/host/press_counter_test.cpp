// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/rep.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace activation {
namespace {

/// Feeds a force for so many milliseconds, one reading each.
class Presser {
 public:
  std::vector<Rep> reps;
  PressCounter counter{3.0};

  void press(double force_n, int ms) {
    for (int i = 0; i < ms; ++i) {
      Reading reading;
      reading.t_us = now_us_;
      reading.force_n = force_n;
      feed(reading);
    }
  }
  void feed(Reading reading) {
    reading.t_us = now_us_;
    if (const auto rep = counter.feed(reading)) reps.push_back(*rep);
    now_us_ += 1000;
  }

 private:
  std::int64_t now_us_ = 0;
};

TEST(PressCounter, ARepRunsFromThePressToHalfOfIt) {
  Presser p;
  p.press(0.0, 100);
  p.press(2.9, 100);  // not yet
  p.press(3.0, 200);
  p.press(1.6, 200);  // still on
  p.press(1.5, 1);    // off
  ASSERT_EQ(p.reps.size(), 1U);
  EXPECT_EQ(p.reps[0].start_us, 200'000);
  EXPECT_EQ(p.reps[0].duration_us, 400'000);
}

TEST(PressCounter, ThreeTenthsOfASecondAreARepAndLessAreABump) {
  Presser p;
  p.press(0.0, 10);
  p.press(5.0, 299);
  p.press(0.0, 10);
  EXPECT_TRUE(p.reps.empty());
  p.press(5.0, 300);
  p.press(0.0, 10);
  EXPECT_EQ(p.reps.size(), 1U);
}

TEST(PressCounter, ThePressureLeftFromTheReleaseIsNoRep) {
  Presser p;
  p.press(25.0, 1000);
  p.press(0.0, 100);
  EXPECT_TRUE(p.reps.empty());
  p.press(5.0, 500);
  p.press(0.0, 100);
  EXPECT_EQ(p.reps.size(), 1U);
}

TEST(PressCounter, PeakMeanAndImpulseAreThoseOfTheRep) {
  Presser p;
  p.press(0.0, 10);
  p.press(4.0, 500);
  p.press(6.0, 500);
  p.press(0.0, 1);
  ASSERT_EQ(p.reps.size(), 1U);
  EXPECT_EQ(p.reps[0].peak_n, 6.0);
  EXPECT_NEAR(p.reps[0].mean_n, 5.0, 0.01);
  EXPECT_NEAR(p.reps[0].impulse_ns, 5.0, 0.01);
}

TEST(PressCounter, WhatIsLostInARepAddsNothing) {
  Presser whole;
  whole.press(0.0, 10);
  whole.press(4.0, 400);
  whole.feed({0, 4.0, true, false, false});  // readings were lost before this one
  whole.press(4.0, 400);
  whole.press(0.0, 1);
  ASSERT_EQ(whole.reps.size(), 1U);
  EXPECT_NEAR(whole.reps[0].impulse_ns, 0.8 * 4.0 - 0.001 * 4.0 - 0.001 * 2.0 + 0.004, 0.001);
  EXPECT_NEAR(whole.reps[0].mean_n, 4.0, 0.01);
}

TEST(PressCounter, AnUnusableReadingNeitherBeginsNorEndsARep) {
  Presser p;
  p.press(0.0, 10);
  p.feed({0, 50.0, false, true, false});
  EXPECT_FALSE(p.counter.pressing());
  p.press(5.0, 200);
  p.feed({0, 0.0, false, true, false});
  EXPECT_TRUE(p.counter.pressing());
  p.press(5.0, 200);
  p.press(0.0, 1);
  ASSERT_EQ(p.reps.size(), 1U);
  EXPECT_EQ(p.reps[0].peak_n, 5.0);
}

TEST(PressCounter, ABallThatBeganAnewDropsTheRepUnderWay) {
  Presser p;
  p.press(0.0, 10);
  p.press(5.0, 400);
  p.feed({0, 5.0, true, false, true});
  p.press(5.0, 400);
  p.press(0.0, 1);
  EXPECT_TRUE(p.reps.empty());
}

RC_GTEST_PROP(PressCounter, CountsAsAFewIndependentLinesDo, ()) {
  const auto tenths = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60));
  Presser p;  // each value for 50 ms
  for (const int value : tenths) p.press(value / 10.0, 50);

  std::size_t expected = 0;
  auto at = std::find_if(tenths.begin(), tenths.end(), [](int v) { return v <= 15; });
  for (;;) {
    const auto begin = std::find_if(at, tenths.end(), [](int v) { return v >= 30; });
    const auto end = std::find_if(begin, tenths.end(), [](int v) { return v <= 15; });
    if (end == tenths.end()) break;
    if (end - begin >= 6) ++expected;  // 6 * 50 ms
    at = end;
  }
  RC_ASSERT(p.reps.size() == expected);
}

}  // namespace
}  // namespace activation
