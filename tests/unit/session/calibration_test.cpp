// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/calibration.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace knead::session {
namespace {

using testing::HasSubstr;

constexpr double kSlope = 1.0 / 20'000.0;  // newtons per count, as the virtual ball's
constexpr std::int32_t kZero = 84'213;

/// @p count readings, a millisecond apart; @p raw says each from its number.
std::vector<Sample> readings(std::size_t count, const std::function<double(std::size_t)>& raw) {
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    Sample s;
    s.seq = 4000 + i;
    s.device_time = DeviceTime(std::chrono::milliseconds(7000 + static_cast<std::int64_t>(i)));
    s.raw = static_cast<std::int32_t>(std::lround(raw(i)));
    samples.push_back(s);
  }
  return samples;
}

/// Under a force that does not change, with the noise of a good converter.
std::vector<Sample> still(double force_n = 0.0, std::size_t count = 1500) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0.0, 6.0);
  return readings(count, [&](std::size_t) { return kZero + force_n / kSlope + noise(random); });
}

std::string refusal(std::span<const Sample> samples, std::optional<double> slope = kSlope) {
  const auto rest = at_rest(samples, slope);
  if (rest) return "at rest";
  EXPECT_EQ(rest.error().code, Errc::kRefused);
  EXPECT_FALSE(rest.error().remedy.empty());
  return rest.error().context;
}

TEST(AtRest, IsTheMeanOfTheLastSecond) {
  auto samples = still(19.6);
  for (std::size_t i = 0; i < 400; ++i) samples[i].raw += 500'000;  // the weight came down just before
  const auto rest = at_rest(samples, kSlope);
  ASSERT_TRUE(rest) << rest.error().message();
  EXPECT_NEAR(rest->raw, kZero + 19.6 / kSlope, 1.0);
  EXPECT_LT(rest->spread_raw, 60.0);
  EXPECT_EQ(rest->to, samples.back().device_time);
  EXPECT_EQ(rest->to - rest->from, kRestWindow - std::chrono::milliseconds(1)) << "a thousand readings";
}

TEST(AtRest, IsNotBeforeAWholeSecondHasCome) {
  EXPECT_THAT(refusal({}), HasSubstr("no readings"));
  EXPECT_THAT(refusal(still(0.0, 800)), HasSubstr("a whole second"));
}

TEST(AtRest, IsNotWhileTheReadingsSpreadOverMoreThanHalfANewton) {
  const auto swaying = [](double newtons) {
    return readings(
        1500, [=](std::size_t i) { return kZero + newtons / 2 / kSlope * std::sin(static_cast<double>(i) / 16.0); });
  };
  EXPECT_EQ(refusal(swaying(0.45)), "at rest");
  EXPECT_THAT(refusal(swaying(0.55)), HasSubstr("spread over 0.55 N"));
}

TEST(AtRest, IsNotWhileTheReadingWandersAlsoOfABallWithoutASlope) {
  const auto settling =
      readings(1500, [](std::size_t i) { return kZero + 1000.0 * std::exp(-static_cast<double>(i) / 600.0); });
  EXPECT_THAT(refusal(settling, std::nullopt), HasSubstr("not settled"));
  EXPECT_EQ(refusal(still(), std::nullopt), "at rest");
}

TEST(AtRest, SingleSpikesDoNotCountAndTwoInARowDo) {
  auto samples = still();
  for (const std::size_t at : {700U, 900U, 1100U, 1499U}) {
    samples[at].raw = protocol::kRawMax;
    samples[at].quality |= Quality::kSaturated;
  }
  const auto rest = at_rest(samples, kSlope);
  ASSERT_TRUE(rest) << rest.error().message();
  EXPECT_NEAR(rest->raw, kZero, 1.0);
  samples[1101].raw = protocol::kRawMax;
  EXPECT_THAT(refusal(samples), HasSubstr("end of its range"));
}

TEST(AtRest, IsNotWhileAnythingElseGoesOn) {
  const auto with = [](const std::function<void(Sample&)>& change) {
    auto samples = still();
    change(samples[1000]);
    return refusal(samples);
  };
  EXPECT_THAT(with([](Sample& s) { s.motor = Level{1}; }), HasSubstr("vibrates"));
  EXPECT_THAT(with([](Sample& s) { s.quality |= Quality::kButton; }), HasSubstr("button"));
  EXPECT_THAT(with([](Sample& s) { s.quality |= Quality::kSensorFault; }), HasSubstr("not connected"));
  EXPECT_THAT(with([](Sample& s) { s.quality |= Quality::kReanchored; }), HasSubstr("only just come"));
  EXPECT_THAT(refusal(readings(1500, [](std::size_t) { return kZero; })), HasSubstr("repeats one value"));
  auto lossy = still();
  std::erase_if(lossy, [](const Sample& s) { return s.seq % 8 == 0; });
  EXPECT_THAT(refusal(lossy), HasSubstr("did not arrive"));
}

/// Why something is refused; that it was not, where it was not.
template <class T>
std::string reason(const Result<T>& result) {
  return result ? "it was taken" : result.error().context;
}

// ---- Calibration --------------------------------------------------------------------------------------------------

KnownForce known(double newtons, double error_n = 0.0) {
  return {.force = {newtons}, .raw = kZero + (newtons + error_n) / kSlope, .spread_raw = 40.0};
}

const CalibrationTask kFactoryNew{.full_scale_n = 100};

TEST(Calibrate, TwoPointsGiveALineAndNoResidual) {
  const std::vector points{known(0.0), known(19.6133)};
  const auto done = calibrate(points, kFactoryNew);
  ASSERT_TRUE(done) << done.error().message();
  const protocol::Calibration& c = done->calibration;
  EXPECT_TRUE(c.calibrated);
  EXPECT_NEAR(c.newtons_per_count(), kSlope, 1e-4 * kSlope);
  EXPECT_EQ(c.point_b_mn, 19'613);
  EXPECT_EQ(c.tare_raw, kZero);
  EXPECT_EQ(c.reference_raw, kZero);
  EXPECT_FALSE(done->residual_pct) << "two points always lie on a line";
  EXPECT_EQ(done->notice, "");
}

TEST(Calibrate, AFurtherWeightShowsHowStraightTheLineIs) {
  const std::vector points{known(9.8), known(0.0), known(20.0, 0.6), known(50.0)};
  const auto done = calibrate(points, kFactoryNew);
  ASSERT_TRUE(done) << done.error().message();
  ASSERT_TRUE(done->residual_pct);
  EXPECT_NEAR(*done->residual_pct, 0.6, 0.01) << "0.6 N of 100 N";
  EXPECT_NEAR(done->residuals_n[2], 0.6, 0.01) << "in the order of the points";
  EXPECT_EQ(done->notice, "");
}

TEST(Calibrate, AResidualAboveOnePercentIsWorthAWordAndOneAboveFourIsRefused) {
  const auto with_error = [](double error_n) {
    const std::vector points{known(0.0), known(20.0, error_n), known(50.0)};
    return calibrate(points, kFactoryNew);
  };
  EXPECT_EQ(with_error(0.95)->notice, "");
  EXPECT_THAT(with_error(1.05)->notice, HasSubstr("under 20.00 N the ball says 21.05 N"));
  EXPECT_TRUE(with_error(-3.95));
  const auto refused = with_error(-4.05);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused);
  EXPECT_THAT(refused.error().context, HasSubstr("do not lie on a line"));
  EXPECT_THAT(refused.error().remedy, HasSubstr("check what the weights weigh"));
}

TEST(Calibrate, WrongForcesAreRefusedWithWhatIsWrong) {
  const struct {
    std::vector<KnownForce> points;
    const char* says;
  } cases[] = {{{known(0.0)}, "1 known forces"},
               {{known(10.0), known(20.0)}, "the unloaded ball is missing"},
               {{known(0.0), known(4.9)}, "too little to calibrate with"},
               {{known(0.0), known(100.5)}, "above the ball's rating of 100 N"},
               {{known(0.0), known(20.0), known(20.0)}, "20.00 N are given 2 times"},
               {{known(0.0), known(-20.0)}, "is no force"},
               {{known(0.0), known(std::nan(""))}, "is no force"},
               {{known(0.0), {.force = {20.0}, .raw = std::nan("")}}, "is none"},
               {{known(0.0), {.force = {20.0}, .raw = protocol::kRawMax}}, "is none"}};
  for (const auto& c : cases) {
    const auto done = calibrate(c.points, kFactoryNew);
    ASSERT_FALSE(done) << c.says;
    EXPECT_EQ(done.error().code, Errc::kInvalidInput);
    EXPECT_THAT(done.error().context, HasSubstr(c.says));
    EXPECT_FALSE(done.error().remedy.empty());
  }
}

TEST(Calibrate, AWeightThatIsNotOnTheBallIsNoticed) {
  const std::vector points{known(0.0), KnownForce{.force = {20.0}, .raw = kZero + 70.0, .spread_raw = 30.0}};
  EXPECT_THAT(reason(calibrate(points, kFactoryNew)), HasSubstr("hardly changed the reading"));
}

TEST(Calibrate, APointThatWasNotAtRestByTheNewSlopeIsRefused) {
  std::vector points{known(0.0), known(20.0)};
  points[1].spread_raw = 0.49 / kSlope;
  EXPECT_TRUE(calibrate(points, kFactoryNew));
  points[1].spread_raw = 0.52 / kSlope;
  EXPECT_THAT(reason(calibrate(points, kFactoryNew)), HasSubstr("under 20.00 N the ball was not at rest"));
}

TEST(Calibrate, AGreatChangeHasToBeMeant) {
  CalibrationTask task = kFactoryNew;
  task.before = calibrate(std::vector{known(0.0), known(50.0)}, kFactoryNew)->calibration;
  const std::vector wrong_weight{known(0.0), KnownForce{.force = {20.0}, .raw = kZero + 10.0 / kSlope}};
  const auto refused = calibrate(wrong_weight, task);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().context, HasSubstr("100 % more"));
  EXPECT_THAT(refused.error().remedy, HasSubstr("--accept-change"));
  const std::vector not_unloaded{KnownForce{.force = {0.0}, .raw = kZero + 3.2 / kSlope},
                                 KnownForce{.force = {20.0}, .raw = kZero + 23.2 / kSlope}};
  EXPECT_THAT(reason(calibrate(not_unloaded, task)), HasSubstr("3.2 N pressed on the ball"));
  task.accept_change = true;
  EXPECT_TRUE(calibrate(not_unloaded, task));
  const auto accepted = calibrate(wrong_weight, task);
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_NEAR(accepted->change_pct, 100.0, 0.01);
}

RC_GTEST_PROP(CalibrateProperties, EveryStraightBallIsMeasuredToWithinItsRounding, ()) {
  const double slope = (*rc::gen::element(1, -1)) * *rc::gen::inRange(2, 2000) * 1e-6;  // N per count
  const auto zero = static_cast<double>(*rc::gen::inRange(-400'000, 400'000));
  const double heavy = *rc::gen::inRange(500, 1000) / 100.0;
  const double light = heavy * *rc::gen::inRange(1, 99) / 100.0;
  std::vector<KnownForce> points;
  for (const double f : {0.0, light, heavy})
    points.push_back({.force = {f}, .raw = zero + f / slope, .spread_raw = 1.0});
  RC_PRE(heavy / std::abs(slope) > 1000.0 && heavy / std::abs(slope) < 5e6);
  if (*rc::gen::arbitrary<bool>()) std::swap(points[0], points[2]);
  const auto done = calibrate(points, {.full_scale_n = 100});
  RC_ASSERT(done.has_value());
  // Half a count at each end, and half a millinewton.
  const double rounding = std::abs(slope) + 5e-4;
  for (const double residual : done->residuals_n) RC_ASSERT(std::abs(residual) <= 2 * rounding);
  RC_ASSERT(done->calibration.tare_raw == done->calibration.reference_raw);
  RC_ASSERT(done->calibration.point_a_raw != done->calibration.point_b_raw);
}

RC_GTEST_PROP(CalibrateProperties, WhateverIsGivenIsTakenWithinTheBoundsOrRefusedWithARemedy, ()) {
  const auto number = rc::gen::map(rc::gen::inRange(-9'000'000, 9'000'000), [](int n) { return n / 7.0; });
  std::vector<KnownForce> points;
  const int count = *rc::gen::inRange(0, 11);
  for (int i = 0; i < count; ++i) {
    points.push_back({.force = {i == 0 ? 0.0 : *number / 10'000.0}, .raw = *number, .spread_raw = *number / 1e5});
  }
  const CalibrationTask task{.full_scale_n = static_cast<std::uint16_t>(*rc::gen::inRange(0, 500))};
  const auto done = calibrate(points, task);
  if (!done) {
    RC_ASSERT(!done.error().context.empty() && !done.error().remedy.empty());
    return;
  }
  RC_ASSERT(done->calibration.calibrated && done->calibration.newtons_per_count() != 0.0);
  RC_ASSERT(!done->residual_pct || *done->residual_pct <= kResidualLimitPct);
  RC_ASSERT(done->residuals_n.size() == points.size());
}

// ---- Tare ---------------------------------------------------------------------------------------------------------

TEST(Unloaded, IsCountedFromTheReferenceSoThatTaringAgainAndAgainCannotCreep) {
  protocol::Calibration c = calibrate(std::vector{known(0.0), known(50.0)}, kFactoryNew)->calibration;
  double raw = kZero;
  int tares = 0;
  // Somebody leans a little more before each tare.
  for (; tares < 100; ++tares) {
    raw += 0.5 / kSlope;
    if (!check_unloaded(raw, c)) break;
    c.tare_raw = static_cast<std::int32_t>(std::lround(raw));
  }
  EXPECT_EQ(tares, 6) << "3 N in steps of half a newton";
  EXPECT_LE(c.force_from_reference(c.tare_raw).value, kUnloaded.value);
  EXPECT_THAT(reason(check_unloaded(raw, c)), HasSubstr("3.5 N press on the ball, counted from its calibration"));
  EXPECT_FALSE(check_unloaded(kZero - 3.1 / kSlope, c)) << "nor below";
}

}  // namespace
}  // namespace knead::session
