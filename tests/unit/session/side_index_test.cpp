// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/side_index.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace knead::session {
namespace {

constexpr int kMany = 100'000;  // degrees of freedom of a SEM that is as good as known

TEST(SideIndex, IsTheDifferenceAgainstTheLargerSide) {
  const SideIndex index = side_index({.mean_n = 20, .sem_n = 1, .degrees_of_freedom = kMany},
                                     {.mean_n = 30, .sem_n = 1, .degrees_of_freedom = kMany});
  ASSERT_TRUE(index.value_pct);
  EXPECT_DOUBLE_EQ(*index.value_pct, 100.0 * 10 / 30);
  EXPECT_DOUBLE_EQ(index.difference_n, 10);
}

TEST(SideIndex, IsNotShownForADifferenceWithinTheUncertaintyOfBothSides) {
  const double needed = 1.96 * std::sqrt(2.0);
  const SideMean left{.mean_n = 20, .sem_n = 1, .degrees_of_freedom = kMany};
  const auto right = [](double mean) { return SideMean{.mean_n = mean, .sem_n = 1, .degrees_of_freedom = kMany}; };
  EXPECT_FALSE(side_index(left, right(20 + needed * 0.999)).value_pct);
  EXPECT_TRUE(side_index(left, right(20 + needed * 1.001)).value_pct);
  EXPECT_LT(*side_index(left, right(10)).value_pct, 0) << "the left one bears more";
}

TEST(SideIndex, AsksForMoreWhereTheUncertaintyItselfIsKnownFromFewDays) {
  const SideMean left{.mean_n = 20, .sem_n = 1, .degrees_of_freedom = 4};
  const SideMean right{.mean_n = 23, .sem_n = 1, .degrees_of_freedom = 4};
  const SideIndex index = side_index(left, right);
  EXPECT_NEAR(index.needed_n, 2.306 * std::sqrt(2.0), 1e-3);  // Student's t with 8 degrees of freedom, from a table
  EXPECT_FALSE(index.value_pct);
}

TEST(SideIndex, TakesTheNewestDaysOfASideOnceItsSemIsKnown) {
  std::vector<DayValue> series{{1, 10}, {2, 12}, {3, 14}, {4, 16}};
  EXPECT_FALSE(newest_mean(series, 0.1));
  series.push_back({9, 18});
  series.push_back({10, 40});
  const auto mean = newest_mean(series, 0.1);
  ASSERT_TRUE(mean);
  EXPECT_DOUBLE_EQ(mean->mean_n, (12.0 + 14 + 16 + 18 + 40) / 5);
  EXPECT_EQ(mean->degrees_of_freedom, 5);
}

}  // namespace
}  // namespace knead::session
