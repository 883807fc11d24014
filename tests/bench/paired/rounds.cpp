// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/paired/rounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace knead::bench {
namespace {

double at(const std::vector<double>& sorted, double quantile) {
  if (sorted.empty()) return 0.0;
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted.at(static_cast<std::size_t>(std::lround(quantile * last)));
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return at(values, 0.5);
}

Figures over_rounds(const std::vector<Figures>& rounds) {
  const auto of = [&](double Figures::* figure) {
    std::vector<double> values;
    for (const Figures& round : rounds) values.push_back(round.*figure);
    return values;
  };
  return {.p50 = median(of(&Figures::p50)),
          .p99 = median(of(&Figures::p99)),
          .p999 = median(of(&Figures::p999)),
          .worst = std::ranges::max(of(&Figures::worst))};
}

/// A comparison without a baseline.
Outcome state(const Comparison& comparison, int rounds) {
  bool measured = true;
  std::vector<Figures> subjects;
  for (int i = 0; i < rounds; ++i) {
    subjects.push_back(figures_of(comparison.subject()));
    measured &= subjects.back().worst > 0.0;
  }
  return {.name = comparison.name,
          .baseline = {},
          .subject = over_rounds(subjects),
          .rounds = rounds,
          .compared = false,
          .measured = measured};
}

}  // namespace

Figures figures_of(std::vector<double> nanoseconds) {
  std::ranges::sort(nanoseconds);
  return {.p50 = at(nanoseconds, 0.5),
          .p99 = at(nanoseconds, 0.99),
          .p999 = at(nanoseconds, 0.999),
          .worst = at(nanoseconds, 1.0)};
}

Outcome compare(const Comparison& comparison, int rounds) {
  if (!comparison.baseline) return state(comparison, rounds);
  bool measured = true;
  std::vector<Figures> baselines;
  std::vector<Figures> subjects;
  std::vector<double> p50_ratios;
  std::vector<double> p99_ratios;
  std::vector<double> p50s;
  for (int i = 0; i < rounds; ++i) {
    const Figures baseline = figures_of(comparison.baseline());
    const Figures subject = figures_of(comparison.subject());
    measured &= baseline.worst > 0.0 && subject.worst > 0.0;
    baselines.push_back(baseline);
    subjects.push_back(subject);
    p50s.push_back(baseline.p50);
    p50_ratios.push_back(subject.p50 / baseline.p50);
    p99_ratios.push_back(subject.p99 / baseline.p99);
  }
  return {.name = comparison.name,
          .baseline = over_rounds(baselines),
          .subject = over_rounds(subjects),
          .p50_ratio = median(p50_ratios),
          .p99_ratio = median(p99_ratios),
          .self_spread = std::ranges::max(p50s) / std::ranges::min(p50s),
          .p50_bound = comparison.p50_bound,
          .p99_bound = comparison.p99_bound,
          .rounds = rounds,
          .measured = measured};
}

std::string Outcome::verdict() const {
  if (!measured) return "NOT MEASURED";
  if (p50_bound == 0.0 && p99_bound == 0.0) return "-";
  if (self_spread > kMaxSelfSpread) return "inconclusive";
  const bool within = (p50_bound == 0.0 || p50_ratio <= p50_bound) && (p99_bound == 0.0 || p99_ratio <= p99_bound);
  return within ? "within" : "ABOVE";
}

std::string table_head() {
  return fmt::format("{:<44} {:>6} {:>21} {:>21} {:>21} {:>15} {:>15}  {}\n", "", "itself", "baseline p50 p99 us",
                     "knead p50 p99 us", "knead p99.9 worst us", "p50 ratio (<=)", "p99 ratio (<=)", "verdict");
}

std::string to_text(const Outcome& o) {
  const auto us = [](double a, double b) { return fmt::format("{:.3f} {:.3f}", a / 1e3, b / 1e3); };
  const auto ratio = [](double value, double bound) {
    return bound == 0.0 ? fmt::format("{:.2f}", value) : fmt::format("{:.2f} ({:g})", value, bound);
  };
  if (!o.compared) {
    return fmt::format("{:<44} {:>6} {:>21} {:>21} {:>21} {:>15} {:>15}  {}\n", o.name, "-", "-",
                       us(o.subject.p50, o.subject.p99), us(o.subject.p999, o.subject.worst), "-", "-", o.verdict());
  }
  return fmt::format("{:<44} {:>6.2f} {:>21} {:>21} {:>21} {:>15} {:>15}  {}\n", o.name, o.self_spread,
                     us(o.baseline.p50, o.baseline.p99), us(o.subject.p50, o.subject.p99),
                     us(o.subject.p999, o.subject.worst), ratio(o.p50_ratio, o.p50_bound),
                     ratio(o.p99_ratio, o.p99_bound), o.verdict());
}

std::string to_json(const Outcome& o) {
  const auto figures = [](const Figures& f) {
    return fmt::format(R"({{"p50_ns":{:.1f},"p99_ns":{:.1f},"p999_ns":{:.1f},"worst_ns":{:.1f}}})", f.p50, f.p99,
                       f.p999, f.worst);
  };
  if (!o.compared) {
    return fmt::format(R"({{"name":"{}","rounds":{},"subject":{},"verdict":"{}"}})", o.name, o.rounds,
                       figures(o.subject), o.verdict());
  }
  return fmt::format(
      R"({{"name":"{}","rounds":{},"self_spread":{:.3f},"baseline":{},"subject":{},"p50_ratio":{:.3f},"p99_ratio":{:.3f},)"
      R"("p50_bound":{:g},"p99_bound":{:g},"verdict":"{}"}})",
      o.name, o.rounds, o.self_spread, figures(o.baseline), figures(o.subject), o.p50_ratio, o.p99_ratio, o.p50_bound,
      o.p99_bound, o.verdict());
}

}  // namespace knead::bench
