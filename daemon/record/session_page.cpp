// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
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

// The picture, in its own pixels.
constexpr double kWidth = 1000.0;
constexpr double kHeight = 380.0;
constexpr double kLeft = 46.0;
constexpr double kRight = 990.0;
constexpr double kTop = 26.0;
constexpr double kBottom = 290.0;
constexpr double kMotorTop = 326.0;
constexpr double kMotorBottom = 360.0;
constexpr auto kColumns = static_cast<std::size_t>(kRight - kLeft);
/// Longer without a sample and the curve is interrupted.
constexpr double kInterruptedS = 0.05;
/// Fewer pixels cannot be seen.
constexpr double kLeastWidth = 1.5;
/// Marks that lie nearer are one: the page has a size, however often the motor was held off.
constexpr double kLeastMark = 1.0;
/// A thousand lines say no more than these and a count.
constexpr std::size_t kMostRows = 60;

double seconds(SessionTime t) { return to_seconds(t.time_since_epoch()); }

struct Span {
  double from = 0.0;
  double to = 0.0;
};

/// What the events say about stretches of time.
struct Course {
  std::vector<Span> credited;
  std::vector<Span> paused;
  std::vector<Span> away;
  std::vector<std::pair<Span, std::size_t>> steps;  ///< with the step's number from 0
};

class CourseReader {
 public:
  void read(const StoredEvent& event) {
    const double t = seconds(event.t);
    const std::string_view kind = event.kind;
    close_credit(t);
    if (kind == "step_started") {
      step_from_ = t;
      step_open_ = true;
    } else if (kind == "step_ended") {
      end_step(t);
    } else if (kind == "band_entered") {
      in_band_ = true;
    } else if (kind == "band_left") {
      in_band_ = false;
    } else if (kind == "paused" && !paused_from_) {
      paused_from_ = t;
    } else if (kind == "resumed") {
      end(paused_from_, t, course_.paused);
    } else if (kind == "ball_lost" && !away_from_) {
      away_from_ = t;
    } else if (kind == "ball_back") {
      end(away_from_, t, course_.away);
    }
  }
  /// @p end_s of the record.
  Course finish(double end_s) {
    close_credit(end_s);
    if (step_open_) end_step(end_s);
    end(paused_from_, end_s, course_.paused);
    end(away_from_, end_s, course_.away);
    return std::move(course_);
  }

 private:
  /// What was credited up to now was so until now.
  void close_credit(double t) {
    if (in_band_ && step_open_ && !paused_from_ && !away_from_ && t > credit_from_) {
      auto& spans = course_.credited;
      if (!spans.empty() && spans.back().to == credit_from_) {
        spans.back().to = t;
      } else {
        spans.push_back({credit_from_, t});
      }
    }
    credit_from_ = t;
  }
  void end_step(double t) {
    course_.steps.push_back({{step_from_, t}, step_++});
    step_open_ = false;
    in_band_ = false;
  }
  static void end(std::optional<double>& from, double t, std::vector<Span>& spans) {
    if (from) spans.push_back({*from, t});
    from.reset();
  }

  Course course_;
  std::size_t step_ = 0;
  double step_from_ = 0.0;
  double credit_from_ = 0.0;
  bool step_open_ = false;
  bool in_band_ = false;
  std::optional<double> paused_from_;
  std::optional<double> away_from_;
};

/// Force and motor of the whole session, by columns of pixels.
struct Curves {
  PixelCurve force;
  PixelCurve motor;
  std::vector<Span> unusable;  ///< no force to be believed
  std::vector<Span> breaks;    ///< between two samples that do not follow each other: credited to nobody (R7)
};

Result<double> end_of(const Store& store, const StoredSession& session) {
  double end = to_seconds(session.facts.elapsed);
  for (const StoredEvent& event : session.events) end = std::max(end, seconds(event.t));
  const auto read = store.for_each_block(session.facts.id, [&](std::span<const TimedSample> samples) -> Result<> {
    if (!samples.empty()) end = std::max(end, seconds(samples.back().t));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return std::max(end, 1.0);
}

Result<Curves> curves_of(const Store& store, std::int64_t id, double end_s) {
  Curves curves{.force = PixelCurve(kColumns, 0.0, end_s),
                .motor = PixelCurve(kColumns, 0.0, end_s),
                .unusable = {},
                .breaks = {}};
  std::optional<double> last;
  std::uint64_t next_seq = 0;
  const auto read = store.for_each_block(id, [&](std::span<const TimedSample> samples) -> Result<> {
    for (const TimedSample& s : samples) {
      const double t = seconds(s.t);
      if (last && t - *last > kInterruptedS) {
        curves.force.interrupt();
        curves.motor.interrupt();
      }
      curves.motor.add(t, s.sample.motor.value / 2.55);
      if (usable(s.sample.quality)) {
        curves.force.add(t, s.sample.force.value);
      } else {
        curves.force.interrupt();
        if (!curves.unusable.empty() && last && curves.unusable.back().to >= *last) {
          curves.unusable.back().to = t;
        } else {
          curves.unusable.push_back({t, t});
        }
      }
      if (last &&
          (s.sample.seq != next_seq || t - *last > kInterruptedS || has(s.sample.quality, Quality::kReanchored))) {
        curves.breaks.push_back({*last, t});
      }
      next_seq = s.sample.seq + 1;
      last = t;
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  // What is credited ends with the last sample, however long the session waited for another.
  if (last && *last < end_s) curves.breaks.push_back({*last, end_s});
  return curves;
}

// ---- Picture --------------------------------------------------------------------------------------------------------

/// What of @p wholes lies in none of @p holes. Both come in order. Linear.
std::vector<Span> without(std::span<const Span> wholes, std::span<const Span> holes) {
  std::vector<Span> left;
  auto hole = holes.begin();
  for (const Span& whole : wholes) {
    double from = whole.from;
    while (hole != holes.end() && hole->to <= from) ++hole;
    for (auto in = hole; in != holes.end() && in->from < whole.to; ++in) {
      if (in->from > from) left.push_back({from, in->from});
      from = std::max(from, in->to);
    }
    if (from < whole.to) left.push_back({from, whole.to});
  }
  return left;
}

/// In order; those that lie nearer than @p least cannot be told apart in the picture, and are one.
std::vector<Span> merged(std::vector<Span> spans, double least) {
  std::ranges::sort(spans, {}, &Span::from);
  std::vector<Span> apart;
  for (const Span& span : spans) {
    if (!apart.empty() && span.from <= apart.back().to + least) {
      apart.back().to = std::max(apart.back().to, span.to);
    } else {
      apart.push_back(span);
    }
  }
  return apart;
}

/// The same in fewer pieces, and as long in all: what was credited must not look like more. Holes of a piece, @p least
/// at most together, are left out at its end.
std::vector<Span> gathered(std::vector<Span> spans, double least) {
  std::ranges::sort(spans, {}, &Span::from);
  std::vector<Span> pieces;
  double end = 0.0;  // of what the last piece has taken in
  for (const Span& span : spans) {
    if (!pieces.empty() && span.from - pieces.back().to <= least) {
      pieces.back().to += std::max(span.to - std::max(span.from, end), 0.0);
    } else {
      pieces.push_back(span);
    }
    end = std::max(end, span.to);
  }
  return pieces;
}

/// Where samples are missing.
std::vector<Span> missing(const StoredSession& s, double end_s) {
  std::vector<Span> spans;
  for (const Gap& gap : s.gaps) {
    if (gap.kind == GapKind::kEvent) continue;
    const double lost_s =
        s.facts.rate_hz > 0 ? static_cast<double>(gap.count) / static_cast<double>(s.facts.rate_hz) : 0.0;
    // The time of a gap is that of the first sample after it; of one that was not written, of the first one missing.
    const double at = seconds(gap.t);
    const bool ahead = gap.kind == GapKind::kWrite;
    spans.push_back({std::max(ahead ? at : at - lost_s, 0.0), std::min(ahead ? at + lost_s : at, end_s)});
  }
  return spans;
}

struct Axes {
  Scale x;
  Scale y;
};

/// As wide as it is, to the tenth of a pixel.
void fill(Out out, std::string_view kind, Span x, Span y) {
  fmt::format_to(out, "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", kind, px(x.from), px(y.from),
                 px(x.to - x.from), px(y.to - y.from));
}

/// Wide enough to be seen.
void rectangle(Out out, std::string_view kind, double x0, double x1, double y0, double y1) {
  fmt::format_to(out, "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", kind, px(x0), px(y0),
                 px(std::max(x1 - x0, kLeastWidth)), px(std::max(y1 - y0, 0.0)));
}

void spans(Out out, std::string_view kind, const std::vector<Span>& all, const Scale& x, double pixel_s) {
  for (const Span& s : merged(all, kLeastWidth * pixel_s)) rectangle(out, kind, x(s.from), x(s.to), kTop, kBottom);
}

void draw_axes(Out out, const Axes& axes) {
  for (const double force : ticks(axes.y.from, axes.y.to, 6)) {
    fmt::format_to(out, "<path class=\"grid\" d=\"M{} {}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                   px(kLeft), px(axes.y(force)), px(kRight), px(kLeft - 6), px(axes.y(force) + 4), plain(force));
  }
  for (const double t : time_ticks(axes.x.from, axes.x.to, 12)) {
    fmt::format_to(out, "<path class=\"grid\" d=\"M{} {}v5\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                   px(axes.x(t)), px(kBottom), px(axes.x(t)), px(kBottom + 19), plain(t));
  }
  fmt::format_to(out,
                 "<text x=\"4\" y=\"14\">Force, N</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">seconds</text>"
                 "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">motor</text>"
                 "<path class=\"grid\" d=\"M{} {}H{}\"/>",
                 px(kRight), px(kBottom + 34), px(kLeft - 6), px(kMotorBottom - 10), px(kLeft), px(kMotorBottom),
                 px(kRight));
}

void draw_reps(Out out, const StoredSession& s, const Scale& x) {
  // Each: one that was too hard must not hide behind its neighbour. A sound session has fewer than ten.
  for (const session::Rep& rep : std::span(s.reps).first(std::min(s.reps.size(), kMostRows))) {
    const double from = seconds(rep.start);
    const double to = from + to_seconds(rep.duration);
    rectangle(out, rep.too_hard ? "hard" : "rep", x(from), x(to), kTop, kBottom);
    fmt::format_to(out, "<text class=\"strong\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}{}</text>",
                   px(x((from + to) / 2)), px(kTop + 14), rep.n, rep.too_hard ? "!" : "");
  }
}

void draw_trips(Out out, const StoredSession& s, const Scale& x) {
  double last = -kLeastMark;
  for (const StoredEvent& event : s.events) {
    const double here = x(seconds(event.t));
    if (event.kind != "tripped" || here - last < kLeastMark) continue;
    last = here;
    const std::string at = px(here);
    fmt::format_to(out, "<path class=\"trip\" d=\"M{} {}V{}\"/><path class=\"mark\" d=\"M{} {}l-6 -11h12z\"/>", at,
                   px(kTop), px(kBottom), at, px(kTop));
  }
}

std::string chart(const StoredSession& s, const Curves& curves, const Course& course, double end_s) {
  double most = std::max(curves.force.highest().value_or(0.0), 5.0);
  for (const StoredStep& step : s.steps) most = std::max(most, step.band.hi.value);
  const double pixel_s = end_s / (kRight - kLeft);
  const double least = std::min(curves.force.lowest().value_or(0.0), 0.0);
  const Axes axes{.x = {0.0, end_s, kLeft, kRight},
                  .y = {std::min(std::floor(least), 0.0), most * 1.08, kBottom, kTop}};
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"chart-title chart-text\">"
      "<title id=\"chart-title\">Force against time</title><desc id=\"chart-text\">Force on the ball over {:.0f} "
      "seconds,"
      " up to {:.1f} newtons, with the target band; {:.0f} seconds in the band were credited. {} repetitions. The "
      "tables "
      "below hold the numbers.</desc>",
      px(kWidth), px(kHeight), end_s, curves.force.highest().value_or(0.0), to_seconds(s.facts.credited),
      s.reps.size());
  const Out out(svg);
  const std::vector<Span> credited = without(course.credited, curves.breaks);
  double unshaded = 0.0;  // of the pieces' widths, left over by rounding: hundreds of them must not add up
  for (const auto& [span, n] : course.steps) {
    if (n >= s.steps.size()) continue;
    const session::Band& band = s.steps[n].band;
    rectangle(out, "band", axes.x(span.from), axes.x(span.to), axes.y(band.hi.value), axes.y(band.lo.value));
    std::vector<Span> of_step;
    std::ranges::copy_if(credited, std::back_inserter(of_step),
                         [&](const Span& piece) { return piece.from >= span.from && piece.to <= span.to; });
    for (const Span& piece : gathered(std::move(of_step), kLeastMark * pixel_s)) {
      const double from = axes.x(piece.from);
      const double width = axes.x(piece.to) - from + unshaded;
      unshaded = width - std::round(width * 10) / 10;
      fill(out, "credit", {from, from + width}, {axes.y(band.hi.value), axes.y(band.lo.value)});
    }
  }
  draw_reps(out, s, axes.x);
  spans(out, "away", course.paused, axes.x, pixel_s);
  spans(out, "away", course.away, axes.x, pixel_s);
  spans(out, "away", curves.unusable, axes.x, pixel_s);
  spans(out, "away", missing(s, end_s), axes.x, pixel_s);
  draw_axes(out, axes);
  fmt::format_to(out, "<path class=\"curve\" d=\"{}\"/>", curves.force.path(axes.x, axes.y));
  fmt::format_to(out, "<path class=\"motor\" d=\"{}\"/>",
                 curves.motor.path(axes.x, {0.0, 100.0, kMotorBottom, kMotorTop}));
  draw_trips(out, s, axes.x);
  return svg + "</svg>";
}

std::string key(const StoredSession& s) {
  std::string html = "<ul class=\"key\">";
  const auto item = [&html](std::string_view drawing, std::string_view text) {
    html += fmt::format("<li><svg viewBox=\"0 0 24 14\" aria-hidden=\"true\">{}</svg>{}</li>", drawing, text);
  };
  item(R"(<path class="curve" d="M1 11L8 4L15 9L23 3"/>)", "force");
  item(R"(<rect class="band" width="24" height="14"/>)", "target band");
  item(R"(<rect class="band" width="24" height="14"/><rect class="credit" width="24" height="14"/>)", "credited");
  if (!s.reps.empty()) item(R"(<rect class="rep" width="24" height="14"/>)", "repetition, with its number");
  if (std::ranges::any_of(s.reps, &session::Rep::too_hard)) {
    item(R"(<rect class="hard" width="24" height="14"/>)", "repetition that was too hard (!)");
  }
  const auto befell = [&s](std::string_view kind) {
    return std::ranges::any_of(s.events, [kind](const StoredEvent& e) { return e.kind == kind; });
  };
  if (!s.gaps.empty() || befell("paused") || befell("ball_lost") || befell("tripped")) {
    item(R"(<rect class="away" width="24" height="14"/>)", "pause, or no reading");
  }
  if (befell("tripped")) {
    item(R"(<path class="trip" d="M12 0V14"/>)", "motor held off");
  }
  return html + "</ul>\n";
}

// ---- Words and tables -----------------------------------------------------------------------------------------------

void head(Out out, const StoredSession& s) {
  const SessionFacts& f = s.facts;
  fmt::format_to(out, "<h1>{}, {} side</h1>\n<p class=\"faint\">{}{}{}{}</p>\n",
                 markup_text(f.title.empty() ? f.routine : f.title), markup_text(f.side),
                 markup_text(minute_words(f.started_at)), f.profile.empty() ? "" : " · ", markup_text(f.profile),
                 f.origin == "ball" ? "" : " · simulated");
  std::string said = f.outcome.value_or("running");
  // "stopped by the button" says it all.
  if (!f.reason.empty()) said = f.reason.starts_with(said) ? f.reason : said + ": " + f.reason;
  if (!said.ends_with('.')) said += '.';
  fmt::format_to(out, "<p>{}{}</p>\n", markup_text(said),
                 f.method == "custom" ? " A custom routine: held to the safety limits, not to the method." : "");
  out = fmt::format_to(out, "<ul class=\"head\">");
  const auto number = [&out](const std::string& value, std::string_view what) {
    out = fmt::format_to(out, "<li><b>{}</b>{}</li>", value, what);
  };
  for (const StoredMeasure& m : s.measures) {
    if (m.source == "knead" && m.name == "time_in_band" && m.value)
      number(fmt::format("{:.0f} %", *m.value), "time in band");
  }
  double target = 0.0;
  for (const StoredStep& step : s.steps) target += to_seconds(step.target);
  number(fmt::format("{:.0f} s", to_seconds(f.credited)), fmt::format("credited, of {:.0f} s", target));
  if (f.target_reps > 0 || f.reps > 0) number(fmt::format("{}", f.reps), fmt::format("reps, of {}", f.target_reps));
  number(fmt::format("{:.0f} s", to_seconds(f.elapsed)), "in all");
  if (const std::string pain = pain_ratings(f); !pain.empty()) number(pain, "pain 0 to 10, as rated before and after");
  fmt::format_to(out, "</ul>\n");
}

/// Rows of cells that are markup already; the first kMostRows of them.
void table(Out out, std::string_view title, std::string_view header, const std::vector<std::string>& rows) {
  if (rows.empty()) return;
  fmt::format_to(out, "<h2>{}</h2>\n<div class=\"table\"><table><thead><tr>{}</tr></thead><tbody>\n", title, header);
  for (std::size_t i = 0; i < std::min(rows.size(), kMostRows); ++i) fmt::format_to(out, "<tr>{}</tr>\n", rows[i]);
  fmt::format_to(out, "</tbody></table></div>\n");
  if (rows.size() > kMostRows) {
    fmt::format_to(out, "<p class=\"faint\">and {} more, in `knead export`</p>\n", rows.size() - kMostRows);
  }
}

void tables(Out out, const StoredSession& s) {
  std::vector<std::string> rows;
  const auto add = [&](const StoredMeasure& m) {
    rows.push_back(fmt::format("<th scope=\"row\">{}</th><td class=\"t\">{}</td><td>{}{}</td>",
                               markup_text(measure_label(m.name)), markup_text(measure_value(m)), markup_text(m.text),
                               m.source == "knead" ? "" : " (as the plugin says)"));
  };
  for (const bool own : {true, false}) {
    for (const StoredMeasure& m : s.measures) {
      if ((m.source == "knead") == own) add(m);
    }
  }
  table(out, "Numbers", "<th>Measure</th><th>Value</th><th></th>", rows);

  rows.clear();
  for (const StoredStep& step : s.steps) {
    rows.push_back(fmt::format(
        "<th scope=\"row\">{} {}</th><td class=\"n\">{:g} to {:g} N</td><td class=\"n\">{}</td><td class=\"n\">{:.1f} s"
        "</td><td class=\"n\">{}</td><td>{}</td>",
        markup_text(measure_label(step.muscle)), markup_text(step.side), step.band.lo.value, step.band.hi.value,
        step.credited ? fmt::format("{:.1f} s", to_seconds(*step.credited)) : "", to_seconds(step.target),
        step.elapsed ? fmt::format("{:.1f} s", to_seconds(*step.elapsed)) : "",
        !step.completed ? "not ended" : (*step.completed ? "complete" : "out of time")));
  }
  table(out, "Release",
        "<th>Where</th><th class=\"n\">Band</th><th class=\"n\">Credited</th><th class=\"n\">Of</th>"
        "<th class=\"n\">In</th><th></th>",
        rows);

  rows.clear();
  for (const session::Rep& rep : s.reps) {
    rows.push_back(
        fmt::format("<th scope=\"row\">{}</th><td class=\"n\">{:.1f} s</td><td class=\"n\">{:.1f} s</td><td "
                    "class=\"n\">{:.1f} N</td>"
                    "<td class=\"n\">{:.1f} N</td><td>{}</td>",
                    rep.n, seconds(rep.start), to_seconds(rep.duration), rep.peak.value, rep.mean.value,
                    rep.too_hard ? "too hard" : ""));
  }
  table(out, "Repetitions",
        "<th>Rep</th><th class=\"n\">At</th><th class=\"n\">Took</th><th class=\"n\">Peak</th><th class=\"n\">Mean</th>"
        "<th></th>",
        rows);

  rows.clear();
  for (const StoredEvent& event : s.events) {
    constexpr std::string_view kTold[] = {"tripped",   "paused",        "resumed", "ball_lost",
                                          "ball_back", "plugin_failed", "stopped"};
    if (std::ranges::find(kTold, event.kind) == std::end(kTold)) continue;
    rows.push_back(
        fmt::format("<td class=\"n\">{:.1f} s</td><td>{}</td>", seconds(event.t), markup_text(event_words(event))));
  }
  table(out, "What befell it", "<th class=\"n\">At</th><th></th>", rows);

  rows.clear();
  for (const Gap& gap : s.gaps) {
    rows.push_back(fmt::format("<td class=\"n\">{:.1f} s</td><td class=\"n\">{}</td><td>{}</td>", seconds(gap.t),
                               gap.count, gap_words(gap.kind)));
  }
  table(out, "What the record misses", "<th class=\"n\">At</th><th class=\"n\">How many</th><th></th>", rows);
}

void foot(Out out, const StoredSession& s) {
  const SessionFacts& f = s.facts;
  fmt::format_to(out, "<p class=\"faint\">{} samples at {} Hz{}, {}. Ball {}. Recorded by Knead {}. Session {}.</p>\n",
                 f.samples, f.rate_hz, f.origin == "ball" ? "" : " (simulated)",
                 f.lost == 0 ? std::string("none lost") : fmt::format("{} lost", f.lost), markup_text(f.ball_serial),
                 markup_text(f.knead_version), f.id);
}

}  // namespace

Result<> write_session_page(const Store& store, std::int64_t id, std::ostream& out) {
  const auto session = store.load_session(id);
  if (!session) return std::unexpected(session.error());
  const auto end_s = end_of(store, *session);
  if (!end_s) return std::unexpected(end_s.error());
  const auto curves = curves_of(store, id, *end_s);
  if (!curves) return std::unexpected(curves.error());
  CourseReader reader;
  for (const StoredEvent& event : session->events) reader.read(event);
  const Course course = reader.finish(*end_s);

  const std::string& title = session->facts.title.empty() ? session->facts.routine : session->facts.title;
  std::string html = page_begin(fmt::format("{}, {}", title, minute_words(session->facts.started_at)));
  const Out to(html);
  head(to, *session);
  fmt::format_to(to,
                 "<h2>Force against time</h2>\n<figure><div class=\"chart\" tabindex=\"0\" role=\"region\" "
                 "aria-label=\"Force against time\">{}</div>{}</figure>\n",
                 chart(*session, *curves, course, *end_s), key(*session));
  tables(to, *session);
  foot(to, *session);
  return write_page(html, out);
}

}  // namespace knead::record
