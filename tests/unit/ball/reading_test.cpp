// SPDX-License-Identifier: Apache-2.0
// hw/PROTOCOL.md section 3: readings, reports, sequence, rate and late hosts.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/ball/bench.hpp"

namespace knead::ball {
namespace {

using protocol::ReportFlag;
using protocol::Request;

TEST(Readings, ComeOneAReportAtOneKilohertzEachWithItsNumberAndTime) {
  Bench bench;
  bench.run_to(5ms);
  const auto reports = bench.reports();
  ASSERT_EQ(reports.size(), 1U) << "late by five: the ball catches up";
  EXPECT_EQ(reports[0].count, 5);
  for (std::uint32_t i = 5; i < 10; ++i) {
    bench.run_to((i + 1) * 1ms);
    const auto one = bench.reports();
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].count, 1);
    EXPECT_EQ(one[0].seq, i);
    EXPECT_EQ(one[0].time_us, (i + 1) * 1000U);
    EXPECT_EQ(one[0].period_us, 1000);
  }
}

class RateTest : public testing::TestWithParam<std::uint16_t> {};
TEST_P(RateTest, FillsReportsSoThatAThousandASecondCarryThem) {
  const std::uint16_t rate = GetParam();
  Bench bench;
  ASSERT_TRUE(bench.vendor_out(Request::kSetRate, rate));
  std::uint32_t readings = 0;
  unsigned reports = 0;
  for (int ms = 1; ms <= 1000; ++ms) {
    bench.run_to(ms * 1ms);
    while (const auto packet = bench.ball.next_report()) {
      const auto report = protocol::decode_report(packet->view()).value();
      EXPECT_EQ(report.seq, readings);
      EXPECT_EQ(report.time_us, (readings + 1) * (1'000'000U / rate));
      readings += report.count;
      ++reports;
    }
  }
  const std::uint32_t waiting = rate - readings;
  EXPECT_LE(reports, 1000U);
  EXPECT_LT(waiting, readings_per_report(rate, 1.0));
}
INSTANTIATE_TEST_SUITE_P(Readings, RateTest,
                         testing::Values(1000, 1250, 1600, 2000, 2500, 3125, 4000, 5000, 6250, 8000));

TEST(Readings, CarryTheForceInCountsWithinTheNoise) {
  Bench bench;
  bench.touch.press(25.0);
  bench.run_to(200ms);
  const auto& calibration = bench.ball.calibration();
  for (const auto& report : bench.reports()) {
    for (std::size_t i = 0; i < report.count; ++i) EXPECT_NEAR(calibration.force(report.raw[i]).value, 25.0, 0.001);
  }
}

TEST(Readings, OfASteadyForceAreNeverStuck) {
  Bench bench;
  bench.touch.press(25.0);
  bench.run_to(100ms);
  std::set<std::int32_t> distinct;
  for (const auto& report : bench.reports()) {
    distinct.insert(report.raw.begin(), report.raw.begin() + report.count);
  }
  EXPECT_GT(distinct.size(), 5U);
}

TEST(Readings, AreTheSameForTheSameSeedAndOthersForAnother) {
  const auto first_readings = [](std::uint64_t seed) {
    Bench bench({.seed = seed});
    bench.run_to(12ms);
    return bench.newest_report().raw;
  };
  EXPECT_EQ(first_readings(7), first_readings(7));
  EXPECT_NE(first_readings(7), first_readings(8));
}

TEST(Readings, SaturateAtTheRailsAndSaySo) {
  Bench bench;
  bench.touch.press(1e9);
  bench.run_to(1ms);
  auto report = bench.newest_report();
  EXPECT_EQ(report.raw[0], protocol::kRawMax);
  EXPECT_TRUE(report.has(ReportFlag::kSaturated));
  bench.touch.press(-1e9);
  bench.run_to(2ms);
  report = bench.newest_report();
  EXPECT_EQ(report.raw[0], protocol::kRawMin);
  bench.touch.press(1.0);
  bench.run_to(3ms);
  EXPECT_FALSE(bench.newest_report().has(ReportFlag::kSaturated));
}

TEST(LateHost, GetsTheNewestReadingsWithAHoleBeforeThemThatIsCounted) {
  Bench bench;
  bench.run_to(10ms);
  static_cast<void>(bench.reports());  // 0..9
  bench.run_to(1010ms);                // 10..1009
  const auto reports = bench.reports();
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.front().seq, 1010U - 256U);
  EXPECT_EQ(bench.ball.status().dropped_readings, 1000U - 256U);
  std::uint32_t next = reports.front().seq;
  for (const auto& report : reports) {
    EXPECT_EQ(report.seq, next);
    next += report.count;
  }
  EXPECT_EQ(next, 1010U);
  EXPECT_EQ(reports.size(), 22U) << "256 readings, twelve a report";
}

TEST(DroppedReadings, EndTheReportBeforeThemAndLeaveAHole) {
  Bench bench;
  bench.run_to(3ms);
  bench.ball.drop_readings(2);
  bench.run_to(8ms);
  const auto reports = bench.reports();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].seq, 0U);
  EXPECT_EQ(reports[0].count, 3);
  EXPECT_EQ(reports[1].seq, 5U);
  EXPECT_EQ(reports[1].count, 3);
  EXPECT_EQ(bench.ball.status().dropped_readings, 2U);
}

TEST(ChangeOfRate, DoesNotMixPeriodsInAReport) {
  Bench bench;
  bench.run_to(3ms);
  ASSERT_TRUE(bench.vendor_out(Request::kSetRate, 4000));
  bench.run_to(4ms);
  const auto reports = bench.reports();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].period_us, 1000);
  EXPECT_EQ(reports[0].count, 3);
  EXPECT_EQ(reports[1].period_us, 250);
  EXPECT_EQ(reports[1].count, 4);
  EXPECT_EQ(reports[1].seq, 3U);
  EXPECT_EQ(reports[1].time_us, 3250U);
}

TEST(PowerUp, BeginsClockAndSequenceAnewAndTheFirstReportSaysSo) {
  Bench bench;
  bench.run_to(50ms);
  const auto before = bench.reports();
  EXPECT_TRUE(before.front().has(ReportFlag::kFirstAfterReset));
  EXPECT_FALSE(before.back().has(ReportFlag::kFirstAfterReset));

  bench.ball.unplug();
  bench.run_to(60ms);
  EXPECT_TRUE(bench.reports().empty());
  bench.ball.plug_in();
  EXPECT_TRUE(bench.ball.stalls(protocol::kEndpointIn)) << "not configured yet";
  bench.configure();
  bench.run_to(1ms);
  const auto after = bench.newest_report();
  EXPECT_EQ(after.seq, 0U);
  EXPECT_EQ(after.time_us, 1000U);
  EXPECT_TRUE(after.has(ReportFlag::kFirstAfterReset));
}

TEST(BusReset, LeavesClockAndSequenceRunning) {
  Bench bench;
  bench.run_to(50ms);
  bench.ball.bus_reset();
  bench.run_to(60ms);
  bench.configure();
  bench.run_to(61ms);
  const auto report = bench.newest_report();
  EXPECT_EQ(report.seq, 60U);
  EXPECT_EQ(report.time_us, 61000U);
}

TEST(Clock, WrapsInTheReportAfterSeventyOneMinutes) {
  Bench bench;
  bench.run_to(4294968ms);  // 2^32 us are 4294967.296 ms
  const auto reports = bench.reports();
  EXPECT_EQ(reports.back().time_us + (reports.back().count - 1U) * 1000U, 704U);
  EXPECT_EQ(bench.ball.status().uptime_us, 4294968000U);
}

TEST(StuckSensor, RepeatsItsLastReading) {
  Bench bench;
  bench.touch.press(10.0);
  bench.run_to(1ms);
  const auto last = bench.newest_report().raw[0];
  bench.ball.inject(SensorFault::kStuck);
  bench.touch.press(30.0);
  bench.run_to(5ms);
  const auto report = bench.newest_report();
  for (std::size_t i = 0; i < report.count; ++i) EXPECT_EQ(report.raw[i], last);
}

TEST(GarbledReport, MeansNothingAndTheNextIsGoodAgain) {
  Bench bench;
  bench.ball.garble_reports(1);
  bench.run_to(1ms);
  EXPECT_FALSE(protocol::decode_report(bench.ball.next_report().value().view()));
  bench.run_to(2ms);
  EXPECT_TRUE(protocol::decode_report(bench.ball.next_report().value().view()));
}

TEST(NextReportAt, SaysWhenThereIsSomethingToFetch) {
  Bench bench;
  ASSERT_TRUE(bench.vendor_out(Request::kSetRate, 2500));  // three a report, every 400 us
  EXPECT_EQ(bench.ball.next_report_at(), at(1200us));
  bench.run_to(1199us);
  EXPECT_FALSE(bench.ball.next_report());
  bench.run_to(1200us);
  EXPECT_EQ(bench.ball.next_report_at(), bench.ball.now());
  EXPECT_TRUE(bench.ball.next_report());
  EXPECT_EQ(bench.ball.next_report_at(), at(2400us));
}

TEST(BallConfig, OfAnImpossibleRateSpeedOrSerialIsRefusedWithARemedy) {
  for (const BallConfig& config :
       {BallConfig{.rate_hz = 900}, BallConfig{.rate_hz = 3000}, BallConfig{.clock_speed = 13},
        BallConfig{.rate_hz = 8000, .clock_speed = 2}, BallConfig{.clock_speed = -1}, BallConfig{.serial = ""},
        BallConfig{.serial = "a b"}}) {
    const auto ball = Ball::create(config);
    ASSERT_FALSE(ball);
    EXPECT_EQ(ball.error().code, Errc::kInvalidInput);
    EXPECT_FALSE(ball.error().remedy.empty());
  }
  EXPECT_TRUE(Ball::create({.clock_speed = 12}));
}

}  // namespace
}  // namespace knead::ball
