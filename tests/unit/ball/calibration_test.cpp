// SPDX-License-Identifier: Apache-2.0
// hw/PROTOCOL.md section 6: calibration and tare, kept in the ball.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/ball/bench.hpp"

namespace knead::ball {
namespace {

using protocol::Calibration;
using protocol::ReportFlag;
using protocol::Request;

std::array<std::byte, protocol::kCalibrationSize> encoded(const Calibration& calibration) {
  std::array<std::byte, protocol::kCalibrationSize> bytes{};
  protocol::encode_calibration(calibration, bytes);
  return bytes;
}

Calibration stored(Bench& bench) {
  return protocol::decode_calibration(bench.vendor_in(Request::kGetCalibration)).value();
}

constexpr Calibration kAnother{.calibrated = true,
                               .point_a_raw = 0,
                               .point_a_mn = 0,
                               .point_b_raw = 1000000,
                               .point_b_mn = 50000,
                               .tare_raw = 5,
                               .reference_raw = 5};

TEST(CalibrationInTheBall, IsReplacedAndSurvivesAPulledPlug) {
  Bench bench;
  ASSERT_TRUE(bench.vendor_out(Request::kSetCalibration, 0, encoded(kAnother)));
  bench.ball.unplug();
  bench.ball.plug_in();
  bench.configure();
  EXPECT_EQ(stored(bench), kAnother);
}

TEST(CalibrationInTheBall, StaysWhenANewOneIsDamaged) {
  Bench bench;
  const Calibration before = stored(bench);
  auto bytes = encoded(kAnother);
  bytes[5] ^= std::byte{1};
  EXPECT_FALSE(bench.vendor_out(Request::kSetCalibration, 0, bytes));
  EXPECT_FALSE(bench.vendor_out(Request::kSetCalibration, 0, std::span(bytes).first(31)));
  Calibration flat = kAnother;
  flat.point_b_raw = flat.point_a_raw;
  EXPECT_FALSE(bench.vendor_out(Request::kSetCalibration, 0, encoded(flat)));
  EXPECT_EQ(stored(bench), before);
}

TEST(CalibrationInTheBall, IsMissedUntilThereIsOne) {
  Bench bench({.calibrated = false});
  bench.run_to(1ms);
  EXPECT_TRUE(bench.newest_report().has(ReportFlag::kUncalibrated));
  ASSERT_TRUE(bench.vendor_out(Request::kSetCalibration, 0, encoded(kAnother)));
  bench.run_to(2ms);
  EXPECT_FALSE(bench.newest_report().has(ReportFlag::kUncalibrated));
}

TEST(Tare, TakesTheMeanOfTheLastQuarterSecondAndLeavesTheReference) {
  Bench bench;
  const Calibration before = stored(bench);
  bench.touch.press(3.0);
  bench.run_to(300ms);
  ASSERT_TRUE(bench.vendor_out(Request::kTare));
  const Calibration after = stored(bench);
  EXPECT_NEAR(after.tare_raw, before.tare_raw + 60000, 3);
  EXPECT_EQ(after.reference_raw, before.reference_raw);
  EXPECT_NEAR(after.force(after.tare_raw).value, 0.0, 1e-12);
  EXPECT_NEAR(after.force_from_reference(after.tare_raw).value, 3.0, 0.001);
}

TEST(Tare, IsRefusedWhileTheForceMoves) {
  Bench bench;
  const Calibration before = stored(bench);
  bench.touch.newtons = [](DeviceTime t) { return 2.0 + 0.3 * std::sin(to_seconds(t.time_since_epoch()) * 30.0); };
  bench.run_to(1s);
  EXPECT_FALSE(bench.vendor_out(Request::kTare));
  EXPECT_EQ(stored(bench), before);
}

TEST(Tare, IsRefusedBeforeAQuarterSecondIsFull) {
  Bench bench;
  bench.run_to(249ms);
  EXPECT_FALSE(bench.vendor_out(Request::kTare));
  bench.run_to(250ms);
  EXPECT_TRUE(bench.vendor_out(Request::kTare));
  ASSERT_TRUE(bench.vendor_out(Request::kSetRate, 8000));
  EXPECT_FALSE(bench.vendor_out(Request::kTare)) << "another rate, another window";
  bench.run_to(500ms);
  EXPECT_TRUE(bench.vendor_out(Request::kTare));
}

TEST(Tare, IsRefusedAtARail) {
  Bench bench;
  bench.ball.inject(SensorFault::kSaturated);
  bench.run_to(1s);
  EXPECT_FALSE(bench.vendor_out(Request::kTare));
}

}  // namespace
}  // namespace knead::ball
