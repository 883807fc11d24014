// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/trends.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/parse.hpp>

namespace knead::record {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr session::LocalDay kFirst = 20'000;
std::chrono::seconds utc(session::UnixTime) { return {}; }

WallTime at(session::LocalDay day, int hour = 8) { return WallTime(std::chrono::days(day) + std::chrono::hours(hour)); }

SessionPoint session_on(session::LocalDay day, double in_band, int hour = 8) {
  SessionPoint s;
  s.started = at(day, hour);
  s.origin = "ball";
  s.outcome = "completed";
  s.time_in_band_pct = in_band;
  return s;
}
/// In band 70 % and a little more or less, and from day 10 on @p later.
std::vector<SessionPoint> days_of(int days, double later) {
  std::vector<SessionPoint> sessions;
  for (int n = 0; n < days; ++n) {
    const double off = n % 3 - 1.0;
    sessions.push_back(session_on(kFirst + n, (n < session::kBaselineDays ? 70 : later) + off));
  }
  return sessions;
}
std::vector<DiscomfortPoint> sets_of(int days, double left, double right, const std::string& ball = "B1") {
  std::vector<DiscomfortPoint> sets;
  for (int n = 0; n < days; ++n) {
    const double off = n % 3 - 1.0;
    sets.push_back({at(kFirst + n), session::Side::kLeft, ball, left + off, 1.0});
    sets.push_back({at(kFirst + n), session::Side::kRight, ball, right + off, 1.0});
  }
  return sets;
}
const TrendSeries& series(const Trends& trends, std::string_view name) {
  const auto found = std::ranges::find(trends.series, name, &TrendSeries::name);
  if (found == trends.series.end()) throw std::runtime_error("no such series");
  return *found;
}
Trends trends(const std::vector<SessionPoint>& sessions, const std::vector<DiscomfortPoint>& sets = {},
              session::LocalDay today = kFirst + 20) {
  return trends_of("anna", sessions, sets, today, utc, false);
}

TEST(Trends, AreOneMeanADay) {
  const Trends t = trends({session_on(kFirst, 60), session_on(kFirst, 80, 20), session_on(kFirst + 1, 90)});
  const auto& days = series(t, "time_in_band").days;
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].value, 70);
  EXPECT_EQ(days[1].day, kFirst + 1);
}

TEST(Trends, SayNoDetectableChangeInTheseWords) {
  EXPECT_THAT(trends_text(trends(days_of(15, 70)), false), HasSubstr("no detectable change"));
  EXPECT_THAT(trends_text(trends(days_of(15, 90)), false), HasSubstr("higher than at first"));
  EXPECT_THAT(trends_text(trends(days_of(15, 50)), false), HasSubstr("lower than at first"));
  EXPECT_THAT(trends_text(trends(days_of(14, 90)), false), HasSubstr("not yet known: 1 more day"));
}

TEST(Trends, MakeNoClaimOfHealthOrOfATightSide) {
  std::vector<SessionPoint> sessions = days_of(120, 90);
  const std::string text = trends_text(trends(sessions, sets_of(15, 20, 30), kFirst + 120), true);
  for (const char* word : {"better", "worse", "heal", "improve", "normal", "kPa"})
    EXPECT_THAT(text, Not(HasSubstr(word)));
  EXPECT_THAT(text, HasSubstr("Not a sign of which side is tight"));
}

TEST(Trends, LeaveOutSessionsThatWereStoppedAndThoseThatWereSimulated) {
  auto sessions = days_of(3, 70);
  sessions[0].outcome = "stopped";
  sessions[1].origin = "simulation";
  const Trends t = trends(sessions);
  EXPECT_EQ(t.sessions, 1U);
  EXPECT_EQ(t.simulated_left_out, 1U);
  EXPECT_THAT(trends_text(t, false), HasSubstr("--simulated"));
  EXPECT_EQ(trends_of("anna", sessions, {}, kFirst + 3, utc, true).sessions, 2U);
}

TEST(Trends, CompareSidesOnlyBeyondHowMuchTheyVary) {
  const auto different = trends({}, sets_of(6, 20, 30));
  ASSERT_TRUE(different.sides && different.sides->value_pct);
  EXPECT_NEAR(*different.sides->value_pct, 100.0 / 3, 1.0);
  const auto alike = trends({}, sets_of(6, 20, 20.5));
  ASSERT_TRUE(alike.sides);
  EXPECT_FALSE(alike.sides->value_pct);
  EXPECT_THAT(trends_text(alike, false), HasSubstr("no difference beyond how much they vary"));
  EXPECT_FALSE(trends({}, sets_of(4, 20, 30)).sides) << "no SEM from four days";
}

TEST(Trends, DoNotMixBalls) {
  auto sets = sets_of(6, 20, 30, "old");
  for (auto& set : sets_of(3, 40, 50, "new")) sets.push_back(set);
  const Trends t = trends({}, sets);
  EXPECT_EQ(t.ball, "new");
  EXPECT_EQ(t.sets_of_other_balls, 12U);
  EXPECT_EQ(series(t, "discomfort_left").days.size(), 3U);
}

TEST(Trends, NameAPractitionerAfterThreeMonthsWithoutChangeInHowItIs) {
  const auto sessions = days_of(100, 95);  // time in band changed, and that is no trouble
  EXPECT_EQ(trends(sessions, {}, kFirst + 99).practitioner, Practitioner::kUnchanged);
  EXPECT_EQ(trends(sessions, {}, kFirst + 60).practitioner, Practitioner::kNo);
  auto sets = sets_of(10, 20, 20);
  for (int n = 10; n < 15; ++n) sets.push_back({at(kFirst + n), session::Side::kLeft, "B1", 40.0 + n % 2, 1.0});
  EXPECT_EQ(trends(sessions, sets, kFirst + 99).practitioner, Practitioner::kNo) << "it takes more force by now";
  EXPECT_THAT(trends_text(trends(sessions, {}, kFirst + 99), false), HasSubstr("no detectable change in pain"));
}

TEST(Trends, NameAPractitionerAlsoWhereItHasBecomeHarder) {
  auto sessions = days_of(100, 70);
  for (std::size_t n = 0; n < sessions.size(); ++n) sessions[n].nrs_before = n < 10 ? 2 + n % 2 : 7 + n % 2;
  const Trends more_pain = trends(sessions, {}, kFirst + 100);
  EXPECT_EQ(more_pain.practitioner, Practitioner::kHarder);
  EXPECT_THAT(trends_text(more_pain, false), HasSubstr("pain is higher"));

  auto sets = sets_of(10, 30, 30);
  for (int n = 10; n < 15; ++n) sets.push_back({at(kFirst + n), session::Side::kLeft, "B1", 10.0 + n % 2, 1.0});
  EXPECT_EQ(trends(days_of(100, 70), sets, kFirst + 99).practitioner, Practitioner::kHarder);
  for (auto& s : sessions) s.nrs_before = 9 - *s.nrs_before;
  EXPECT_EQ(trends(sessions, {}, kFirst + 100).practitioner, Practitioner::kNo) << "less pain";
  EXPECT_EQ(trends(sessions, sets, kFirst + 100).practitioner, Practitioner::kHarder)
      << "less pain does not speak for the force";
}

TEST(Trends, AreJudgedWithoutADayThatIsNotOver) {
  const auto sessions = days_of(15, 90);
  const Trends evening = trends(sessions, {}, kFirst + 14);
  EXPECT_EQ(series(evening, "time_in_band").days.size(), 15U) << "it is shown";
  EXPECT_THAT(trends_text(evening, false), HasSubstr("not yet known: 1 more day"));
  EXPECT_THAT(trends_text(trends(sessions, {}, kFirst + 15), false), HasSubstr("higher than at first"));
}

TEST(Trends, CompareSidesWithoutADayThatIsNotOver) {
  const auto sets = sets_of(6, 20, 30);
  auto with_today = sets;
  with_today.push_back({at(kFirst + 6), session::Side::kLeft, "B1", 29.0, 1.0});
  const auto before = trends({}, sets, kFirst + 6).sides;
  const auto during = trends({}, with_today, kFirst + 6).sides;
  ASSERT_TRUE(before && during);
  EXPECT_EQ(during->difference_n, before->difference_n);
  EXPECT_EQ(during->needed_n, before->needed_n);
  EXPECT_NE(trends({}, with_today, kFirst + 7).sides->difference_n, before->difference_n);
}

TEST(Trends, AsJsonHaveEveryDay) {
  const auto json = boost::json::parse(trends_json(trends(days_of(15, 90), sets_of(6, 20, 30)))).as_object();
  const auto& first = json.at("series").as_array().at(0).as_object();
  EXPECT_EQ(first.at("name").as_string(), "time_in_band");
  EXPECT_EQ(first.at("days").as_array().size(), 15U);
  EXPECT_EQ(first.at("days").as_array().at(0).as_array().at(0).as_string(), session::date_text(kFirst));
  EXPECT_EQ(first.at("change").as_object().at("verdict").as_string(), "higher than at first");
}

TEST(PlanText, ShowsAWeekALineAndTheDaysThatAreMeant) {
  Profile anna;
  anna.name = "anna";
  anna.plan = session::Plan{.first_day = kFirst, .weeks = 1};
  const std::vector<session::LocalDay> done{kFirst, kFirst, kFirst + 1};
  const auto days = session::adherence(*anna.plan, done, kFirst + 8, 56);
  const std::string text = plan_text(anna, days, kFirst + 8, Practitioner::kNo);
  EXPECT_THAT(text, HasSubstr("2/2 1/2 0/2"));
  EXPECT_THAT(text, HasSubstr("0/1"));
  EXPECT_THAT(text, HasSubstr("Done: 20 %"));
  EXPECT_THAT(plan_text({}, {}, kFirst, Practitioner::kNo), HasSubstr("No plan yet"));
}

}  // namespace
}  // namespace knead::record
