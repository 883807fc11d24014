// SPDX-License-Identifier: Apache-2.0
// hw/PROTOCOL.md section 7: when the motor is off. R1 on the ball's own side.
#include <gtest/gtest.h>

#include "tests/unit/ball/bench.hpp"

namespace knead::ball {
namespace {

using protocol::ReportFlag;
using protocol::Request;

TEST(R1MotorTtl, StopsTheMotorAtItsVeryMicrosecondThoughNobodyPollsOrSpeaks) {
  Bench bench;
  bench.run_to(1234567us);
  ASSERT_TRUE(bench.command(128, 150));
  bench.run_to(60s);
  const MotorChange off = bench.last_change();
  EXPECT_EQ(off.at, at(1234567us + 150ms));
  EXPECT_EQ(off.level, Level{0});
  EXPECT_EQ(off.cause, MotorCause::kTtlExpired);
  EXPECT_EQ(bench.ball.status().ttl_expiries, 1U);
}

TEST(R1MotorTtl, RunsWhileCommandsAreRepeatedAndIsToldUntilTheNextOne) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.run_to(i * 50ms);
    ASSERT_TRUE(bench.command(128, 150));
  }
  EXPECT_EQ(bench.ball.motor().trace().size(), 1U) << "one change only: on";
  bench.run_to(10s);
  EXPECT_TRUE(bench.newest_report().has(ReportFlag::kTtlExpired));
  ASSERT_TRUE(bench.command(0, 0));
  bench.run_to(10s + 1ms);
  EXPECT_FALSE(bench.newest_report().has(ReportFlag::kTtlExpired));
}

TEST(R1MotorTtl, HoldsOnTheLongestTtlAfterAnyCommandWhatever) {
  Bench bench;
  ASSERT_TRUE(bench.command(255, protocol::kMaxTtlMs));
  bench.run_to(500ms - 1us);
  EXPECT_NE(bench.motor(), Level{});
  bench.run_to(500ms);
  EXPECT_EQ(bench.motor(), Level{});
}

TEST(Motor, NeverGoesAboveTheBallsOwnCeiling) {
  Bench bench({.motor_ceiling = Level{100}});
  ASSERT_TRUE(bench.command(255, 100));
  EXPECT_EQ(bench.motor(), Level{100});
  EXPECT_EQ(bench.ball.info().motor_ceiling, 100);
}

TEST(Motor, ReportsTheLevelItApplies) {
  Bench bench;
  ASSERT_TRUE(bench.command(77, 100));
  bench.run_to(1ms);
  const auto on = bench.newest_report();
  EXPECT_EQ(on.motor_level, 77);
  EXPECT_TRUE(on.has(ReportFlag::kMotorOn));
  ASSERT_TRUE(bench.command(0, 0));
  bench.run_to(2ms);
  EXPECT_FALSE(bench.newest_report().has(ReportFlag::kMotorOn));
}

TEST(MalformedCommand, StopsTheMotorIsCountedAndFlaggedUntilAGoodOne) {
  Bench bench;
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_TRUE(bench.ball.handle_out(std::array{std::byte{0x10}, std::byte{1}})) << "the endpoint does not stall";
  EXPECT_EQ(bench.motor(), Level{});
  EXPECT_EQ(bench.last_change().cause, MotorCause::kBadCommand);
  bench.run_to(1ms);
  EXPECT_TRUE(bench.newest_report().has(ReportFlag::kCommandError));
  EXPECT_EQ(bench.ball.status().rejected_commands, 1U);

  ASSERT_TRUE(bench.command(128, 500));
  bench.run_to(2ms);
  EXPECT_FALSE(bench.newest_report().has(ReportFlag::kCommandError));
  EXPECT_EQ(bench.motor(), Level{128});
}

TEST(MalformedCommand, WithATtlAboveTheLimitDoesNotRunTheMotor) {
  Bench bench;
  ASSERT_TRUE(bench.command(128, 501));
  EXPECT_EQ(bench.motor(), Level{});
  EXPECT_EQ(bench.ball.status().rejected_commands, 1U);
}

// ---- STOP ---------------------------------------------------------------------------------------------------------

TEST(R3Stop, IsLatchedAndOnlyTheMagicClearsIt) {
  Bench bench;
  ASSERT_TRUE(bench.command(128, 500));
  ASSERT_TRUE(bench.vendor_out(Request::kStop));
  EXPECT_EQ(bench.last_change().cause, MotorCause::kStop);
  EXPECT_EQ(bench.motor(), Level{});

  ASSERT_TRUE(bench.command(128, 500)) << "well formed, but";
  EXPECT_EQ(bench.motor(), Level{}) << "ignored";
  bench.run_to(1ms);
  EXPECT_TRUE(bench.newest_report().has(ReportFlag::kStopLatched));

  EXPECT_FALSE(bench.vendor_out(Request::kClearStop, 0x5AFF));
  EXPECT_TRUE(bench.ball.stop_latched());
  EXPECT_TRUE(bench.vendor_out(Request::kClearStop, protocol::kClearStopMagic));
  EXPECT_EQ(bench.motor(), Level{}) << "clearing is not starting";
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_EQ(bench.motor(), Level{128});
}

TEST(R3Stop, SurvivesABusResetAndAPulledPlug) {
  Bench bench;
  ASSERT_TRUE(bench.vendor_out(Request::kStop));
  bench.ball.bus_reset();
  EXPECT_TRUE(bench.ball.stop_latched());
  bench.ball.unplug();
  bench.ball.plug_in();
  bench.configure();
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_EQ(bench.motor(), Level{});
}

TEST(R3Stop, IsTheButtonsToo_HeldForOneAndAHalfSeconds) {
  Bench bench;
  bench.touch.hold_button(at(1s), at(3s));
  bench.run_to(999ms);
  ASSERT_TRUE(bench.command(128, 500));
  bench.run_to(1s);
  EXPECT_EQ(bench.last_change().cause, MotorCause::kButton) << "off at once";
  EXPECT_EQ(bench.last_change().at, at(1s));
  bench.run_to(2499ms);
  EXPECT_FALSE(bench.ball.stop_latched());
  bench.run_to(2500ms);
  EXPECT_TRUE(bench.ball.stop_latched());
  EXPECT_FALSE(bench.vendor_out(Request::kClearStop, protocol::kClearStopMagic)) << "the button is still down";
  bench.run_to(3001ms);
  EXPECT_TRUE(bench.vendor_out(Request::kClearStop, protocol::kClearStopMagic));
}

TEST(Button, PressedShortlyStopsTheMotorAndNothingStartsItAgainButACommand) {
  Bench bench;
  bench.touch.hold_button(at(100ms), at(300ms));
  bench.run_to(99ms);
  ASSERT_TRUE(bench.command(128, 500));
  bench.run_to(200ms);
  EXPECT_TRUE(bench.newest_report().has(ReportFlag::kButton));
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_EQ(bench.motor(), Level{}) << "held down";
  bench.run_to(400ms);
  EXPECT_EQ(bench.motor(), Level{});
  EXPECT_FALSE(bench.ball.stop_latched());
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_EQ(bench.motor(), Level{128});
}

// ---- The ball's own faults ----------------------------------------------------------------------------------------

TEST(OverTemperature, HoldsTheMotorOffUntilItHasCooledByFiveDegrees) {
  Bench bench;
  ASSERT_TRUE(bench.command(128, 500));
  bench.ball.inject_temperature(45.5);
  EXPECT_EQ(bench.last_change().cause, MotorCause::kOverTemperature);
  bench.run_to(1ms);
  EXPECT_TRUE(bench.newest_report().has(ReportFlag::kOverTemperature));
  bench.ball.inject_temperature(41.0);
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_EQ(bench.motor(), Level{}) << "41 is still too warm";
  bench.ball.inject_temperature(39.0);
  EXPECT_EQ(bench.motor(), Level{}) << "it does not start by itself";
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_EQ(bench.motor(), Level{128});
}

TEST(Temperature, RisesWhileTheMotorRunsAndFallsAfterwards) {
  Bench bench;
  for (int i = 0; i < 1200; ++i) {  // four minutes
    bench.run_to(i * 200ms);
    ASSERT_TRUE(bench.command(204, 500));
  }
  const int warm = bench.newest_report().temperature_c;
  EXPECT_GT(warm, 28);
  EXPECT_LT(warm, 40);
  bench.run_to(1h);
  EXPECT_EQ(bench.newest_report().temperature_c, 24);
}

TEST(SensorFault, HoldsTheMotorOff) {
  for (const SensorFault fault : {SensorFault::kOpen, SensorFault::kShorted}) {
    Bench bench;
    ASSERT_TRUE(bench.command(128, 500));
    bench.ball.inject(fault);
    EXPECT_EQ(bench.last_change().cause, MotorCause::kSensorFault);
    ASSERT_TRUE(bench.command(128, 500));
    EXPECT_EQ(bench.motor(), Level{});
    bench.run_to(1ms);
    const auto report = bench.newest_report();
    EXPECT_TRUE(report.has(ReportFlag::kSensorFault));
    EXPECT_TRUE(report.has(ReportFlag::kSaturated));
  }
}

// ---- What the bus does --------------------------------------------------------------------------------------------

struct BusCase {
  const char* name;
  std::function<void(Bench&)> happens;
  MotorCause cause;
};
class R1BusEvent : public testing::TestWithParam<BusCase> {};
TEST_P(R1BusEvent, StopsTheMotor) {
  Bench bench;
  bench.run_to(10ms);
  ASSERT_TRUE(bench.command(128, 500));
  GetParam().happens(bench);
  EXPECT_EQ(bench.motor(), Level{});
  EXPECT_EQ(bench.last_change(), (MotorChange{0, at(10ms), Level{0}, GetParam().cause}));
}
INSTANTIATE_TEST_SUITE_P(
    Motor, R1BusEvent,
    testing::Values(
        BusCase{"bus_reset", [](Bench& b) { b.ball.bus_reset(); }, MotorCause::kBusReset},
        BusCase{"set_configuration_0", [](Bench& b) { b.standard(0x00, 9, 0, 0); }, MotorCause::kConfiguration},
        BusCase{"set_configuration_1", [](Bench& b) { b.standard(0x00, 9, 1, 0); }, MotorCause::kConfiguration},
        BusCase{"set_interface", [](Bench& b) { b.standard(0x01, 11, 0, 0); }, MotorCause::kConfiguration},
        BusCase{"suspend", [](Bench& b) { b.ball.suspend(); }, MotorCause::kSuspend},
        BusCase{"unplug", [](Bench& b) { b.ball.unplug(); }, MotorCause::kPowerOff}),
    [](const auto& one) { return one.param.name; });

TEST(Suspend, HoldsTheMotorOffAndNoReadingsWaitAfterIt) {
  Bench bench;
  bench.ball.suspend();
  bench.run_to(100ms);
  EXPECT_TRUE(bench.reports().empty());
  ASSERT_TRUE(bench.command(128, 500));
  EXPECT_EQ(bench.motor(), Level{});
  bench.ball.resume();
  EXPECT_TRUE(bench.reports().empty());
  bench.run_to(101ms);
  EXPECT_EQ(bench.newest_report().seq, 100U) << "the sequence has run on";
}

TEST(MotorTrace, TellsOnePowerCycleFromTheNext) {
  Bench bench;
  ASSERT_TRUE(bench.command(10, 500));
  bench.ball.unplug();
  bench.ball.plug_in();
  bench.configure();
  ASSERT_TRUE(bench.command(20, 500));
  const auto& trace = bench.ball.motor().trace();
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace[0].boot, 0U);
  EXPECT_EQ(trace[1].boot, 0U);
  EXPECT_EQ(trace[2], (MotorChange{1, DeviceTime{}, Level{20}, MotorCause::kCommand}));
}

TEST(MotorTrace, IsBounded) {
  Bench bench;
  for (std::size_t i = 0; i < Motor::kTraceLimit; ++i) {
    ASSERT_TRUE(bench.command(100, 500));
    ASSERT_TRUE(bench.command(0, 0));
  }
  EXPECT_LE(bench.ball.motor().trace().size(), Motor::kTraceLimit);
  EXPECT_EQ(bench.last_change().level, Level{0}) << "the newest are kept";
}

}  // namespace
}  // namespace knead::ball
