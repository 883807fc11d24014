// SPDX-License-Identifier: Apache-2.0
// A person's numbers over time: series of days, what they say about change, and left against right. Pure, but for
// read_trends().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/record/profiles.hpp"
#include "daemon/session/change.hpp"
#include "daemon/session/local_time.hpp"
#include "daemon/session/plan.hpp"
#include "daemon/session/side_index.hpp"

namespace knead::record {

struct TrendSeries {
  std::string name;   ///< as in the measures' table: "time_in_band"
  std::string title;  ///< for people
  std::string unit;
  int decimals = 0;     ///< that mean something
  bool judged = false;  ///< has a verdict; the others are about the record, not about a person
  std::vector<session::DayValue> days{};
  session::Change change{};
};

/// Why to see one, after more than three months.
enum class Practitioner : std::uint8_t {
  kNo,
  kUnchanged,  ///< neither pain nor the force at first discomfort has detectably changed
  kHarder,     ///< pain is detectably higher, or that force lower, whatever else changed
};

struct Trends {
  std::string profile;
  session::LocalDay today = 0;
  std::size_t sessions = 0;
  std::size_t simulated_left_out = 0;
  std::string ball;                           ///< of the discomfort series
  std::size_t sets_of_other_balls = 0;        ///< left out: another ball presses otherwise
  std::vector<TrendSeries> series;            ///< those with a value
  std::optional<session::SideIndex> sides{};  ///< empty: too few days on a side
  Practitioner practitioner = Practitioner::kNo;
};

/// A session counts when it came to its own end, completed or not.
[[nodiscard]] bool session_counts(const SessionPoint& session) noexcept;
/// Changes and sides are judged without @p today, which is not over: a session more would move its mean, and the
/// verdict with it.
/// @p simulated takes sessions of `knead simulate` in as well.
[[nodiscard]] Trends trends_of(const std::string& profile, std::span<const SessionPoint> sessions,
                               std::span<const DiscomfortPoint> sets, session::LocalDay today,
                               const session::Zone& zone, bool simulated);
/// The same out of the store. Errors: the store's.
[[nodiscard]] Result<Trends> read_trends(const Store& store, const std::string& profile, session::LocalDay today,
                                         const session::Zone& zone, bool simulated);
/// "no detectable change", "not yet known: 3 more days"; empty where the series is not judged.
[[nodiscard]] std::string verdict_text(const TrendSeries& series);
/// `knead trends`. @p utf8: the series are drawn, else left out.
[[nodiscard]] std::string trends_text(const Trends& trends, bool utf8);
/// `knead trends --json`: one object.
[[nodiscard]] std::string trends_json(const Trends& trends);

/// `knead plan`: the plan, a calendar by weeks, and how much of it was done.
[[nodiscard]] std::string plan_text(const Profile& profile, std::span<const session::DayDone> days,
                                    session::LocalDay today, Practitioner practitioner);
[[nodiscard]] std::string plan_json(const Profile& profile, std::span<const session::DayDone> days,
                                    session::LocalDay today, Practitioner practitioner);
/// Days of the sessions that count.
[[nodiscard]] std::vector<session::LocalDay> days_done(std::span<const SessionPoint> sessions,
                                                       const session::Zone& zone, bool simulated);

/// "07:30" of minutes after midnight.
[[nodiscard]] std::string clock_of(int minute);

}  // namespace knead::record
