// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/paced_ball.hpp"

#include <gtest/gtest.h>

#include "hw/ball/force_trace.hpp"
#include "tests/unit/ball/bench.hpp"

namespace knead::ball {
namespace {

using protocol::Report;

constexpr HostTime kStart{std::chrono::hours(5)};  // any

/// A paced ball that is configured, and the host that polls it.
class Host {
 public:
  explicit Host(const BallConfig& config = {}, const char* csv = "t_s,force_n\n0,0\n1000,1000\n")
      : paced(Ball::create(config).value(), std::make_unique<TracePerson>(ForceTrace::parse(csv, "t").value()),
              kStart) {
    configure();
  }
  PacedBall paced;
  HostTime now = kStart;

  void configure() { EXPECT_FALSE(paced.control(now, {0x00, 9, 1, 0, 0}, {}).stalled); }
  void wait(std::chrono::nanoseconds t) { now += t; }
  std::vector<Report> poll_all() {
    std::vector<Report> out;
    while (const auto packet = paced.poll_in(now)) out.push_back(protocol::decode_report(packet->view()).value());
    return out;
  }
  bool command(std::uint8_t level, std::uint16_t ttl_ms) {
    std::array<std::byte, protocol::kMotorCommandSize> bytes{};
    protocol::encode_motor_command({.level = Level{level}, .ttl_ms = ttl_ms}, bytes);
    return paced.out(now, bytes);
  }
  double newest_force() {
    const auto reports = poll_all();
    EXPECT_FALSE(reports.empty());
    if (reports.empty()) return -1.0;
    return paced.ball().calibration().force(reports.back().raw[reports.back().count - 1U]).value;
  }
};

struct Pace {
  const char* name;
  std::uint16_t rate_hz;
  double speed;
};
class PaceTest : public testing::TestWithParam<Pace> {};
TEST_P(PaceTest, SendsAtMostAThousandReportsAHostSecondAndLosesNothing) {
  const auto [name, rate, speed] = GetParam();
  Host host({.rate_hz = rate, .clock_speed = speed});
  unsigned reports = 0;
  std::uint32_t next_seq = 0;
  while (host.now < kStart + 1s) {
    const HostTime due = host.paced.next_poll_at();
    ASSERT_GT(due, host.now) << "never busy";
    host.now = due;
    for (const Report& report : host.poll_all()) {
      ASSERT_EQ(report.seq, next_seq);
      next_seq += report.count;
      ++reports;
    }
  }
  EXPECT_LE(reports, 1000U);
  EXPECT_GE(next_seq + 12, static_cast<std::uint32_t>(rate * speed));
  EXPECT_EQ(host.paced.ball().status().dropped_readings, 0U);
}
INSTANTIATE_TEST_SUITE_P(PacedBall, PaceTest,
                         testing::Values(Pace{"life", 1000, 1.0}, Pace{"fast_converter", 8000, 1.0},
                                         Pace{"ten_times", 1000, 10.0}, Pace{"odd", 3125, 3.7},
                                         Pace{"slow_motion", 1000, 0.5}, Pace{"fastest", 1000, 12.0}),
                         [](const auto& one) { return one.param.name; });

TEST(PacedBall, SavesUpNoMorePollsThanTransfersInFlightWould) {
  Host host;
  host.wait(10s);
  const auto reports = host.poll_all();
  EXPECT_EQ(reports.size(), static_cast<std::size_t>(PacedBall::kMaxBurst));
  EXPECT_EQ(reports.front().seq, 10000U - 256U) << "the ball has dropped the oldest";
  host.wait(1ms);
  EXPECT_EQ(host.poll_all().size(), 1U);
}

TEST(R1PacedBall, StopsTheMotorOnTheBallsClockThoughTheHostSleeps) {
  Host host({.clock_speed = 10.0});
  host.wait(100ms);
  ASSERT_TRUE(host.command(128, 500));
  host.wait(30s);
  host.paced.advance(host.now);
  const auto& trace = host.paced.ball().motor().trace();
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[1].at - trace[0].at, 500ms);
  EXPECT_EQ(host.paced.host_time(trace[0]), kStart + 100ms);
  EXPECT_EQ(host.paced.host_time(trace[1]), kStart + 150ms) << "ten times as fast";
}

TEST(PacedBall, PressesAsThePersonDoesInTheirTime) {
  Host host({.clock_speed = 10.0});  // the trace rises by 1 N/s of the person's time
  double newest = 0.0;
  for (int ms = 0; ms < 2000; ++ms) {
    host.wait(1ms);
    newest = host.newest_force();
  }
  EXPECT_NEAR(newest, 20.0, 0.01);
}

TEST(PacedBall, LosesPowerWhenUnpluggedWhileThePersonsTimeRunsOn) {
  Host host;
  host.wait(1s);
  ASSERT_TRUE(host.command(128, 500));
  host.paced.unplug(host.now);
  EXPECT_FALSE(host.paced.plugged());
  EXPECT_EQ(host.paced.next_poll_at(), HostTime::max());
  EXPECT_FALSE(host.command(128, 500));
  host.wait(9s);
  EXPECT_TRUE(host.poll_all().empty());

  host.paced.plug_in(host.now);
  host.configure();
  host.wait(1ms);
  const auto report = host.poll_all().at(0);
  EXPECT_EQ(report.seq, 0U);
  EXPECT_TRUE(report.has(protocol::ReportFlag::kFirstAfterReset));
  EXPECT_NEAR(host.paced.ball().calibration().force(report.raw[0]).value, 10.0, 0.01) << "ten seconds of the person";
  ASSERT_TRUE(host.command(64, 500));
  const auto& trace = host.paced.ball().motor().trace();
  EXPECT_EQ(trace[1].cause, MotorCause::kPowerOff);
  EXPECT_EQ(host.paced.host_time(trace[1]), kStart + 1s);
  EXPECT_EQ(host.paced.host_time(trace[2]), kStart + 10s + 1ms);
}

TEST(PacedBall, PlaysATraceFromItsStartForANewPerson) {
  Host host;
  host.wait(50s);
  host.paced.restart_person(host.now,
                            std::make_unique<TracePerson>(ForceTrace::parse("t_s,force_n\n0,5\n1,6\n", "t").value()));
  static_cast<void>(host.poll_all());
  host.wait(500ms);
  for (int i = 0; i < 50; ++i, host.wait(1ms)) static_cast<void>(host.poll_all());
  EXPECT_NEAR(host.newest_force(), 5.55, 0.01);
}

TEST(PacedBall, TakesAHostTimeBeforeTheLastAsTheLast) {
  Host host;
  host.wait(1s);
  static_cast<void>(host.poll_all());
  host.now -= 500ms;
  EXPECT_TRUE(host.command(1, 1));
  EXPECT_EQ(host.paced.ball().now(), at(1s));
}

}  // namespace
}  // namespace knead::ball
