// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/local_time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace knead::session {

namespace {
constexpr std::int64_t kDaysAWeek = 7;
constexpr std::int64_t kThursday = 3;  // 1970-01-01
}  // namespace

LocalDay local_day(UnixTime t, const Zone& zone) {
  return std::chrono::floor<std::chrono::days>(t.time_since_epoch() + zone(t)).count();
}

UnixTime at_local(LocalDay day, int minute, const Zone& zone) {
  const UnixTime shown{std::chrono::days(day) + std::chrono::minutes(minute)};  // as if local time were UTC
  // The offsets of a day before and a day after: the same one, or those on both sides of the one change between.
  const auto before = zone(shown - std::chrono::days(1));
  const auto after = zone(shown + std::chrono::days(1));
  const UnixTime early = shown - std::max(before, after);
  const UnixTime late = shown - std::min(before, after);
  if (zone(early) == shown - early) return early;
  if (zone(late) == shown - late) return late;
  return shown - before;  // in the gap
}

int weekday(LocalDay day) noexcept {
  return static_cast<int>(((day + kThursday) % kDaysAWeek + kDaysAWeek) % kDaysAWeek);
}

std::string date_text(LocalDay day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace knead::session
