// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/clock_sync.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace knead::sampling {
namespace {

using namespace std::chrono_literals;

// A ball whose true clock is known: host = start + device / speed * (1 + drift).
struct TrueClock {
  double nanoseconds_per_us = 1000.0;
  HostTime start{10s};
  [[nodiscard]] HostTime at(DeviceTime d) const {
    return start + std::chrono::nanoseconds(static_cast<std::int64_t>(
                       static_cast<double>(d.time_since_epoch().count()) * nanoseconds_per_us));
  }
};

// USB jitter: most reports 0.1 ms late, some much later, never early.
void run(ClockSync& sync, const TrueClock& clock, DeviceTime from, DeviceTime to, std::mt19937& random) {
  std::exponential_distribution<double> jitter(1.0 / 200.0);  // us
  HostTime last{};
  for (DeviceTime d = from; d < to; d += 1ms) {
    const auto late = std::chrono::microseconds(100 + static_cast<std::int64_t>(jitter(random)));
    last = std::max(last, clock.at(d) + late);
    sync.update(d, last);
  }
}

double error_us(const ClockSync& sync, const TrueClock& clock, DeviceTime d) {
  return std::chrono::duration<double, std::micro>(sync.to_host(d) - clock.at(d)).count();
}

class ClockSyncDrift : public testing::TestWithParam<double> {};

TEST_P(ClockSyncDrift, FollowsADriftingClockToWithinTheLeastTransportDelay) {
  const TrueClock clock{1000.0 * (1.0 + GetParam() * 1e-6)};
  ClockSync sync;
  std::mt19937 random(7);
  run(sync, clock, DeviceTime(0s), DeviceTime(20s), random);
  EXPECT_NEAR(sync.rate(), 1.0 + GetParam() * 1e-6, 5e-6);
  // The constant 100 us of least delay cannot be told from an offset; what is left must be small beside it.
  EXPECT_NEAR(error_us(sync, clock, DeviceTime(19s)), 100.0, 40.0);
}
INSTANTIATE_TEST_SUITE_P(Ppm, ClockSyncDrift, testing::Values(-200.0, 0.0, 200.0));

TEST(ClockSync, FollowsABallWhoseClockRunsTenTimesAsFast) {
  const TrueClock clock{100.0};
  ClockSync sync;
  std::mt19937 random(7);
  run(sync, clock, DeviceTime(0s), DeviceTime(60s), random);
  EXPECT_NEAR(sync.rate(), 0.1, 1e-4);
  EXPECT_NEAR(error_us(sync, clock, DeviceTime(59s)), 100.0, 40.0);
}

TEST(ClockSync, NeverPlacesAReadingAfterItsArrival) {
  const TrueClock clock{1000.0};
  ClockSync sync;
  std::mt19937 random(3);
  std::exponential_distribution<double> jitter(1.0 / 500.0);
  HostTime last{};
  for (DeviceTime d(0s); d < DeviceTime(5s); d += 1ms) {
    last = std::max(last, clock.at(d) + std::chrono::microseconds(static_cast<std::int64_t>(jitter(random))));
    sync.update(d, last);
    ASSERT_LE(sync.to_host(d), last);
  }
}

TEST(ClockSync, ForgetsEverythingOnReset) {
  ClockSync sync;
  std::mt19937 random(3);
  run(sync, TrueClock{100.0}, DeviceTime(0s), DeviceTime(20s), random);
  sync.reset();
  EXPECT_FALSE(sync.synchronized());
  const TrueClock clock{1000.0, HostTime(1h)};
  run(sync, clock, DeviceTime(0s), DeviceTime(10s), random);
  EXPECT_NEAR(error_us(sync, clock, DeviceTime(9s)), 100.0, 40.0);
}

}  // namespace
}  // namespace knead::sampling
