// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/trends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "daemon/session/event_json.hpp"

namespace knead::record {

namespace {

namespace json = boost::json;
using session::DayValue;
using session::Verdict;

/// Where a series of sessions comes from.
struct SessionSeries {
  std::string_view name;
  std::string_view title;
  std::string_view unit;
  int decimals;
  double resolution;
  bool judged;
  std::optional<double> (*value)(const SessionPoint&);
};

std::optional<double> too_hard_pct(const SessionPoint& s) {
  if (s.reps == 0) return std::nullopt;
  return 100.0 * static_cast<double>(s.too_hard) / static_cast<double>(s.reps);
}

// The resolution is the step in which the value means anything: ratings come whole, one rep of eight is 12.5 %.
constexpr std::array kSessionSeries{
    SessionSeries{"time_in_band", "time in band", "%", 0, 1.0, true,
                  [](const SessionPoint& s) { return s.time_in_band_pct; }},
    SessionSeries{"dose", "dose", "N s", 0, 1.0, true, [](const SessionPoint& s) { return s.dose_ns; }},
    SessionSeries{"steadiness_cv", "steadiness (SD/mean)", "", 2, 0.01, true,
                  [](const SessionPoint& s) { return s.steadiness_cv; }},
    SessionSeries{"too_hard", "reps too hard", "%", 0, 12.5, true, too_hard_pct},
    SessionSeries{"pain_before", "pain before, 0..10", "", 1, 1.0, true,
                  [](const SessionPoint& s) { return s.nrs_before; }},
    SessionSeries{"pain_after", "pain after, 0..10", "", 1, 1.0, true,
                  [](const SessionPoint& s) { return s.nrs_after; }},
    SessionSeries{"reps", "reps", "", 0, 1.0, false,
                  [](const SessionPoint& s) { return std::optional(static_cast<double>(s.reps)); }},
    SessionSeries{"elapsed", "elapsed", "s", 0, 1.0, false,
                  [](const SessionPoint& s) { return std::optional(s.elapsed_s); }},
    SessionSeries{"lost_samples", "samples lost", "%", 2, 0.01, false,
                  [](const SessionPoint& s) { return s.lost_samples_pct; }},
};
constexpr int kSides = 2;  // of the force at first discomfort, judged both
constexpr double kDiscomfortResolutionN = 0.1;
static_assert(std::ranges::count_if(kSessionSeries, &SessionSeries::judged) + kSides == session::kJudgedMeasures,
              "the rate of false changes is shared among the measures that are judged");

session::LocalDay day_of(WallTime t, const session::Zone& zone) {
  return session::local_day(std::chrono::floor<std::chrono::seconds>(t), zone);
}

/// Means of days, in their order.
class Days {
 public:
  void add(session::LocalDay day, std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return;
    auto& [sum, count] = days_[day];
    sum += *value;
    ++count;
  }
  [[nodiscard]] std::vector<DayValue> take() const {
    std::vector<DayValue> out;
    out.reserve(days_.size());
    for (const auto& [day, of_day] : days_) out.push_back({day, of_day.first / static_cast<double>(of_day.second)});
    return out;
  }

 private:
  std::map<session::LocalDay, std::pair<double, std::size_t>> days_;
};

/// A line; nothing where there is none to name.
std::string_view practitioner_text(Practitioner why) {
  switch (why) {
    case Practitioner::kNo:
      return "";
    case Practitioner::kUnchanged:
      return "More than three months, and no detectable change in pain or in the force at first discomfort: see a "
             "practitioner.\n";
    case Practitioner::kHarder:
      return "More than three months, and pain is higher, or the force at first discomfort lower, than at first: see a "
             "practitioner.\n";
  }
  return "";
}

/// What is judged: @p today is not over.
std::span<const DayValue> before(session::LocalDay today, std::span<const DayValue> days) {
  return {days.begin(), std::ranges::find_if(days, [today](const DayValue& d) { return d.day >= today; })};
}

Practitioner practitioner_of(std::span<const TrendSeries> series, session::LocalDay first, session::LocalDay today) {
  bool easier = false;
  bool harder = false;
  for (const TrendSeries& s : series) {
    const bool pain = s.name.starts_with("pain");
    if (!pain && !s.name.starts_with("discomfort")) continue;
    easier = easier || s.change.verdict == (pain ? Verdict::kDown : Verdict::kUp);
    harder = harder || s.change.verdict == (pain ? Verdict::kUp : Verdict::kDown);
  }
  if (!session::practitioner_due(first, today, easier && !harder)) return Practitioner::kNo;
  return harder ? Practitioner::kHarder : Practitioner::kUnchanged;
}

std::string number(std::optional<double> value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "-";
}

/// The newest days as bars between the lowest and the highest of them.
std::string bars(std::span<const DayValue> days) {
  constexpr std::array<std::string_view, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::size_t kNewest = 14;
  const auto newest = days.last(std::min(days.size(), kNewest));
  const auto [lo, hi] = std::ranges::minmax_element(newest, {}, &DayValue::value);
  std::string out;
  for (const DayValue& d : newest) {
    const double share = hi->value > lo->value ? (d.value - lo->value) / (hi->value - lo->value) : 0.5;
    out += kBars.at(static_cast<std::size_t>(std::lround(share * static_cast<double>(kBars.size() - 1))));
  }
  return out + std::string(kNewest - newest.size(), ' ');
}

void write_sides(std::string& text, const Trends& trends) {
  const auto out = std::back_inserter(text);
  if (!trends.sides) {
    fmt::format_to(out, "Left and right: not yet known; it takes {} days of `knead discomfort` on each side.\n",
                   session::kLeastDays);
  } else if (trends.sides->value_pct) {
    fmt::format_to(
        out,
        "Left and right: the {} side was at first discomfort at {:.0f} % less force. Not a sign of which side is "
        "tight.\n",
        *trends.sides->value_pct > 0 ? "left" : "right", std::abs(*trends.sides->value_pct));
  } else {
    fmt::format_to(out, "Left and right: no difference beyond how much they vary ({:.1f} N; it would take {:.1f} N).\n",
                   std::abs(trends.sides->difference_n), trends.sides->needed_n);
  }
}

json::value optional_json(const std::optional<double>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object change_json(const session::Change& c) {
  return {{"verdict", to_string(c.verdict)},
          {"days_to_go", c.days_to_go},
          {"baseline", optional_json(c.baseline)},
          {"newest", optional_json(c.newest)},
          {"newest_from", c.newest ? json::value(session::date_text(c.newest_from)) : json::value(nullptr)},
          {"newest_to", c.newest ? json::value(session::date_text(c.newest_to)) : json::value(nullptr)},
          {"needed", optional_json(c.needed)}};
}

}  // namespace

bool session_counts(const SessionPoint& session) noexcept {
  return session.outcome == session::to_string(session::Outcome::kCompleted) ||
         session.outcome == session::to_string(session::Outcome::kIncomplete);
}

std::vector<session::LocalDay> days_done(std::span<const SessionPoint> sessions, const session::Zone& zone,
                                         bool simulated) {
  std::vector<session::LocalDay> days;
  for (const SessionPoint& s : sessions) {
    if (session_counts(s) && (simulated || s.origin == to_string(Origin::kBall))) {
      days.push_back(day_of(s.started, zone));
    }
  }
  return days;
}

Trends trends_of(const std::string& profile, std::span<const SessionPoint> sessions,
                 std::span<const DiscomfortPoint> sets, session::LocalDay today, const session::Zone& zone,
                 bool simulated) {
  Trends trends;
  trends.profile = profile;
  trends.today = today;
  std::array<Days, kSessionSeries.size()> days;
  std::optional<session::LocalDay> first;
  for (const SessionPoint& s : sessions) {
    if (!session_counts(s)) continue;
    if (!simulated && s.origin != to_string(Origin::kBall)) {
      ++trends.simulated_left_out;
      continue;
    }
    ++trends.sessions;
    const session::LocalDay day = day_of(s.started, zone);
    first = std::min(first.value_or(day), day);
    for (std::size_t n = 0; n < days.size(); ++n) days.at(n).add(day, kSessionSeries.at(n).value(s));
  }
  for (std::size_t n = 0; n < days.size(); ++n) {
    const SessionSeries& from = kSessionSeries.at(n);
    TrendSeries series{.name = std::string(from.name),
                       .title = std::string(from.title),
                       .unit = std::string(from.unit),
                       .decimals = from.decimals,
                       .judged = from.judged,
                       .days = days.at(n).take()};
    if (series.days.empty()) continue;
    series.change = session::judge_change(before(today, series.days), from.resolution);
    trends.series.push_back(std::move(series));
  }

  if (!sets.empty()) trends.ball = sets.back().ball_serial;
  std::array<std::optional<session::SideMean>, kSides> means;
  for (const session::Side side : {session::Side::kLeft, session::Side::kRight}) {
    Days of_side;
    for (const DiscomfortPoint& set : sets) {
      if (set.side != side) continue;
      if (set.ball_serial != trends.ball) {
        ++trends.sets_of_other_balls;
        continue;
      }
      of_side.add(day_of(set.started, zone), set.mean_n);
    }
    TrendSeries series{.name = fmt::format("discomfort_{}", to_string(side)),
                       .title = fmt::format("first discomfort, {}", to_string(side)),
                       .unit = "N",
                       .decimals = 1,
                       .judged = true,
                       .days = of_side.take()};
    if (series.days.empty()) continue;
    const auto judged = before(today, series.days);
    series.change = session::judge_change(judged, kDiscomfortResolutionN);
    means.at(static_cast<std::size_t>(side)) = session::newest_mean(judged, kDiscomfortResolutionN);
    trends.series.push_back(std::move(series));
  }
  if (means[0] && means[1]) trends.sides = session::side_index(*means[0], *means[1]);

  if (first) trends.practitioner = practitioner_of(trends.series, *first, today);
  return trends;
}

std::string verdict_text(const TrendSeries& series) {
  const session::Change& change = series.change;
  if (!series.judged) return {};
  if (change.verdict == Verdict::kNotYetKnown) {
    return fmt::format("not yet known: {} more day{}", change.days_to_go, change.days_to_go == 1 ? "" : "s");
  }
  return std::string(to_string(change.verdict));
}

Result<Trends> read_trends(const Store& store, const std::string& profile, session::LocalDay today,
                           const session::Zone& zone, bool simulated) {
  const auto sessions = session_points(store, profile);
  if (!sessions) return std::unexpected(sessions.error());
  const auto sets = discomfort_points(store, profile);
  if (!sets) return std::unexpected(sets.error());
  return trends_of(profile, *sessions, *sets, today, zone, simulated);
}

std::string trends_text(const Trends& trends, bool utf8) {
  std::string text;
  const auto out = std::back_inserter(text);
  const std::string of = trends.profile.empty() ? "" : " of " + trends.profile;
  if (trends.series.empty()) {
    fmt::format_to(out, "No trends{} yet: they begin with the first session.\n", of);
  } else {
    fmt::format_to(out, "Trends{}: {} session{}, a value a day\n", of, trends.sessions,
                   trends.sessions == 1 ? "" : "s");
    constexpr std::string_view kRow = "{:<24} {:>4}  {:>8} {:>8} {:>7} {:>7}  {}{}\n";
    fmt::format_to(out, kRow, "", "days", "at first", "now", "SEM", "MDC95", utf8 ? "newest days     " : "", "change");
    for (const TrendSeries& s : trends.series) {
      const std::string title = s.unit.empty() ? s.title : s.title + ", " + s.unit;
      // One digit more than the values have: a spread of 0 would say that nothing varies.
      const int fine = s.decimals + 1;
      const std::optional<double> now = s.change.newest ? s.change.newest : std::optional(s.days.back().value);
      fmt::format_to(out, kRow, title, s.days.size(), number(s.change.baseline, s.decimals), number(now, s.decimals),
                     number(s.change.sem, fine), number(s.change.mdc95, fine), utf8 ? bars(s.days) + "  " : "",
                     verdict_text(s));
    }
    fmt::format_to(
        out,
        "\"At first\" is the mean of the first {} days, \"now\" that of the newest {} in full (before that, of "
        "the newest day).\n",
        session::kBaselineDays, session::kWindowDays);
    write_sides(text, trends);
  }
  if (trends.sets_of_other_balls > 0) {
    fmt::format_to(out, "{} discomfort sets with another ball than {} are left out.\n", trends.sets_of_other_balls,
                   trends.ball);
  }
  if (trends.simulated_left_out > 0) {
    fmt::format_to(out, "{} simulated sessions are left out; --simulated takes them in.\n", trends.simulated_left_out);
  }
  text += practitioner_text(trends.practitioner);
  return text;
}

std::string trends_json(const Trends& trends) {
  json::array list;
  for (const TrendSeries& s : trends.series) {
    json::array days;
    for (const DayValue& d : s.days) days.push_back({session::date_text(d.day), d.value});
    list.push_back(json::object{{"name", s.name},
                                {"unit", s.unit},
                                {"sem", optional_json(s.change.sem)},
                                {"mdc95", optional_json(s.change.mdc95)},
                                {"mdc95_window", optional_json(s.change.mdc95_window)},
                                {"change", s.judged ? json::value(change_json(s.change)) : json::value(nullptr)},
                                {"days", std::move(days)}});
  }
  json::value sides = nullptr;
  if (trends.sides) {
    sides = json::object{{"index_pct", optional_json(trends.sides->value_pct)},
                         {"difference_n", trends.sides->difference_n},
                         {"needed_n", trends.sides->needed_n}};
  }
  return session::serialize(json::object{{"profile", trends.profile},
                                         {"today", session::date_text(trends.today)},
                                         {"sessions", trends.sessions},
                                         {"simulated_left_out", trends.simulated_left_out},
                                         {"series", std::move(list)},
                                         {"sides", std::move(sides)},
                                         {"see_a_practitioner", trends.practitioner != Practitioner::kNo}});
}

std::string clock_of(int minute) {
  constexpr int kHour = 60;
  return fmt::format("{:02}:{:02}", minute / kHour, minute % kHour);
}

std::string plan_text(const Profile& profile, std::span<const session::DayDone> days, session::LocalDay today,
                      Practitioner practitioner) {
  std::string text;
  const auto out = std::back_inserter(text);
  if (!profile.plan) {
    text = "No plan yet: `knead plan set` makes one, twice a day at first and once a day after some weeks.\n";
  } else {
    const session::Plan& plan = *profile.plan;
    fmt::format_to(out, "Plan{}: twice a day for {} weeks from {} on, then once a day; {} and {}, {}\n",
                   profile.name.empty() ? "" : " of " + profile.name, plan.weeks, session::date_text(plan.first_day),
                   clock_of(plan.at[0]), clock_of(plan.at[1]), plan.remind ? "with reminders" : "no reminders");
    constexpr int kWeek = 7;
    fmt::format_to(out, "{:<12}Mo  Tu  We  Th  Fr  Sa  Su\n", "Week of");
    for (std::size_t n = 0; n < days.size();) {
      const int from = session::weekday(days[n].day);
      fmt::format_to(out, "{:<12}{}", session::date_text(days[n].day - from),
                     std::string(static_cast<std::size_t>(from) * 4, ' '));
      for (int weekday = from; weekday < kWeek && n < days.size(); ++weekday, ++n) {
        fmt::format_to(out, "{}/{} ", days[n].done, days[n].due);
      }
      text += '\n';
    }
    if (const auto pct = session::adherence_pct(days, today)) {
      fmt::format_to(
          out, "Done: {:.0f} % of what was meant. It says how well the plan was followed, not how you are.\n", *pct);
    }
  }
  text += practitioner_text(practitioner);
  return text;
}

std::string plan_json(const Profile& profile, std::span<const session::DayDone> days, session::LocalDay today,
                      Practitioner practitioner) {
  json::value plan = nullptr;
  if (profile.plan) {
    plan = json::object{{"first_day", session::date_text(profile.plan->first_day)},
                        {"weeks", profile.plan->weeks},
                        {"at", {clock_of(profile.plan->at[0]), clock_of(profile.plan->at[1])}},
                        {"remind", profile.plan->remind}};
  }
  json::array calendar;
  for (const session::DayDone& d : days) {
    calendar.push_back(json::object{{"day", session::date_text(d.day)}, {"due", d.due}, {"done", d.done}});
  }
  return session::serialize(json::object{{"profile", profile.name},
                                         {"plan", std::move(plan)},
                                         {"days", std::move(calendar)},
                                         {"adherence_pct", optional_json(session::adherence_pct(days, today))},
                                         {"see_a_practitioner", practitioner != Practitioner::kNo}});
}

}  // namespace knead::record
