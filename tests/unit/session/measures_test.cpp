// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/measures.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

#include "tests/unit/session/band.hpp"

namespace knead::session {
namespace {

using namespace std::chrono_literals;

constexpr Newtons kTouch{2};

struct Reading {
  std::chrono::microseconds after;
  double force;
  bool gap = false;
};

Measures measures_of(const std::vector<Reading>& readings) {
  MeasuresAccumulator accumulator;
  SessionTime t{};
  for (const Reading& reading : readings) {
    Sample sample;
    sample.force = {reading.force};
    if (reading.gap) sample.quality = Quality::kGapBefore;
    accumulator.feed(t += reading.after, sample, test::kBand, kTouch);
  }
  return accumulator.result();
}

TEST(Measures, AreEmptyWithoutContact) {
  const Measures measures = measures_of({{0s, 0}, {1s, 1}, {1s, 2}});
  EXPECT_EQ(measures.time_in_band_pct, std::nullopt);
  EXPECT_EQ(measures.mean_force_n, std::nullopt);
  EXPECT_EQ(measures.steadiness_cv, std::nullopt);
  EXPECT_EQ(measures.dose_ns, 0);
  EXPECT_EQ(measures.contact_s, 0);
}

TEST(Measures, ComputeAShortCourseAsByHand) {
  // 1 s at 20 N (in band), 1 s from 20 to 10 N (not), 1 s at 10 N (not).
  const Measures measures = measures_of({{0s, 20}, {1s, 20}, {1s, 10}, {1s, 10}});
  EXPECT_DOUBLE_EQ(measures.contact_s, 3);
  EXPECT_DOUBLE_EQ(*measures.time_in_band_pct, 100.0 / 3);
  EXPECT_DOUBLE_EQ(measures.dose_ns, 20 + 15 + 10);
  EXPECT_DOUBLE_EQ(*measures.mean_force_n, 15);
  EXPECT_DOUBLE_EQ(*measures.steadiness_cv, std::sqrt(50.0 / 3) / 15);
}

TEST(Measures, GiveNoSteadinessUnderASecond) {
  EXPECT_EQ(measures_of({{0s, 20}, {900ms, 20}}).steadiness_cv, std::nullopt);
  EXPECT_EQ(measures_of({{0s, 20}, {1s, 20}}).steadiness_cv, 0.0);
}

TEST(Measures, LeaveOutWhatLiesAcrossAGap) {
  EXPECT_DOUBLE_EQ(measures_of({{0s, 20}, {1s, 20}, {1s, 20, true}, {1s, 20}}).contact_s, 2);
}

TEST(Measures, CountLostSamplesAgainstAll) {
  MeasuresAccumulator accumulator;
  accumulator.count_samples(90, 0);
  accumulator.count_samples(0, 10);
  EXPECT_DOUBLE_EQ(accumulator.result().lost_samples_pct, 10);
}

RC_GTEST_PROP(MeasuresProperty, AgreeWithTwoPassesOverTheWholeCourse, ()) {
  const auto readings = *rc::gen::container<std::vector<Reading>>(
      rc::gen::apply([](int us, int decinewtons,
                        int chance) { return Reading{std::chrono::microseconds(us), decinewtons / 10.0, chance == 0}; },
                     rc::gen::inRange(1, 300000), rc::gen::inRange(0, 500), rc::gen::inRange(0, 30)));
  double contact = 0;
  double band = 0;
  double dose = 0;
  const auto each_contact = [&](auto&& use) {
    for (std::size_t i = 1; i < readings.size(); ++i) {
      const double a = readings[i - 1].force;
      const double b = readings[i].force;
      if (!readings[i].gap && a > 2 && b > 2) use(static_cast<double>(readings[i].after.count()) / 1e6, a, b);
    }
  };
  each_contact([&](double dt, double a, double b) {
    contact += dt;
    dose += dt * (a + b) / 2;
    if (std::min(a, b) >= 15 && std::max(a, b) <= 40) band += dt;
  });
  double squares = 0;
  each_contact([&](double dt, double a, double b) { squares += dt * std::pow((a + b) / 2 - dose / contact, 2); });

  const Measures measures = measures_of(readings);
  const auto near = [](double x, double y) { return std::abs(x - y) <= 1e-9 * std::max(1.0, std::abs(y)); };
  RC_ASSERT(near(measures.contact_s, contact));
  RC_ASSERT(near(measures.dose_ns, dose));
  RC_ASSERT(measures.mean_force_n.has_value() == (contact > 0));
  if (contact > 0) {
    RC_ASSERT(near(*measures.time_in_band_pct, 100 * band / contact));
    RC_ASSERT(near(*measures.mean_force_n, dose / contact));
  }
  if (contact > 1.000001) RC_ASSERT(near(*measures.steadiness_cv, std::sqrt(squares / contact) / (dose / contact)));
}

}  // namespace
}  // namespace knead::session
