// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/record/chart.hpp"
#include "daemon/record/event_words.hpp"
#include "daemon/record/markup.hpp"
#include "daemon/record/page.hpp"

namespace knead::record {

namespace {

using Out = std::back_insert_iterator<std::string>;

constexpr double kWidth = 1000.0;
constexpr double kHeight = 240.0;
constexpr double kLeft = 46.0;
constexpr double kRight = 984.0;
constexpr double kTop = 24.0;
constexpr double kBottom = 205.0;
constexpr double kDay = 86'400.0;

/// What is drawn, in order; of those the store has values of.
struct Shown {
  std::string_view name;
  std::string_view title;
  bool from_zero;
  int decimals;  ///< in the table: figures below each other
};
constexpr std::array<Shown, 4> kShown{{
    {"time_in_band", "Time in band", true, 1},
    {"dose", "Dose", true, 0},
    {"mean_force", "Mean force", true, 1},
    {"steadiness_cv", "Steadiness (spread of the force, in parts of its mean; less is steadier)", true, 3},
}};

/// Not a session's: sets of trials have dates of their own.
constexpr Shown kDiscomfort{"discomfort_force", "Force at first discomfort", true, 1};

struct Point {
  double t = 0.0;  ///< seconds since 1970
  double value = 0.0;
  bool left = false;
};

struct Series {
  const Shown* shown = nullptr;
  std::string unit;
  std::vector<Point> points;
};

struct SessionRow {
  SessionFacts facts;
  std::array<std::optional<double>, kShown.size()> values;
};

/// A moment that a calendar has: 1970 to 9999. What damage left of another is in the table alone.
bool on_the_calendar(double t) {
  constexpr double kYear10000 = 253'402'300'800.0;
  return t >= 0.0 && t < kYear10000;
}

std::string day_of(double t) { return session::date_text(static_cast<session::LocalDay>(std::floor(t / kDay))); }

/// "Dose, N s"; without a unit, without a comma.
std::string titled(std::string_view title, std::string_view unit) {
  return fmt::format("{}{}{}", markup_text(title), unit.empty() ? "" : ", ", markup_text(unit));
}

/// Midnights, or firsts of months where there are many.
std::vector<double> date_ticks(double from, double to) {
  const double days = (to - from) / kDay;
  std::vector<double> all;
  if (days <= 70.0) {
    const double step = kDay * std::max(1.0, std::ceil(days / 8.0));
    for (double t = std::ceil(from / kDay) * kDay; t <= to; t += step) all.push_back(t);
  } else {
    const int step = std::max(1, static_cast<int>(std::ceil(days / 30.4 / 8.0)));
    const auto first = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(from))));
    const std::chrono::year_month_day date(first);
    auto month = std::chrono::year_month(date.year(), date.month()) + std::chrono::months(1);
    for (;; month += std::chrono::months(step)) {
      const std::chrono::sys_days day(month / 1);
      const auto t = static_cast<double>(std::chrono::sys_seconds(day).time_since_epoch().count());
      if (t > to) break;
      all.push_back(t);
    }
  }
  if (all.empty()) all.push_back(from);
  return all;
}

/// Points of next to no length with a round or square end: a year of them in one path. Of no length at all, what prints
/// pages draws none with a square end.
std::string dots(const Series& series, bool left, const Scale& x, const Scale& y) {
  std::string data;
  for (const Point& p : series.points) {
    if (p.left == left) fmt::format_to(std::back_inserter(data), "M{} {}h.01", px(x(p.t)), px(y(p.value)));
  }
  if (data.empty()) return {};
  return fmt::format("<path class=\"{}\" d=\"{}\"/>", left ? "left" : "right", data);
}

std::string chart(const Series& series, std::size_t number) {
  const auto [first, last] = std::ranges::minmax(series.points, {}, &Point::t);
  const auto [least, most] = std::ranges::minmax(series.points, {}, &Point::value);
  // Half a day of air, or the first and last points sit on the frame.
  const Scale x{first.t - kDay / 2, last.t + kDay / 2, kLeft, kRight};
  const double low = series.shown->from_zero ? std::min(least.value, 0.0) : least.value;
  const double high = most.value > low ? most.value : low + 1.0;
  const bool percent = series.unit == "%";
  const Scale y{low, percent ? std::max(100.0, high) : high * 1.05, kBottom, kTop};
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"t{}-title t{}-text\"><title id=\"t{}-title\">{} by "
      "date</title><desc id=\"t{}-text\">{} values from {} to {}, between {:.4g} and {:.4g}{}{}. The table below "
      "holds "
      "the numbers.</desc>",
      px(kWidth), px(kHeight), number, number, number, series.shown->title, number, series.points.size(),
      day_of(first.t), day_of(last.t), least.value, most.value, series.unit.empty() ? "" : " ",
      markup_text(series.unit));
  const Out out(svg);
  for (const double value : ticks(y.from, y.to, 4)) {
    fmt::format_to(out, "<path class=\"grid\" d=\"M{} {}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                   px(kLeft), px(y(value)), px(kRight), px(kLeft - 6), px(y(value) + 4), plain(value));
  }
  for (const double t : date_ticks(x.from, x.to)) {
    fmt::format_to(out, "<path class=\"grid\" d=\"M{} {}v5\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                   px(x(t)), px(kBottom), px(x(t)), px(kBottom + 20), day_of(t));
  }
  fmt::format_to(out, "<text x=\"4\" y=\"14\">{}</text>", markup_text(series.unit));
  svg += dots(series, true, x, y);
  svg += dots(series, false, x, y);
  return svg + "</svg>";
}

std::string key(const std::vector<SessionRow>& rows) {
  std::string html = "<ul class=\"key\">";
  for (const std::string_view side : {"left", "right"}) {
    if (std::ranges::none_of(rows, [side](const SessionRow& row) { return row.facts.side == side; })) continue;
    html += fmt::format(
        "<li><svg viewBox=\"0 0 24 14\" aria-hidden=\"true\"><path class=\"{}\" d=\"M12 7h.01\"/></svg>{} side "
        "({})</li>",
        side, side, side == "left" ? "round" : "square");
  }
  return html + "</ul>\n";
}

std::string figure(const Series& series, std::size_t number, const std::string& sides) {
  const std::string_view title = series.shown->title;
  return fmt::format(
      "<h2>{}</h2>\n<figure><div class=\"chart\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div>{}"
      "</figure>\n",
      titled(title, series.unit), title, chart(series, number), sides);
}

Result<Series> discomfort_of(const Store& store, const Trends& trends) {
  const auto sets = discomfort_points(store, trends.profile);
  if (!sets) return std::unexpected(sets.error());
  Series series{&kDiscomfort, "N", {}};
  for (const DiscomfortPoint& set : *sets) {
    const double at = static_cast<double>(set.started.time_since_epoch().count()) / 1e6;
    // Another ball presses otherwise.
    if (set.ball_serial != trends.ball || !on_the_calendar(at)) continue;
    series.points.push_back({at, set.mean_n, set.side == session::Side::kLeft});
  }
  return series;
}

/// What `knead trends` says (session/change.hpp): with how far a number varies by itself beside it.
void changes(Out out, const Trends& trends) {
  fmt::format_to(out,
                 "<h2>What has changed</h2>\n<div class=\"table\"><table><thead><tr><th>Measure, a value a day</th>"
                 "<th class=\"n\">Days</th><th class=\"n\">At first</th><th class=\"n\">Now</th>"
                 "<th class=\"n\">SEM</th><th class=\"n\">MDC95</th><th>Change</th></tr></thead><tbody>\n");
  for (const TrendSeries& each : trends.series) {
    const session::Change& c = each.change;
    const auto number = [&](const std::optional<double>& n, int more = 0) {
      return n ? fmt::format("{:.{}f}", *n, each.decimals + more) : std::string("–");
    };
    const std::optional<double> now = c.newest ? c.newest : std::optional(each.days.back().value);
    fmt::format_to(out,
                   "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
                   "<td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
                   titled(each.title, each.unit), each.days.size(), number(c.baseline), number(now), number(c.sem, 1),
                   number(c.mdc95, 1), verdict_text(each));
  }
  fmt::format_to(
      out,
      "</tbody></table></div>\n<p>“At first” is the mean of the first {} days, “now” that of the newest {} in "
      "full, before that the newest day. A change is named only where it is larger than these numbers vary by "
      "themselves.</p>\n",
      session::kBaselineDays, session::kWindowDays);
}

void table(Out out, const std::vector<SessionRow>& rows, const std::array<Series, kShown.size()>& series) {
  fmt::format_to(out,
                 "<h2>Every session</h2>\n<div class=\"table\"><table><thead><tr><th>Date</th><th>Side</th>"
                 "<th>Outcome</th><th class=\"n\">Credited</th><th class=\"n\">Reps</th>");
  for (const Series& each : series) {
    if (each.points.empty()) continue;
    const std::string_view title = each.shown->title;
    fmt::format_to(out, "<th class=\"n\">{}</th>", titled(title.substr(0, title.find(" (")), each.unit));
  }
  fmt::format_to(out, "<th class=\"n\">Pain 0 to 10</th></tr></thead><tbody>\n");
  for (const SessionRow& row : rows) {
    const SessionFacts& f = row.facts;
    fmt::format_to(
        out,
        "<tr><td class=\"t\">{}</td><td class=\"t\">{}</td><td class=\"t\">{}</td><td class=\"n\">{:.0f} s</td>"
        "<td class=\"n\">{}/{}</td>",
        markup_text(minute_words(f.started_at)), markup_text(f.side), markup_text(f.outcome.value_or("")),
        to_seconds(f.credited), f.reps, f.target_reps);
    for (std::size_t i = 0; i < kShown.size(); ++i) {
      if (series.at(i).points.empty()) continue;
      const auto& value = row.values.at(i);
      fmt::format_to(out, "<td class=\"n\">{}</td>",
                     value ? fmt::format("{:.{}f}", *value, kShown.at(i).decimals) : "");
    }
    fmt::format_to(out, "<td class=\"n\">{}</td></tr>\n", pain_ratings(f));
  }
  fmt::format_to(out, "</tbody></table></div>\n");
}

Result<std::vector<SessionRow>> rows_of(const Store& store, const TrendOptions& options) {
  // The limit is of those that are shown.
  constexpr std::size_t kAll = 1'000'000;
  auto all = store.list_sessions(kAll);
  if (!all) return std::unexpected(all.error());
  std::erase_if(*all, [&](const SessionFacts& f) {
    return !f.outcome || (!options.profile.empty() && f.profile != options.profile);
  });
  const auto is_real = [](const SessionFacts& f) { return f.origin == to_string(Origin::kBall); };
  if (std::ranges::any_of(*all, is_real)) std::erase_if(*all, [&](const SessionFacts& f) { return !is_real(f); });
  if (all->empty()) {
    return fail(Errc::kNotFound,
                options.profile.empty() ? std::string("there is no finished session yet")
                                        : "there is no finished session of the profile " + options.profile,
                "`knead sessions` lists what there is");
  }
  if (all->size() > options.limit) all->resize(options.limit);
  std::vector<SessionRow> rows;
  rows.reserve(all->size());
  for (SessionFacts& facts : *all) rows.push_back({std::move(facts), {}});
  return rows;
}

}  // namespace

Result<> write_trend_page(const Store& store, const TrendOptions& options, const Trends& trends, std::ostream& out) {
  auto rows = rows_of(store, options);
  if (!rows) return std::unexpected(rows.error());
  std::array<Series, kShown.size()> series;
  for (std::size_t i = 0; i < kShown.size(); ++i) series.at(i).shown = &kShown.at(i);
  const auto measures = store.list_measures(rows->back().facts.id);
  if (!measures) return std::unexpected(measures.error());
  for (SessionRow& row : *rows) {
    const auto of_row = measures->find(row.facts.id);
    if (of_row == measures->end()) continue;
    for (const StoredMeasure& m : of_row->second) {
      const auto* const shown = std::ranges::find(kShown, m.name, &Shown::name);
      if (shown == kShown.end() || m.source != "knead" || !m.value || !std::isfinite(*m.value)) continue;
      const auto index = static_cast<std::size_t>(shown - kShown.begin());
      row.values.at(index) = m.value;
      const double at = static_cast<double>(row.facts.started_unix_us) / 1e6;
      if (!on_the_calendar(at)) continue;
      series.at(index).unit = m.unit;
      series.at(index).points.push_back({at, *m.value, row.facts.side == "left"});
    }
  }

  const SessionFacts& newest = rows->front().facts;
  const SessionFacts& oldest = rows->back().facts;
  std::string html = page_begin("Knead: the course");
  const Out to(html);
  fmt::format_to(to, "<h1>The course{}{}</h1>\n<p class=\"faint\">{} sessions, {} to {}{}</p>\n",
                 options.profile.empty() ? "" : " of ", markup_text(options.profile), rows->size(),
                 markup_text(oldest.started_at.substr(0, 10)), markup_text(newest.started_at.substr(0, 10)),
                 newest.origin == to_string(Origin::kBall) ? "" : " (simulated)");
  const std::string sides = key(*rows);
  std::size_t number = 0;
  const auto draw = [&](const Series& each) {
    if (!each.points.empty()) html += figure(each, number++, sides);
  };
  const bool one_person =
      std::ranges::all_of(*rows, [&](const SessionRow& row) { return row.facts.profile == trends.profile; });
  if (one_person && !trends.series.empty()) {
    changes(to, trends);
    const auto discomfort = discomfort_of(store, trends);
    if (!discomfort) return std::unexpected(discomfort.error());
    draw(*discomfort);
  }
  for (const Series& each : series) draw(each);
  fmt::format_to(to,
                 "<p>Days differ, and so do two measurements of the same day: a single point higher or lower says "
                 "little.</p>\n");
  table(to, *rows, series);
  return write_page(html, out);
}

}  // namespace knead::record
