// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <iterator>
#include <string_view>

#include "daemon/record/event_words.hpp"

namespace knead::record {

namespace {

using Out = std::back_insert_iterator<std::string>;

std::string_view outcome_of(const SessionFacts& f) { return f.outcome ? std::string_view(*f.outcome) : "running"; }

std::string seconds(std::chrono::microseconds d) { return fmt::format("{:.1f} s", to_seconds(d)); }

template <class... Args>
void line(Out out, std::string_view label, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(out, "{:<12}", label);
  fmt::format_to(out, format, std::forward<Args>(args)...);
  fmt::format_to(out, "\n");
}

void write_step(Out out, const StoredStep& step) {
  const std::string where =
      fmt::format("{} {}, band {:g} to {:g} N", step.muscle, step.side, step.band.lo.value, step.band.hi.value);
  if (!step.completed) {
    line(out, "Release", "{}: not ended", where);
    return;
  }
  line(out, "Release", "{}: {:.1f} of {} in the band, in {}{}", where,
       to_seconds(step.credited.value_or(std::chrono::microseconds{})), seconds(step.target),
       seconds(step.elapsed.value_or(std::chrono::microseconds{})), *step.completed ? "" : " (not completed)");
}

void write_reps(Out out, const StoredSession& s) {
  if (s.facts.target_reps == 0 && s.reps.empty()) return;
  const auto too_hard = std::ranges::count_if(s.reps, &session::Rep::too_hard);
  line(out, "Activation", "{} of {} reps{}", s.reps.size(), s.facts.target_reps,
       too_hard == 0 ? std::string() : fmt::format(", {} too hard", too_hard));
  for (const session::Rep& rep : s.reps) {
    line(out, "", "rep {}: {:.1f} s, peak {:.1f} N, mean {:.1f} N{}", rep.n, to_seconds(rep.duration), rep.peak.value,
         rep.mean.value, rep.too_hard ? ", too hard" : "");
  }
}

void write_measures(Out out, const StoredSession& s) {
  std::string_view label = "Numbers";
  for (const StoredMeasure& m : s.measures) {
    if (!m.value) continue;
    std::string name = m.name;
    std::ranges::replace(name, '_', ' ');
    line(out, label, "{}: {:.4g}{}{}{}{}", name, *m.value, m.unit.empty() ? "" : " ", m.unit,
         m.text.empty() ? "" : ", ", m.text);
    label = "";
  }
}

/// Why the motor was held off: the sentence that was said then.
std::string trip_detail(const StoredEvent& tripped) {
  boost::system::error_code broken;
  const auto event = boost::json::parse(tripped.json, broken);
  const auto* object = broken ? nullptr : event.if_object();
  for (const char* key : {"detail", "trip"}) {
    const auto* text = object == nullptr ? nullptr : object->if_contains(key);
    if (text != nullptr && text->is_string() && !text->as_string().empty()) return std::string(text->as_string());
  }
  return "the reason is not on record";
}

void write_record(Out out, const StoredSession& s) {
  std::string lost;
  for (const GapKind kind : {GapKind::kSequence, GapKind::kRing, GapKind::kWrite, GapKind::kEvent}) {
    std::uint64_t count = 0;
    for (const Gap& gap : s.gaps) count += gap.kind == kind ? gap.count : 0;
    if (count == 0) continue;
    lost += fmt::format("{}{} {}", lost.empty() ? "" : ", ", count, gap_words(kind));
  }
  line(out, "Record", "{} samples{}{}, {}", s.facts.samples,
       s.facts.rate_hz == 0 ? std::string() : fmt::format(" at {} Hz", s.facts.rate_hz),
       s.facts.origin == "ball" ? "" : " (simulated)", lost.empty() ? "none lost" : lost);
}

}  // namespace

std::string report_text(const StoredSession& s) {
  std::string text;
  const Out out(text);
  const SessionFacts& f = s.facts;
  line(out, fmt::format("Session {}", f.id), "{}, {} side, {}", f.title.empty() ? f.routine : f.title, f.side,
       minute_words(f.started_at));
  line(out, "Outcome", "{}{}{}, after {}", outcome_of(f), f.reason.empty() ? "" : ": ", f.reason, seconds(f.elapsed));
  if (!f.profile.empty()) line(out, "Profile", "{}", f.profile);
  if (!f.ball_serial.empty()) line(out, "Ball", "{}", f.ball_serial);
  if (f.method == "custom") line(out, "Method", "custom: held to the safety limits alone");
  for (const StoredStep& step : s.steps) write_step(out, step);
  write_reps(out, s);
  write_measures(out, s);
  const auto rating = [](const std::optional<std::int64_t>& nrs) { return nrs ? fmt::format("{}", *nrs) : "-"; };
  if (f.nrs_before || f.nrs_after) {
    line(out, "Pain 0..10", "{} before, {} after", rating(f.nrs_before), rating(f.nrs_after));
  }
  for (const StoredEvent& e : s.events) {
    if (e.kind == "tripped") line(out, "Motor off", "at {}: {}", seconds(e.t.time_since_epoch()), trip_detail(e));
  }
  write_record(out, s);
  return text;
}

std::string list_text(std::span<const SessionFacts> sessions) {
  if (sessions.empty()) return "No sessions yet.\n";
  std::string text;
  const Out out(text);
  constexpr std::string_view kFormat = "{:>5}  {:<20}  {:<16}  {:<5}  {:<11}  {:>9}  {:>5}  {:>6}\n";
  fmt::format_to(out, kFormat, "ID", "Started", "Routine", "Side", "Outcome", "In band", "Reps", "Lost");
  for (const SessionFacts& f : sessions) {
    fmt::format_to(out, kFormat, f.id, minute_words(f.started_at), f.routine, f.side, outcome_of(f),
                   seconds(f.credited), fmt::format("{}/{}", f.reps, f.target_reps), f.lost);
  }
  return text;
}

}  // namespace knead::record
