// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/change.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numbers>

namespace knead::session {

namespace {

constexpr double kZ95 = 1.96;             // as EVIDENCE.md writes MDC95
constexpr double kZeta = 2.612375348685;  // zeta(1.5): the shares of all windows add up to 1

double mean_of(std::span<const DayValue> days) {
  double mean = 0.0;
  double n = 0.0;
  for (const DayValue& d : days) mean += (d.value - mean) / ++n;
  return mean;
}

double squares_of(std::span<const DayValue> days) {
  const double mean = mean_of(days);
  double squares = 0.0;
  for (const DayValue& d : days) squares += (d.value - mean) * (d.value - mean);
  return squares;
}

/// Of the difference's standard error, both sides together.
double quantile(int window, int degrees_of_freedom) {
  const double share = std::pow(window, -1.5) / kZeta;
  const double chance = kFalseChange / kJudgedMeasures * share;
  return boost::math::quantile(
      boost::math::complement(boost::math::students_t(static_cast<double>(degrees_of_freedom)), chance / 2));
}

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kNotYetKnown:
      return "not yet known";
    case Verdict::kNoDetectableChange:
      return "no detectable change";
    case Verdict::kUp:
      return "higher than at first";
    case Verdict::kDown:
      return "lower than at first";
  }
  return "not yet known";
}

double share_of_variance(int days) noexcept {
  double sum = 1.0;
  double power = 1.0;
  for (int h = 1; h < days; ++h) {
    power *= kCorrelation;
    sum += 2 * (1 - static_cast<double>(h) / days) * power;
  }
  return sum / days;
}

Change judge_change(std::span<const DayValue> series, double resolution) {
  constexpr auto kBaseline = static_cast<std::size_t>(kBaselineDays);
  constexpr auto kWindow = static_cast<std::size_t>(kWindowDays);
  Change change;
  change.days = static_cast<int>(series.size());
  const std::size_t windows = series.size() < kBaseline ? 0 : (series.size() - kBaseline) / kWindow;
  change.windows = static_cast<int>(windows);
  change.days_to_go = kBaselineDays + (change.windows + 1) * kWindowDays - change.days;
  if (change.days < kLeastDays) return change;

  const auto baseline = series.first(std::min(series.size(), kBaseline));
  const auto free_share = [](int days) { return days * (1 - share_of_variance(days)); };
  const auto baseline_days = static_cast<int>(baseline.size());
  double squares = squares_of(baseline);
  double shares = free_share(baseline_days);
  change.degrees_of_freedom = baseline_days - 1;
  for (std::size_t j = 0; j < windows; ++j) {
    squares += squares_of(series.subspan(kBaseline + j * kWindow, kWindow));
    shares += free_share(kWindowDays);
    change.degrees_of_freedom += kWindowDays - 1;
  }
  const double sem = std::max(std::sqrt(squares / shares), resolution / std::sqrt(12.0));
  change.sem = sem;
  change.mdc95 = kZ95 * std::numbers::sqrt2 * sem;
  change.mdc95_window = *change.mdc95 * std::sqrt(share_of_variance(kWindowDays));
  if (baseline.size() < kBaseline) return change;
  change.baseline = mean_of(baseline);
  if (windows == 0) return change;

  const auto newest = series.subspan(kBaseline + (windows - 1) * kWindow, kWindow);
  change.newest = mean_of(newest);
  change.newest_from = newest.front().day;
  change.newest_to = newest.back().day;
  change.needed = quantile(change.windows, change.degrees_of_freedom) * sem *
                  std::sqrt(share_of_variance(kBaselineDays) + share_of_variance(kWindowDays));
  const double off = *change.newest - *change.baseline;
  change.verdict = Verdict::kNoDetectableChange;
  if (std::abs(off) > *change.needed) change.verdict = off > 0 ? Verdict::kUp : Verdict::kDown;
  return change;
}

}  // namespace knead::session
