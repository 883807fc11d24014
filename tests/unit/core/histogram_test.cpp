// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace knead {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, IsAllZeroWhileNothingWasRecorded) {
  const Histogram histogram;
  EXPECT_EQ(histogram.summary().count, 0U);
  EXPECT_EQ(histogram.summary().p999, nanoseconds(0));
}

TEST(Histogram, ReadsBackAtMostAnEighthAboveTheTruthAndNeverBelow) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    Histogram histogram;
    std::vector<std::int64_t> values;
    const int bits = 1 + round % 35;
    for (int i = 0; i < 999; ++i) {
      values.push_back(static_cast<std::int64_t>(random() % (std::uint64_t{1} << bits)));
      histogram.record(nanoseconds(values.back()));
    }
    std::ranges::sort(values);
    const auto summary = histogram.summary();
    const auto expect_near = [&](nanoseconds read, std::size_t rank) {
      const std::int64_t truth = values.at(rank - 1);
      EXPECT_GE(read.count(), truth);
      EXPECT_LE(static_cast<double>(read.count()), static_cast<double>(truth) * 1.125 + 1.0);
    };
    expect_near(summary.p50, 500);
    expect_near(summary.p99, 990);
    expect_near(summary.p999, 999);
    EXPECT_EQ(summary.worst.count(), values.back());
    EXPECT_EQ(summary.count, 999U);
  }
}

TEST(Histogram, KeepsWhatIsOutOfRangeAtItsEnds) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  histogram.record(std::chrono::hours(1));
  EXPECT_EQ(histogram.summary().count, 2U);
  EXPECT_EQ(histogram.summary().p50, nanoseconds(0));
  EXPECT_EQ(histogram.summary().worst, Histogram::kLongest);
}

TEST(Histogram, MayBeReadWhileItIsWritten) {
  Histogram histogram;
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) histogram.record(nanoseconds(1000));
  });
  std::uint64_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto summary = histogram.summary();
    EXPECT_GE(summary.count, before);
    if (summary.count > 0) {
      EXPECT_GE(summary.p50, nanoseconds(1000)) << "at " << summary.count;
    }
    before = summary.count;
  }
}

}  // namespace
}  // namespace knead
