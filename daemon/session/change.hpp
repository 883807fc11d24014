// SPDX-License-Identifier: Apache-2.0
// Has a number changed, or does it only vary as it always did? Pure. docs/measures.md says the same for people.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace knead::session {

/// What one measure came to on one day: the mean of that day's values.
struct DayValue {
  std::int64_t day = 0;  ///< days since 1970 in the person's own calendar; rises strictly in a series
  double value = 0.0;
};

// A person looks at the numbers after every session, so one comparison is fixed in advance: the mean of the first
// kBaselineDays days against the mean of each following window of kWindowDays days, once, when the window is full.
// Days are days with a value, however far apart.
//
// SEM is the spread between the days of one person (Bland and Altman 1996, doi 10.1136/bmj.313.7059.744; Weir 2005, doi
// 10.1519/15184.1): the standard deviation within the baseline and within each full window, pooled; so a change from
// one window to the next does not widen it. MDC95 = 1.96 * sqrt(2) * SEM (EVIDENCE.md, "Numbers worth showing", 4).
//
// A good day is often followed by a good day. Means of such days scatter more than SEM / sqrt(k), and a spread within
// a few of them is too small. How much the days of these measures resemble each other is not known; kCorrelation is
// assumed, and with it the variance of a mean of k days is SEM^2 * share_of_variance(k) in place of SEM^2 / k.
//
// MDC95 takes the SEM for known and one look for all. Neither is so: a SEM from few days is itself uncertain, and a
// year has seventy looks. So a change is called when the two means differ by more than
//
//   t(1 - a/2, degrees of freedom) * SEM * sqrt(share_of_variance(kBaselineDays) + share_of_variance(kWindowDays))
//
// with a = kFalseChange / kJudgedMeasures * j^-1.5 / zeta(1.5) for the j-th window: over any number of windows, and all
// the measures together, a person without a change is told of one with a probability of at most kFalseChange
// (Bonferroni's inequality), where days are roughly normal and no more alike than assumed. change_test.cpp shows it.

constexpr int kLeastDays = 5;         ///< for a SEM (EVIDENCE.md)
constexpr int kBaselineDays = 10;     ///< (choice: with 5, a change of twice the MDC95 was often missed)
constexpr int kWindowDays = 5;        ///< (choice: a week of weekdays)
constexpr double kCorrelation = 0.3;  ///< of a day with the next (choice)
constexpr double kFalseChange = 0.05;
constexpr int kJudgedMeasures = 8;  ///< that `trends` judges: record/trends.cpp holds itself to it

enum class Verdict : std::uint8_t { kNotYetKnown, kNoDetectableChange, kUp, kDown };
/// "not yet known", "no detectable change", "higher than at first", "lower than at first".
std::string_view to_string(Verdict verdict) noexcept;

struct Change {
  Verdict verdict = Verdict::kNotYetKnown;
  int days = 0;                          ///< in the series
  int days_to_go = 0;                    ///< until the next comparison
  int windows = 0;                       ///< full ones
  std::optional<double> sem{};           ///< from kLeastDays days on
  int degrees_of_freedom = 0;            ///< of the SEM
  std::optional<double> mdc95{};         ///< between two single days
  std::optional<double> mdc95_window{};  ///< between two means of kWindowDays days
  std::optional<double> baseline{};      ///< its mean, once it is full
  // The newest full window.
  std::optional<double> newest{};
  std::optional<double> needed{};  ///< how far newest had to lie from baseline to be called a change
  std::int64_t newest_from = 0;    ///< its first and last day
  std::int64_t newest_to = 0;
};

/// Of a mean of @p days days, where the variance of one is 1: 1 / days if they were independent, and more as they are
/// not (first-order autoregression): (1 + 2 * sum over h of (1 - h / days) * kCorrelation^h) / days.
[[nodiscard]] double share_of_variance(int days) noexcept;

/// @p resolution the smallest step that the measure can take: a series of equal values is known no better than its
/// rounding (a uniform error, SD = step / sqrt(12)). Values must be finite.
[[nodiscard]] Change judge_change(std::span<const DayValue> series, double resolution);

}  // namespace knead::session
