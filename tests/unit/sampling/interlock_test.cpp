// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/interlock.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace knead::sampling {
namespace {

using namespace std::chrono_literals;

// Drives an interlock in virtual time, one sample a millisecond, with a renewed lease unless told otherwise.
class InterlockBench {
 public:
  explicit InterlockBench(const Limits& limits = {}) : interlock(limits) {}

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
  // Until the ramp has reached what is asked for.
  void run_up() { press(20, 300); }
  Decision silence(std::chrono::milliseconds d) {
    for (auto t = 0ms; t < d; t += kTickPeriod) {
      now += kTickPeriod;
      last = interlock.tick(request(), now);
    }
    device_ += d;
    return last;
  }
  [[nodiscard]] LeasedRequest request() const {
    return {.level = level, .expires = lease_end == kRenewed ? now + 250ms : lease_end};
  }

  Interlock interlock;
  HostTime now{1h};
  static constexpr HostTime kRenewed{};
  HostTime lease_end = kRenewed;
  Level level{128};
  Decision last;

 private:
  DeviceTime device_{5s};
  std::uint64_t seq_ = 0;
};

TEST(Interlock, PassesALeasedRequestOnWhenAllIsWell) {
  InterlockBench bench;
  EXPECT_EQ(bench.press(20, 300).level, Level{128});
}

TEST(Interlock, IsOffBeforeTheFirstSample) {
  InterlockBench bench;
  EXPECT_EQ(bench.interlock.tick(bench.request(), bench.now).level, Level{0});
}

TEST(Interlock, R1_ALeaseThatIsNotRenewedLapses) {
  InterlockBench bench;
  bench.run_up();
  bench.lease_end = bench.now + 250ms;
  EXPECT_EQ(bench.press(20, 250).level, Level{128});
  EXPECT_EQ(bench.press(20, 1).level, Level{0});
  EXPECT_FALSE(bench.last.active.any()) << "a lapsed lease is no fault: nobody wants the motor any more";
}

TEST(Interlock, R1_ALeaseLongerThanItsCeilingIsNotBelieved) {
  InterlockBench bench;
  bench.lease_end = bench.now + 10s;
  EXPECT_EQ(bench.press(20, 5).level, Level{0});
}

TEST(Interlock, R2_NoRequestExceedsTheCeiling) {
  InterlockBench bench({.max_level = Level{100}});
  EXPECT_EQ(bench.press(20, 300).level, Level{100});
}

TEST(Interlock, R2_ConfigurationCanLowerLimitsButNeverRaiseThem) {
  const Limits wanted{.hard_limit = Newtons{500},
                      .max_temperature_c = 90,
                      .stale = 1s,
                      .lease = 1h,
                      .ttl = 10s,
                      .rise_per_s = 100.0,
                      .motor_budget = 1h,
                      .motor_run = 1h};
  const Limits got = Interlock(wanted).limits();
  EXPECT_EQ(got.hard_limit, Newtons{60});
  EXPECT_EQ(got.max_temperature_c, 45);
  EXPECT_EQ(got.stale, 20ms);
  EXPECT_EQ(got.lease, 250ms);
  EXPECT_EQ(got.ttl, 500ms);
  EXPECT_EQ(got.motor_budget, 240s);
  EXPECT_EQ(got.motor_run, 150s);
  EXPECT_EQ(got.rise_per_s, 2.0);
  EXPECT_EQ(Interlock({.hard_limit = Newtons{std::nan("")}}).limits().hard_limit, Newtons{60});
  EXPECT_EQ(Interlock({.rise_per_s = 0.5, .motor_run = 20s}).limits().rise_per_s, 0.5);
  EXPECT_EQ(Interlock({.hard_limit = Newtons{30}}).limits().hard_limit, Newtons{30});
}

TEST(Interlock, R3_AStopIsLatchedUntilAPersonClearsIt) {
  InterlockBench bench;
  bench.run_up();
  bench.interlock.request_stop();
  EXPECT_EQ(bench.press(20, 1).level, Level{0});
  EXPECT_EQ(bench.press(20, 5000).level, Level{0});
  bench.interlock.begin_session();
  EXPECT_EQ(bench.press(20, 1).level, Level{0}) << "a new session clears nothing";
  bench.interlock.clear();
  EXPECT_GT(bench.press(20, 1).level, Level{0});
}

TEST(Interlock, R4_SilenceStopsWithin20ms) {
  InterlockBench bench;
  bench.run_up();
  const HostTime last_sample = bench.now - 1ms;
  while (bench.last.level != Level{0}) bench.silence(kTickPeriod);
  EXPECT_LE(bench.now - last_sample, 20ms);
  EXPECT_TRUE(bench.last.active.has(Trip::kStale));
}

TEST(Interlock, R4_ACommandHasTimeToReachTheBallWithinThe20ms) {
  // The looks come at any phase against the last sample.
  for (auto phase = 0us; phase < kTickPeriod; phase += 100us) {
    InterlockBench bench;
    bench.press(20, 20);
    const HostTime last_sample = bench.now - 1ms;
    bench.now = last_sample + phase;
    while (bench.last.level != Level{0}) bench.silence(kTickPeriod);
    EXPECT_LE(bench.now - last_sample, 18ms);
  }
}

TEST(Interlock, R4_SilenceEndsOnlyWithTenFreshSamples) {
  InterlockBench bench;
  bench.run_up();
  bench.silence(50ms);
  EXPECT_EQ(bench.press(20, 9).level, Level{0});
  EXPECT_GT(bench.press(20, 1).level, Level{0});
}

TEST(Interlock, R4_ALateSampleTripsEvenWhenNobodyTicked) {
  InterlockBench bench;
  bench.run_up();
  bench.now += 100ms;
  EXPECT_TRUE(bench.press(20, 1).active.has(Trip::kStale));
}

TEST(Interlock, R4_AnUncalibratedBallNeverVibrates) {
  InterlockBench bench;
  StepInput in = bench.input(20);
  in.sample.quality |= Quality::kUncalibrated;
  EXPECT_EQ(bench.feed(in).level, Level{0});
  EXPECT_TRUE(bench.last.active.has(Trip::kUncalibrated));
}

TEST(Interlock, R4_ASaturatedSensorStopsAndMustProveItselfFor100ms) {
  InterlockBench bench;
  bench.run_up();
  for (int i = 0; i < 2; ++i) {
    StepInput in = bench.input(20);
    in.sample.quality |= Quality::kSaturated;
    bench.feed(in);
  }
  EXPECT_EQ(bench.last.level, Level{0});
  EXPECT_EQ(bench.press(20, 98).level, Level{0});
  EXPECT_GT(bench.press(20, 5).level, Level{0});
}

TEST(Interlock, ASingleSpikeIsNoOverForce) {
  InterlockBench bench;
  bench.run_up();
  StepInput spike = bench.input(100);
  spike.sample.quality |= Quality::kSaturated;
  EXPECT_EQ(bench.feed(spike).level, Level{128});
  EXPECT_EQ(bench.press(20, 5).level, Level{128});
}

TEST(Interlock, ToClearAnythingElseDoesNotForgetEarlierOverForces) {
  InterlockBench bench;
  bench.run_up();
  for (int i = 0; i < 2; ++i) {
    bench.press(70, 5);
    bench.press(20, 1000);
  }
  bench.interlock.request_stop();
  bench.interlock.clear();
  bench.press(70, 5);
  EXPECT_TRUE(bench.last.active.has(Trip::kOverForceFault));
}

TEST(Interlock, R4_AStuckSensorIsAFault) {
  InterlockBench bench;
  bench.run_up();
  for (int i = 0; i < 1005; ++i) {
    StepInput in = bench.input(20);
    in.sample.raw = 4711;
    bench.feed(in);
  }
  EXPECT_TRUE(bench.last.active.has(Trip::kStuck));
  EXPECT_EQ(bench.press(20, 2000).level, Level{0}) << "latched";
  bench.interlock.clear();
  EXPECT_GT(bench.press(20, 1).level, Level{0});
}

TEST(Interlock, ASensorThatRestsUntouchedIsNotStuck) {
  InterlockBench bench;
  for (int i = 0; i < 3000; ++i) {
    StepInput in = bench.input(0);
    in.sample.raw = 12;
    bench.feed(in);
  }
  EXPECT_FALSE(bench.last.active.any());
}

TEST(Interlock, R4_APullIsImplausible) {
  InterlockBench bench;
  bench.run_up();
  bench.press(-12, 3);
  EXPECT_TRUE(bench.last.active.has(Trip::kImplausible));
}

TEST(Interlock, OverForceStopsAtTheLimitAndReleasesWellBelowIt) {
  InterlockBench bench;
  bench.press(59.9, 300);
  EXPECT_EQ(bench.last.level, Level{128});
  EXPECT_EQ(bench.press(60, 3).level, Level{0});
  EXPECT_EQ(bench.press(55, 2000).level, Level{0}) << "inside the hysteresis nothing comes back";
  EXPECT_EQ(bench.press(45, 499).level, Level{0});
  EXPECT_GT(bench.press(45, 5).level, Level{0});
}

TEST(Interlock, TheThirdOverForceIsAFaultThatOnlyAPersonClears) {
  InterlockBench bench;
  for (int i = 0; i < 3; ++i) {
    bench.press(61, 5);
    bench.press(20, 600);
  }
  EXPECT_TRUE(bench.last.active.has(Trip::kOverForceFault));
  EXPECT_EQ(bench.press(20, 5000).level, Level{0});
  bench.interlock.clear();
  EXPECT_GT(bench.press(20, 1).level, Level{0});
}

TEST(Interlock, TheLimitIsMeasuredFromTheReferenceTare) {
  InterlockBench bench;
  bench.run_up();
  for (int i = 0; i < 3; ++i) {
    StepInput in = bench.input(20);         // what the person's tare shows
    in.force_from_reference = Newtons{65};  // what presses on the sensor
    bench.feed(in);
  }
  EXPECT_TRUE(bench.last.active.has(Trip::kOverForce));
}

TEST(Interlock, AWarmBallStopsAndComesBackThreeDegreesBelow) {
  InterlockBench bench;
  const auto at = [&](int celsius) {
    StepInput in = bench.input(20);
    in.temperature_c = celsius;
    return bench.feed(in).level;
  };
  bench.run_up();
  EXPECT_EQ(at(44), Level{128});
  EXPECT_EQ(at(45), Level{0});
  EXPECT_EQ(at(43), Level{0});
  EXPECT_GT(at(42), Level{0});
}

TEST(Interlock, AHoleInTheSequenceLongerThanTheStaleTimeTrips) {
  InterlockBench bench;
  bench.run_up();
  StepInput in = bench.input(20);
  in.lost_before = 30;
  in.sample.device_time += 30ms;
  EXPECT_TRUE(bench.feed(in).active.has(Trip::kGap));
}

TEST(Interlock, TheVibrationBudgetOfASessionRunsOutOnTheBallsClock) {
  InterlockBench bench({.motor_budget = 2s});
  bench.press(20, 1990);
  EXPECT_EQ(bench.last.level, Level{128});
  EXPECT_EQ(bench.press(20, 30).level, Level{0});
  EXPECT_TRUE(bench.last.active.has(Trip::kBudget));
  bench.interlock.begin_session();
  EXPECT_GT(bench.press(20, 1).level, Level{0});
}

TEST(Interlock, TheMotorGrowsStrongerByTheSlewLimitAndWeakerAtOnce) {
  InterlockBench bench({.rise_per_s = 0.4});  // 102 levels a second
  bench.press(20, 501);                       // the first sample has no interval before it
  EXPECT_EQ(bench.last.level, Level{51});
  bench.level = Level{20};
  EXPECT_EQ(bench.press(20, 1).level, Level{20});
  bench.level = Level{255};
  EXPECT_LE(bench.press(20, 1).level, Level{21}) << "from where it is, not from where it was";
  bench.press(20, 99);
  EXPECT_EQ(bench.last.level, Level{31});
}

TEST(Interlock, EachHoldIsFollowedByARiseFromNothing) {
  InterlockBench bench;
  bench.run_up();
  bench.interlock.request_stop();
  bench.press(20, 1000);
  bench.interlock.clear();
  EXPECT_EQ(bench.press(20, 1).level, Level{1});
}

TEST(Interlock, TheMotorDoesNotGrowStrongerWithoutSamples) {
  InterlockBench bench;
  bench.press(20, 50);
  const Level before = bench.last.level;
  EXPECT_EQ(bench.silence(10ms).level, before);
}

TEST(Interlock, AClockThatLeapsAheadLetsTheMotorLeapNowhere) {
  InterlockBench bench;
  bench.press(20, 2);
  StepInput in = bench.input(20);
  in.sample.device_time += 10s;  // and no reading is missing
  EXPECT_LE(bench.feed(in).level, Level{12});
}

TEST(Interlock, R4_ASensorThatStaysAtARailIsOpenOrShortAndAFault) {
  for (const double force : {415.0, -423.0}) {
    InterlockBench bench;
    bench.run_up();
    const auto at_rail = [&](int samples) {
      for (int i = 0; i < samples; ++i) {
        StepInput in = bench.input(force);
        in.sample.raw = force > 0 ? protocol::kRawMax : protocol::kRawMin;
        in.sample.quality |= Quality::kSaturated;
        bench.feed(in);
      }
    };
    at_rail(999);
    EXPECT_FALSE(bench.last.active.has(Trip::kOpenOrShort));
    EXPECT_EQ(bench.last.level, Level{0}) << "saturated since the second";
    at_rail(5);
    EXPECT_TRUE(bench.last.active.has(Trip::kOpenOrShort));
    EXPECT_FALSE(bench.last.active.has(Trip::kStuck)) << "one cause, one name";
    bench.interlock.clear();
    at_rail(1);
    EXPECT_TRUE(bench.last.active.has(Trip::kOpenOrShort)) << "its cause is still there";
    bench.press(20, 2000);
    EXPECT_TRUE(bench.last.active.has(Trip::kOpenOrShort)) << "latched";
    bench.interlock.clear();
    EXPECT_GT(bench.press(20, 2).level, Level{0});
  }
}

TEST(Interlock, AStuckSensorThatIsStillStuckCannotBeCleared) {
  InterlockBench bench;
  const auto same = [&](int samples) {
    for (int i = 0; i < samples; ++i) {
      StepInput in = bench.input(20);
      in.sample.raw = 4711;
      bench.feed(in);
    }
  };
  same(1100);
  bench.interlock.clear();
  same(1);
  EXPECT_TRUE(bench.last.active.has(Trip::kStuck));
  EXPECT_EQ(bench.last.level, Level{0});
}

TEST(Interlock, ASingleSpikeDoesNotHideAStuckSensor) {
  InterlockBench bench;
  for (int i = 0; i < 1100; ++i) {
    StepInput in = bench.input(20);
    in.sample.raw = 4711;
    if (i % 50 == 49) {  // 2 %, as some converters do
      in.sample.raw = (1 << 22) - 1;
      in.force_from_reference = Newtons{205};
    }
    bench.feed(in);
  }
  EXPECT_TRUE(bench.last.active.has(Trip::kStuck));
  EXPECT_FALSE(bench.last.active.has(Trip::kOverForce));
}

TEST(Interlock, ASingleGoodReadingAmongBadOnesCreditsNothing) {
  InterlockBench bench;
  bench.press(70, 5);
  for (int i = 0; i < 1000; ++i) bench.press(i % 3 == 0 ? 20 : 70);
  EXPECT_TRUE(bench.last.active.has(Trip::kOverForce));
}

TEST(Interlock, ALongRunOfTheMotorIsFollowedByARestOfTenSeconds) {
  InterlockBench bench({.motor_run = 5s});
  bench.press(20, 5010);
  EXPECT_TRUE(bench.last.active.has(Trip::kRest));
  EXPECT_EQ(bench.press(20, 9980).level, Level{0});
  bench.interlock.begin_session();
  bench.interlock.clear();
  EXPECT_EQ(bench.press(20, 1).level, Level{0}) << "neither a new session nor a person makes it rested";
  EXPECT_GT(bench.press(20, 30).level, Level{0}) << "it takes no act to go on";
}

TEST(Interlock, PausesShorterThanARestDoNotEndARun) {
  InterlockBench bench({.motor_run = 5s});
  for (int i = 0; i < 4; ++i) {
    bench.press(20, 1200);
    bench.level = Level{0};
    bench.press(20, 9900);
    bench.level = Level{128};
  }
  EXPECT_GT(bench.press(20, 100).level, Level{0});
  bench.press(20, 200);
  EXPECT_TRUE(bench.last.active.has(Trip::kRest));
}

TEST(Interlock, AReleaseStepAsLongAsTheShippedOneRunsThrough) {
  InterlockBench bench;
  bench.press(20, 135'000);
  EXPECT_EQ(bench.last.level, Level{128});
  bench.press(20, 15'010);
  EXPECT_TRUE(bench.last.active.has(Trip::kRest));
}

TEST(Interlock, WhatTheMotorRanInAHoleOfTheRecordIsCharged) {
  // The motor was on before the hole and off after it: it may have run for a whole TTL.
  InterlockBench bench({.ttl = 500ms, .motor_budget = 2s});
  bench.press(20, 1600);
  bench.silence(3s);
  bench.press(20, 20);
  EXPECT_TRUE(bench.last.active.has(Trip::kBudget));
}

}  // namespace
}  // namespace knead::sampling
