// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace knead::session {

namespace {
constexpr int kDaysAWeek = 7;
constexpr int kAtFirst = 2;
}  // namespace

Result<> check_plan(const Plan& plan) {
  if (plan.weeks < 0 || plan.weeks > kMostWeeks) {
    return fail(Errc::kInvalidInput, fmt::format("{} weeks of twice a day", plan.weeks),
                fmt::format("give 0 to {}", kMostWeeks));
  }
  for (const int minute : plan.at) {
    if (minute < 0 || minute >= kMinutesADay) {
      return fail(Errc::kInvalidInput, fmt::format("minute {} of a day", minute), "give times from 00:00 to 23:59");
    }
  }
  if (plan.at[0] >= plan.at[1]) {
    return fail(Errc::kInvalidInput, "the second time of day is not after the first", "give the earlier one first");
  }
  return {};
}

int due_on(const Plan& plan, LocalDay day) noexcept {
  if (day < plan.first_day) return 0;
  return day - plan.first_day < LocalDay{plan.weeks} * kDaysAWeek ? kAtFirst : 1;
}

std::vector<DayDone> adherence(const Plan& plan, std::span<const LocalDay> sessions, LocalDay today, std::size_t most) {
  std::vector<DayDone> days;
  const LocalDay first = std::max(plan.first_day, today - static_cast<LocalDay>(most) + 1);
  for (LocalDay day = first; day <= today; ++day) days.push_back({.day = day, .due = due_on(plan, day)});
  for (const LocalDay day : sessions) {
    if (day >= first && day <= today) ++days[static_cast<std::size_t>(day - first)].done;
  }
  return days;
}

std::optional<double> adherence_pct(std::span<const DayDone> days, LocalDay today) {
  int due = 0;
  int done = 0;
  for (const DayDone& day : days) {
    if (day.day >= today && day.done < day.due) continue;
    due += day.due;
    done += std::min(day.done, day.due);
  }
  if (due == 0) return std::nullopt;
  return 100.0 * done / due;
}

std::optional<Reminder> reminder_due(const Plan& plan, UnixTime now, const Zone& zone, int done_today,
                                     const std::optional<Reminder>& last) {
  if (!plan.remind) return std::nullopt;
  const LocalDay today = local_day(now, zone);
  const int due = due_on(plan, today);
  const int first_slot = kAtFirst - due;  // once a day: the second time
  for (int slot = kAtFirst - 1; slot >= first_slot && due > 0; --slot) {
    const UnixTime at = at_local(today, plan.at.at(static_cast<std::size_t>(slot)), zone);
    if (now < at) continue;
    if (now - at >= kReminderHolds) return std::nullopt;
    if (done_today > slot - first_slot) return std::nullopt;
    const Reminder reminder{.day = today, .slot = slot};
    const bool later = !last || today > last->day || (today == last->day && slot > last->slot);
    return later ? std::optional(reminder) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace knead::session
