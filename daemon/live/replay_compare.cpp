// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/replay_compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <string>
#include <utility>

namespace knead::live {

namespace {

constexpr const char* kNothing = "nothing";

std::string words(const record::StoredEvent& event) { return event.json; }

std::string words(const session::Rep& rep) {
  return fmt::format("rep {}: start {} us, duration {} us, peak {} N, mean {} N, impulse {} N s, {}", rep.n,
                     rep.start.time_since_epoch().count(), rep.duration.count(), rep.peak.value, rep.mean.value,
                     rep.impulse_ns, rep.too_hard ? "too hard" : "not too hard");
}

std::string words(const record::StoredMeasure& measure) {
  return fmt::format("{} ({}): {} {}{}{}", measure.name, measure.source,
                     measure.value ? fmt::format("{}", *measure.value) : "none", measure.unit,
                     measure.text.empty() ? "" : ", ", measure.text);
}

std::string words_of_step(bool completed, std::chrono::microseconds credited, std::chrono::microseconds elapsed,
                          std::chrono::microseconds target) {
  return fmt::format("{}, credited {} us of {} us in {} us", completed ? "completed" : "not completed",
                     credited.count(), target.count(), elapsed.count());
}

bool same(const record::StoredEvent& a, const record::StoredEvent& b) {
  return a.t == b.t && a.kind == b.kind && a.json == b.json;
}
bool same(const session::Rep& a, const session::Rep& b) { return a == b; }
bool same(const record::StoredMeasure& a, const record::StoredMeasure& b) {
  return a.name == b.name && a.value == b.value && a.unit == b.unit && a.source == b.source && a.text == b.text;
}

template <class Row, class Rows>
std::optional<Difference> first_of(const std::string& what, const std::vector<Row>& stored, const Rows& replayed,
                                   bool whole) {
  const std::size_t both = std::min(stored.size(), replayed.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (same(stored[i], replayed[i].row)) continue;
    return Difference{fmt::format("{} {}", what, i + 1), words(stored[i]), words(replayed[i].row)};
  }
  if (!whole || stored.size() == replayed.size()) return std::nullopt;
  return Difference{fmt::format("{} {}", what, both + 1), both < stored.size() ? words(stored[both]) : kNothing,
                    both < replayed.size() ? words(replayed[both].row) : kNothing};
}

std::optional<Difference> first_step(const std::vector<record::StoredStep>& stored,
                                     const std::vector<session::StepResult>& replayed) {
  const std::size_t all = std::max(stored.size(), replayed.size());
  for (std::size_t i = 0; i < all; ++i) {
    std::string then = kNothing;
    std::string now = kNothing;
    if (i < stored.size()) {
      const record::StoredStep& s = stored[i];
      then = words_of_step(s.completed.value_or(false), s.credited.value_or(std::chrono::microseconds{}),
                           s.elapsed.value_or(std::chrono::microseconds{}), s.target);
    }
    if (i < replayed.size()) {
      const session::StepResult& s = replayed[i];
      now = words_of_step(s.completed, s.credited, s.elapsed, s.target);
    }
    if (then != now) return Difference{fmt::format("release step {}", i + 1), std::move(then), std::move(now)};
  }
  return std::nullopt;
}

std::optional<Difference> of_outcome(const record::SessionFacts& facts, const session::SessionReport& report) {
  const auto say = [](std::string_view outcome, std::string_view reason, std::chrono::microseconds elapsed, bool done) {
    return fmt::format("{} after {} us ({}), the exercise {}", outcome, elapsed.count(), reason,
                       done ? "done" : "not done");
  };
  std::string then = say(facts.outcome.value_or(""), facts.reason, facts.elapsed, facts.activation_completed);
  std::string now = say(to_string(report.outcome), report.reason, report.elapsed, report.activation_completed);
  if (then == now) return std::nullopt;
  return Difference{"the outcome", std::move(then), std::move(now)};
}

}  // namespace

std::optional<Difference> first_difference(const record::StoredSession& stored, const record::PendingRows& replayed,
                                           const session::SessionReport& report, bool whole) {
  if (auto found = first_of("event", stored.events, replayed.events, whole)) return found;
  if (auto found = first_of("rep", stored.reps, replayed.reps, whole)) return found;
  if (whole) {
    if (auto found = first_step(stored.steps, report.steps)) return found;
  }
  if (auto found = first_of("measure", stored.measures, replayed.measures, whole)) return found;
  if (whole) return of_outcome(stored.facts, report);
  return std::nullopt;
}

}  // namespace knead::live
