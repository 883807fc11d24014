// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/plan.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>

namespace knead::session {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Optional;

constexpr LocalDay day_of(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day))
      .time_since_epoch()
      .count();
}

/// Central European time of 2025: summer time from 30 March, 01:00 UTC, to 26 October, 01:00 UTC.
std::chrono::seconds berlin(UnixTime t) {
  const UnixTime begins{std::chrono::days(day_of(2025, 3, 30)) + 1h};
  const UnixTime ends{std::chrono::days(day_of(2025, 10, 26)) + 1h};
  return t >= begins && t < ends ? 2h : 1h;
}
UnixTime utc(LocalDay day, std::chrono::seconds of_day) { return UnixTime(std::chrono::days(day) + of_day); }

// ---- The wall clock ---------------------------------------------------------------------------------------------

TEST(LocalTime, FollowsTheWallClockOverBothChanges) {
  EXPECT_EQ(at_local(day_of(2025, 3, 29), 7 * 60, berlin), utc(day_of(2025, 3, 29), 6h));
  EXPECT_EQ(at_local(day_of(2025, 3, 31), 7 * 60, berlin), utc(day_of(2025, 3, 31), 5h));
  EXPECT_EQ(at_local(day_of(2025, 10, 27), 7 * 60, berlin), utc(day_of(2025, 10, 27), 6h));
}

TEST(LocalTime, TakesAnHourThatDoesNotExistAfterTheChangeAndTheFirstOfOneThatComesTwice) {
  EXPECT_EQ(at_local(day_of(2025, 3, 30), 2 * 60 + 30, berlin), utc(day_of(2025, 3, 30), 1h + 30min)) << "03:30";
  EXPECT_EQ(at_local(day_of(2025, 10, 26), 2 * 60 + 30, berlin), utc(day_of(2025, 10, 26), 30min));
}

TEST(LocalTime, AgreesWithTheSystemsOwnReckoningOnEveryQuarterHourOfTheDaysOfChange) {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  for (const LocalDay day : {day_of(2025, 3, 29), day_of(2025, 3, 30), day_of(2025, 10, 25), day_of(2025, 10, 26)}) {
    for (int minute = 0; minute < kMinutesADay; minute += 15) {
      const UnixTime at = at_local(day, minute, berlin);
      const std::time_t c = at.time_since_epoch().count();
      std::tm local{};
      ::localtime_r(&c, &local);
      const bool skipped = day == day_of(2025, 3, 30) && minute >= 120 && minute < 180;
      EXPECT_EQ(local.tm_hour * 60 + local.tm_min, skipped ? minute + 60 : minute) << date_text(day);
      EXPECT_EQ(local_day(at, berlin), day);
    }
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST(LocalTime, KnowsDatesAndWeekdays) {
  EXPECT_EQ(date_text(day_of(2025, 3, 1)), "2025-03-01");
  EXPECT_EQ(weekday(day_of(2025, 3, 3)), 0) << "a Monday";
  EXPECT_EQ(weekday(day_of(2025, 3, 9)), 6);
  EXPECT_EQ(weekday(-1), 2) << "the day before a Thursday";
}

// ---- What is meant and what is done -----------------------------------------------------------------------------

const Plan kPlan{.first_day = day_of(2025, 3, 3), .weeks = 3, .remind = true};

TEST(Plan, IsTwiceADayAtFirstAndOnceADayAfterTheChosenWeeks) {
  EXPECT_EQ(due_on(kPlan, kPlan.first_day - 1), 0);
  EXPECT_EQ(due_on(kPlan, kPlan.first_day), 2);
  EXPECT_EQ(due_on(kPlan, kPlan.first_day + 20), 2);
  EXPECT_EQ(due_on(kPlan, kPlan.first_day + 21), 1);
  EXPECT_EQ(due_on({.first_day = 5, .weeks = 0}, 5), 1);
}

TEST(Plan, IsRefusedWhereItMakesNoSense) {
  EXPECT_TRUE(check_plan(kPlan));
  EXPECT_FALSE(check_plan({.weeks = -1}));
  EXPECT_FALSE(check_plan({.weeks = kMostWeeks + 1}));
  EXPECT_FALSE(check_plan({.at = {600, 600}}));
  EXPECT_FALSE(check_plan({.at = {600, kMinutesADay}}));
}

TEST(Adherence, CountsWhatWasDoneOfWhatWasMeantAndSparesADayThatIsNotOver) {
  const LocalDay today = kPlan.first_day + 3;
  const std::vector<LocalDay> sessions{today - 3, today - 3, today - 3, today - 1, today, today - 40};
  const auto days = adherence(kPlan, sessions, today, 1000);
  ASSERT_EQ(days.size(), 4U);
  EXPECT_EQ(days[0].done, 3);
  EXPECT_EQ(days[1].done, 0);
  EXPECT_EQ(days[2].done, 1);
  EXPECT_EQ(days[3].done, 1);
  EXPECT_THAT(adherence_pct(days, today), Optional(100.0 * (2 + 0 + 1) / 6)) << "today may still be full";
  EXPECT_THAT(adherence_pct(days, today + 1), Optional(100.0 * (2 + 0 + 1 + 1) / 8));
  EXPECT_EQ(adherence_pct({}, today), std::nullopt);
  EXPECT_EQ(adherence(kPlan, sessions, today, 2).size(), 2U);
}

// ---- Reminders --------------------------------------------------------------------------------------------------

constexpr int kNone = 0;

TEST(Reminder, ComesAtEachTimeOfDayOnce) {
  const LocalDay day = kPlan.first_day;
  const UnixTime morning = at_local(day, kPlan.at[0], berlin);
  const UnixTime evening = at_local(day, kPlan.at[1], berlin);
  EXPECT_EQ(reminder_due(kPlan, morning - 1s, berlin, kNone, {}), std::nullopt);
  const auto first = reminder_due(kPlan, morning, berlin, kNone, {});
  EXPECT_THAT(first, Optional(Reminder{.day = day, .slot = 0}));
  EXPECT_EQ(reminder_due(kPlan, morning + 1min, berlin, kNone, first), std::nullopt);
  EXPECT_THAT(reminder_due(kPlan, evening, berlin, 1, first), Optional(Reminder{.day = day, .slot = 1}));
}

TEST(Reminder, IsSparedWhoeverHasDoneItAlready) {
  const LocalDay day = kPlan.first_day;
  EXPECT_EQ(reminder_due(kPlan, at_local(day, kPlan.at[0], berlin), berlin, 1, {}), std::nullopt);
  EXPECT_EQ(reminder_due(kPlan, at_local(day, kPlan.at[1], berlin), berlin, 2, {}), std::nullopt);
}

TEST(Reminder, OnceADayIsTheSecondTimeAlone) {
  const LocalDay day = kPlan.first_day + 30;
  EXPECT_EQ(reminder_due(kPlan, at_local(day, kPlan.at[0], berlin), berlin, kNone, {}), std::nullopt);
  EXPECT_THAT(reminder_due(kPlan, at_local(day, kPlan.at[1], berlin), berlin, kNone, {}),
              Optional(Reminder{.day = day, .slot = 1}));
  EXPECT_EQ(reminder_due(kPlan, at_local(day, kPlan.at[1], berlin), berlin, 1, {}), std::nullopt);
}

TEST(Reminder, StillComesAfterASleepOverItsTimeButNotHoursLater) {
  const UnixTime morning = at_local(kPlan.first_day, kPlan.at[0], berlin);
  EXPECT_TRUE(reminder_due(kPlan, morning + 90min, berlin, kNone, {}));
  EXPECT_FALSE(reminder_due(kPlan, morning + 2h, berlin, kNone, {}));
}

TEST(Reminder, IsNotRepeatedWhenTheClockIsSetBack) {
  const UnixTime evening = at_local(kPlan.first_day + 1, kPlan.at[1], berlin);
  const auto last = reminder_due(kPlan, evening, berlin, kNone, {});
  ASSERT_TRUE(last);
  EXPECT_FALSE(reminder_due(kPlan, evening - 24h, berlin, kNone, last));
}

TEST(Reminder, ComesOnceOnTheDaysOnWhichTheClocksChange) {
  Plan plan = kPlan;
  plan.at = {2 * 60 + 30, 20 * 60};  // the hour that is skipped, or comes twice
  plan.weeks = kMostWeeks;
  plan.first_day = day_of(2025, 3, 20);
  for (const LocalDay day : {day_of(2025, 3, 30), day_of(2025, 10, 26)}) {
    if (due_on(plan, day) < 2) plan.first_day = day - 10;
    std::optional<Reminder> last;
    int reminders = 0;
    for (UnixTime t = at_local(day, 0, berlin); local_day(t, berlin) == day; t += 30s) {
      if (const auto due = reminder_due(plan, t, berlin, kNone, last)) {
        last = due;
        ++reminders;
      }
    }
    EXPECT_EQ(reminders, 2) << date_text(day);
  }
}

TEST(Reminder, IsNotGivenBeforeThePlanBeginsOrWhereNoneIsWished) {
  const UnixTime morning = at_local(kPlan.first_day - 1, kPlan.at[0], berlin);
  EXPECT_FALSE(reminder_due(kPlan, morning, berlin, kNone, {}));
  Plan silent = kPlan;
  silent.remind = false;
  EXPECT_FALSE(reminder_due(silent, morning + 24h, berlin, kNone, {}));
}

TEST(Practitioner, IsNamedAfterThreeMonthsWithoutChange) {
  EXPECT_FALSE(practitioner_due(0, kPractitionerDays - 1, false));
  EXPECT_TRUE(practitioner_due(0, kPractitionerDays, false));
  EXPECT_FALSE(practitioner_due(0, kPractitionerDays, true));
}

}  // namespace
}  // namespace knead::session
