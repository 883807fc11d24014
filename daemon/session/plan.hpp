// SPDX-License-Identifier: Apache-2.0
// The programme: how often a person means to do it, what was done, and when to be reminded. Pure; the wall clock and
// its zone are arguments.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/session/local_time.hpp"

namespace knead::session {

/// Twice a day at first, once a day after some weeks (EVIDENCE.md "Dose", the method).
struct Plan {
  LocalDay first_day = 0;
  int weeks = 3;  ///< twice a day, 0 to kMostWeeks; "a few weeks" (choice)
  /// Minutes after midnight, on the wall clock. While it is once a day, the second alone: it is the day's last chance.
  std::array<int, 2> at{7 * 60 + 30, 20 * 60};
  bool remind = false;
  bool operator==(const Plan&) const = default;
};
constexpr int kMostWeeks = 26;
constexpr int kMinutesADay = 24 * 60;

/// Errors: kInvalidInput: weeks or times out of range, or the second time not after the first.
[[nodiscard]] Result<> check_plan(const Plan& plan);
/// Sessions meant for a day: 0 before the plan begins, then 2, then 1.
[[nodiscard]] int due_on(const Plan& plan, LocalDay day) noexcept;

/// A day that was planned, and what came of it.
struct DayDone {
  LocalDay day = 0;
  int due = 0;
  int done = 0;  ///< may be more than due
};
/// From the plan's first day to @p today, at most the last @p most days. @p sessions: the days of sessions that count
/// (session_counts), in any order.
[[nodiscard]] std::vector<DayDone> adherence(const Plan& plan, std::span<const LocalDay> sessions, LocalDay today,
                                             std::size_t most);
/// 100 * sum of min(done, due) / sum of due; empty when nothing was due. A day that is not over yet counts once it is
/// full.
[[nodiscard]] std::optional<double> adherence_pct(std::span<const DayDone> days, LocalDay today);

/// One reminder: of the @p slot-th session of a day, from 0.
struct Reminder {
  LocalDay day = 0;
  int slot = 0;
  bool operator==(const Reminder&) const = default;
};
/// The reminder that is due at @p now: its time has come, less than kReminderHolds ago, fewer sessions than slots so
/// far were done that day, and it is later than @p last, the one given last. So a computer that slept over the time
/// still reminds, one that is switched on at night does not, and a clock that is set back reminds nobody twice.
[[nodiscard]] std::optional<Reminder> reminder_due(const Plan& plan, UnixTime now, const Zone& zone, int done_today,
                                                   const std::optional<Reminder>& last);
constexpr std::chrono::hours kReminderHolds{2};  ///< (choice)

/// Trouble for more than three months belongs to a practitioner (EVIDENCE.md "Safety").
constexpr int kPractitionerDays = 92;
/// @p easier: a measure of how it is (force at first discomfort, pain) has detectably changed for less trouble, and
/// none for more.
[[nodiscard]] constexpr bool practitioner_due(LocalDay first_day, LocalDay today, bool easier) noexcept {
  return !easier && today - first_day >= kPractitionerDays;
}

}  // namespace knead::session
