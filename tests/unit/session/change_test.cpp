// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/change.hpp"

#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <numbers>
#include <vector>

namespace knead::session {
namespace {

std::vector<DayValue> series_of(const std::vector<double>& values) {
  std::vector<DayValue> series;
  for (const double value : values) series.push_back({static_cast<std::int64_t>(series.size()), value});
  return series;
}

// ---- What is shown, and from when -------------------------------------------------------------------------------

TEST(Change, HasNoSemFromFewerThanFiveDays) {
  EXPECT_EQ(judge_change(series_of({20, 22, 21, 19}), 0.1).sem, std::nullopt);
  const Change change = judge_change(series_of({20, 22, 21, 19, 23}), 0.1);
  ASSERT_TRUE(change.sem);
  EXPECT_DOUBLE_EQ(*change.sem, std::sqrt(10.0 / (5 * (1 - share_of_variance(5)))));
  EXPECT_DOUBLE_EQ(*change.mdc95, 1.96 * std::numbers::sqrt2 * *change.sem);
  EXPECT_DOUBLE_EQ(*change.mdc95_window, *change.mdc95 * std::sqrt(share_of_variance(5)));
  EXPECT_EQ(change.verdict, Verdict::kNotYetKnown);
  EXPECT_EQ(change.days_to_go, 10);
}

TEST(Change, IsNotKnownUntilABaselineAndAWindowAreFull) {
  std::vector<double> values{20, 21, 19, 20, 22, 18, 21, 20, 19, 20};
  for (int n = 0; n < 4; ++n) values.push_back(60);
  EXPECT_EQ(judge_change(series_of(values), 0.1).verdict, Verdict::kNotYetKnown) << "one day more is needed";
  values.push_back(60);
  const Change change = judge_change(series_of(values), 0.1);
  EXPECT_EQ(change.verdict, Verdict::kUp);
  EXPECT_EQ(change.windows, 1);
  EXPECT_EQ(change.newest_from, 10);
  EXPECT_EQ(change.newest_to, 14);
  EXPECT_DOUBLE_EQ(*change.baseline, 20);
  EXPECT_DOUBLE_EQ(*change.newest, 60);
}

TEST(Change, StaysAsItIsUntilTheNextWindowIsFull) {
  // Whoever looks after every session gets no further chance of a change that is none.
  std::vector<double> values{20, 21, 19, 20, 22, 18, 21, 20, 19, 20, 20, 21, 19, 20, 20};
  const Change before = judge_change(series_of(values), 0.1);
  EXPECT_EQ(before.verdict, Verdict::kNoDetectableChange);
  for (int n = 0; n < 4; ++n) {
    values.push_back(90);
    const Change change = judge_change(series_of(values), 0.1);
    EXPECT_EQ(change.verdict, before.verdict);
    EXPECT_EQ(change.sem, before.sem);
    EXPECT_EQ(change.needed, before.needed);
  }
}

TEST(Change, GivesDownAsReadilyAsUp) {
  std::vector<double> values{20, 21, 19, 20, 22, 18, 21, 20, 19, 20};
  for (int n = 0; n < 5; ++n) values.push_back(5);
  EXPECT_EQ(judge_change(series_of(values), 0.1).verdict, Verdict::kDown);
}

TEST(Change, AsksForMoreThanMdc95OfTheMeansAndForMoreTheMoreWindowsThereWere) {
  boost::random::mt19937 random(7);
  boost::random::normal_distribution<double> day(25, 3);
  std::vector<double> values;
  for (int n = 0; n < 60; ++n) values.push_back(day(random));
  double last_quantile = 1.96;
  for (const long days : {15, 20, 40, 60}) {
    const Change change = judge_change(series_of({values.begin(), values.begin() + days}), 0.1);
    const double quantile = *change.needed / *change.sem / std::sqrt(share_of_variance(10) + share_of_variance(5));
    EXPECT_GT(quantile, last_quantile) << days << " days: a look more has less of the chance of a false change";
    last_quantile = quantile;
  }
  EXPECT_LT(last_quantile, 4.5) << "and the price of many looks is small";
}

TEST(Change, OfEqualValuesIsKnownNoBetterThanTheirRounding) {
  std::vector<double> values(10, 4.0);
  values.insert(values.end(), {4, 4, 4, 4, 5});
  const Change change = judge_change(series_of(values), 1.0);
  EXPECT_EQ(change.verdict, Verdict::kNoDetectableChange);
  std::vector<double> whole_step(10, 4.0);
  whole_step.insert(whole_step.end(), 5, 8.0);
  EXPECT_EQ(judge_change(series_of(whole_step), 1.0).verdict, Verdict::kUp);
  EXPECT_DOUBLE_EQ(*judge_change(series_of(whole_step), 1.0).sem, 1 / std::sqrt(12.0));
}

TEST(Change, MeansOfDaysThatResembleEachOtherScatterMoreThanTheSquareRootSays) {
  EXPECT_DOUBLE_EQ(share_of_variance(1), 1);
  EXPECT_DOUBLE_EQ(share_of_variance(2), (1 + kCorrelation) / 2);
  EXPECT_GT(share_of_variance(5), 1.0 / 5);
  EXPECT_NEAR(share_of_variance(1000) * 1000, (1 + kCorrelation) / (1 - kCorrelation), 0.01);
}

}  // namespace
}  // namespace knead::session
