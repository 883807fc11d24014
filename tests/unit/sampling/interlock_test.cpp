// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/interlock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace knead::sampling {
namespace {

using namespace std::chrono_literals;

// Drives an interlock in virtual time, one sample a millisecond, with a renewed lease unless told otherwise.
class Bench {
 public:
  explicit Bench(const Limits& limits = {}) : interlock(limits) {}

  StepInput input(double force) {
    StepInput in;
    in.sample.seq = ++seq_;
    in.sample.device_time = device_;
    in.sample.raw = static_cast<std::int32_t>(force * 1000) * 8 + static_cast<std::int32_t>(seq_ % 7);  // noise
    in.sample.force = Newtons{force};
    in.sample.motor = last.level;
    in.force_from_reference = Newtons{force};
    in.temperature_c = 25;
    return in;
  }
  Decision feed(StepInput in) {
    last = interlock.step(in, request(), now);
    now += 1ms;
    device_ += 1ms;
    return last;
  }
  Decision press(double force, int samples = 1) {
    for (int i = 0; i < samples; ++i) feed(input(force));
    return last;
  }
  Decision silence(std::chrono::milliseconds d) {
    for (auto t = 0ms; t < d; t += kTickPeriod) {
      now += kTickPeriod;
      last = interlock.tick(request(), now);
    }
    device_ += d;
    return last;
  }
  [[nodiscard]] LeasedRequest request() const {
    return {.level = Level{128}, .expires = lease_end == kRenewed ? now + 250ms : lease_end};
  }

  Interlock interlock;
  HostTime now{1h};
  static constexpr HostTime kRenewed{};
  HostTime lease_end = kRenewed;
  Decision last;

 private:
  DeviceTime device_{5s};
  std::uint64_t seq_ = 0;
};

TEST(Interlock, PassesALeasedRequestOnWhenAllIsWell) {
  Bench bench;
  EXPECT_EQ(bench.press(20, 20).level, Level{128});
}

TEST(Interlock, IsOffBeforeTheFirstSample) {
  Bench bench;
  EXPECT_EQ(bench.interlock.tick(bench.request(), bench.now).level, Level{0});
}

TEST(Interlock, R1_ALeaseThatIsNotRenewedLapses) {
  Bench bench;
  bench.lease_end = bench.now + 250ms;
  EXPECT_EQ(bench.press(20, 250).level, Level{128});
  EXPECT_EQ(bench.press(20, 1).level, Level{0});
  EXPECT_FALSE(bench.last.active.any()) << "a lapsed lease is no fault: nobody wants the motor any more";
}

TEST(Interlock, R1_ALeaseLongerThanItsCeilingIsNotBelieved) {
  Bench bench;
  bench.lease_end = bench.now + 10s;
  EXPECT_EQ(bench.press(20, 5).level, Level{0});
}

TEST(Interlock, R2_NoRequestExceedsTheCeiling) {
  Bench bench({.max_level = Level{100}});
  EXPECT_EQ(bench.press(20, 20).level, Level{100});
}

TEST(Interlock, R2_ConfigurationCanLowerLimitsButNeverRaiseThem) {
  const Limits wanted{
      .hard_limit = Newtons{500}, .max_temperature_c = 90, .stale = 1s, .lease = 1h, .ttl = 10s, .motor_budget = 1h};
  const Limits got = Interlock(wanted).limits();
  EXPECT_EQ(got.hard_limit, Newtons{60});
  EXPECT_EQ(got.max_temperature_c, 45);
  EXPECT_EQ(got.stale, 20ms);
  EXPECT_EQ(got.lease, 250ms);
  EXPECT_EQ(got.ttl, 500ms);
  EXPECT_EQ(got.motor_budget, 240s);
  EXPECT_EQ(Interlock({.hard_limit = Newtons{30}}).limits().hard_limit, Newtons{30});
}

TEST(Interlock, R3_AStopIsLatchedUntilAPersonClearsIt) {
  Bench bench;
  bench.press(20, 20);
  bench.interlock.request_stop();
  EXPECT_EQ(bench.press(20, 1).level, Level{0});
  EXPECT_EQ(bench.press(20, 5000).level, Level{0});
  bench.interlock.begin_session();
  EXPECT_EQ(bench.press(20, 1).level, Level{0}) << "a new session clears nothing";
  bench.interlock.clear();
  EXPECT_EQ(bench.press(20, 1).level, Level{128});
}

TEST(Interlock, R4_SilenceStopsWithin20ms) {
  Bench bench;
  bench.press(20, 20);
  const HostTime last_sample = bench.now - 1ms;
  while (bench.last.level != Level{0}) bench.silence(kTickPeriod);
  EXPECT_LE(bench.now - last_sample, 20ms);
  EXPECT_TRUE(bench.last.active.has(Trip::kStale));
}

TEST(Interlock, R4_ACommandHasTimeToReachTheBallWithinThe20ms) {
  // The looks come at any phase against the last sample.
  for (auto phase = 0us; phase < kTickPeriod; phase += 100us) {
    Bench bench;
    bench.press(20, 20);
    const HostTime last_sample = bench.now - 1ms;
    bench.now = last_sample + phase;
    while (bench.last.level != Level{0}) bench.silence(kTickPeriod);
    EXPECT_LE(bench.now - last_sample, 18ms);
  }
}

TEST(Interlock, R4_SilenceEndsOnlyWithTenFreshSamples) {
  Bench bench;
  bench.press(20, 20);
  bench.silence(50ms);
  EXPECT_EQ(bench.press(20, 9).level, Level{0});
  EXPECT_EQ(bench.press(20, 1).level, Level{128});
}

TEST(Interlock, R4_ALateSampleTripsEvenWhenNobodyTicked) {
  Bench bench;
  bench.press(20, 20);
  bench.now += 100ms;
  EXPECT_TRUE(bench.press(20, 1).active.has(Trip::kStale));
}

TEST(Interlock, R4_AnUncalibratedBallNeverVibrates) {
  Bench bench;
  StepInput in = bench.input(20);
  in.sample.quality |= Quality::kUncalibrated;
  EXPECT_EQ(bench.feed(in).level, Level{0});
  EXPECT_TRUE(bench.last.active.has(Trip::kUncalibrated));
}

TEST(Interlock, R4_ASaturatedSensorStopsAndMustProveItselfFor100ms) {
  Bench bench;
  bench.press(20, 20);
  for (int i = 0; i < 2; ++i) {
    StepInput in = bench.input(20);
    in.sample.quality |= Quality::kSaturated;
    bench.feed(in);
  }
  EXPECT_EQ(bench.last.level, Level{0});
  EXPECT_EQ(bench.press(20, 98).level, Level{0});
  EXPECT_EQ(bench.press(20, 5).level, Level{128});
}

TEST(Interlock, ASingleSpikeIsNoOverForce) {
  Bench bench;
  bench.press(20, 20);
  StepInput spike = bench.input(100);
  spike.sample.quality |= Quality::kSaturated;
  EXPECT_EQ(bench.feed(spike).level, Level{128});
  EXPECT_EQ(bench.press(20, 5).level, Level{128});
}

TEST(Interlock, R4_AStuckSensorIsAFault) {
  Bench bench;
  bench.press(20, 20);
  for (int i = 0; i < 1005; ++i) {
    StepInput in = bench.input(20);
    in.sample.raw = 4711;
    bench.feed(in);
  }
  EXPECT_TRUE(bench.last.active.has(Trip::kStuck));
  EXPECT_EQ(bench.press(20, 2000).level, Level{0}) << "latched";
  bench.interlock.clear();
  EXPECT_EQ(bench.press(20, 1).level, Level{128});
}

TEST(Interlock, ASensorThatRestsUntouchedIsNotStuck) {
  Bench bench;
  for (int i = 0; i < 3000; ++i) {
    StepInput in = bench.input(0);
    in.sample.raw = 12;
    bench.feed(in);
  }
  EXPECT_FALSE(bench.last.active.any());
}

TEST(Interlock, R4_APullIsImplausible) {
  Bench bench;
  bench.press(20, 20);
  bench.press(-12, 3);
  EXPECT_TRUE(bench.last.active.has(Trip::kImplausible));
}

TEST(Interlock, OverForceStopsAtTheLimitAndReleasesWellBelowIt) {
  Bench bench;
  bench.press(59.9, 20);
  EXPECT_EQ(bench.last.level, Level{128});
  EXPECT_EQ(bench.press(60, 3).level, Level{0});
  EXPECT_EQ(bench.press(55, 2000).level, Level{0}) << "inside the hysteresis nothing comes back";
  EXPECT_EQ(bench.press(45, 499).level, Level{0});
  EXPECT_EQ(bench.press(45, 5).level, Level{128});
}

TEST(Interlock, TheThirdOverForceIsAFaultThatOnlyAPersonClears) {
  Bench bench;
  for (int i = 0; i < 3; ++i) {
    bench.press(61, 5);
    bench.press(20, 600);
  }
  EXPECT_TRUE(bench.last.active.has(Trip::kOverForceFault));
  EXPECT_EQ(bench.press(20, 5000).level, Level{0});
  bench.interlock.clear();
  EXPECT_EQ(bench.press(20, 1).level, Level{128});
}

TEST(Interlock, TheLimitIsMeasuredFromTheReferenceTare) {
  Bench bench;
  bench.press(20, 20);
  for (int i = 0; i < 3; ++i) {
    StepInput in = bench.input(20);         // what the person's tare shows
    in.force_from_reference = Newtons{65};  // what presses on the sensor
    bench.feed(in);
  }
  EXPECT_TRUE(bench.last.active.has(Trip::kOverForce));
}

TEST(Interlock, AWarmBallStopsAndComesBackThreeDegreesBelow) {
  Bench bench;
  const auto at = [&](int celsius) {
    StepInput in = bench.input(20);
    in.temperature_c = celsius;
    return bench.feed(in).level;
  };
  EXPECT_EQ(at(44), Level{128});
  EXPECT_EQ(at(45), Level{0});
  EXPECT_EQ(at(43), Level{0});
  EXPECT_EQ(at(42), Level{128});
}

TEST(Interlock, AHoleInTheSequenceLongerThanTheStaleTimeTrips) {
  Bench bench;
  bench.press(20, 20);
  StepInput in = bench.input(20);
  in.lost_before = 30;
  in.sample.device_time += 30ms;
  EXPECT_TRUE(bench.feed(in).active.has(Trip::kGap));
}

TEST(Interlock, TheVibrationBudgetOfASessionRunsOutOnTheBallsClock) {
  Bench bench({.motor_budget = 2s});
  bench.press(20, 1990);
  EXPECT_EQ(bench.last.level, Level{128});
  EXPECT_EQ(bench.press(20, 30).level, Level{0});
  EXPECT_TRUE(bench.last.active.has(Trip::kBudget));
  bench.interlock.begin_session();
  EXPECT_EQ(bench.press(20, 1).level, Level{128});
}

// Any order of events to depth 60: the motor is on only while a fresh, good sample, a running lease and no trip say so.
RC_GTEST_PROP(Interlock, NoInterleavingLeavesTheMotorOnPastItsBound, ()) {
  Bench bench;
  bench.press(20, 15);
  bool stopped = false;
  HostTime last_sample = bench.now - 1ms;
  HostTime lease = bench.now + 250ms;
  bench.lease_end = lease;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        bench.press(*rc::gen::inRange(-20, 90), *rc::gen::inRange(1, 30));
        last_sample = bench.now - 1ms;
        break;
      case 1:
        bench.silence(std::chrono::milliseconds(*rc::gen::inRange(1, 400)));
        break;
      case 2:
        bench.interlock.request_stop();
        stopped = true;
        bench.press(20);
        last_sample = bench.now - 1ms;
        break;
      case 3:
        bench.interlock.clear();
        stopped = false;
        break;
      case 4:
        bench.interlock.begin_session();
        break;
      case 5:
        bench.lease_end = lease = bench.now + std::chrono::milliseconds(*rc::gen::inRange(0, 250));
        break;
      case 6: {
        StepInput in = bench.input(20);
        in.ball_stop_latched = true;
        RC_ASSERT(bench.feed(in).level == Level{0});
        last_sample = bench.now - 1ms;
        break;
      }
      default:
        bench.press(20, *rc::gen::inRange(1, 700));
        last_sample = bench.now - 1ms;
        break;
    }
    const Decision d = bench.interlock.tick(bench.request(), bench.now);
    if (d.level.value != 0) {
      RC_ASSERT(!stopped);
      RC_ASSERT(!d.active.any());
      RC_ASSERT(bench.now < lease);
      RC_ASSERT(bench.now - last_sample <= 20ms);
      RC_ASSERT(d.level <= bench.interlock.limits().max_level);
    }
  }
}

}  // namespace
}  // namespace knead::sampling
