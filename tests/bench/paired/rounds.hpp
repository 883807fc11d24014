// SPDX-License-Identifier: Apache-2.0
// How a speed is measured here: against a baseline, in the same run, in turns. These figures come from small virtual
// machines that stand still for milliseconds at times, so one round proves nothing, and a round proves nothing when the
// baseline does not even agree with itself.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace knead::bench {

/// Of one round, in nanoseconds.
struct Figures {
  double p50 = 0.0;
  double p99 = 0.0;
  double p999 = 0.0;
  double worst = 0.0;
};
Figures figures_of(std::vector<double> nanoseconds);

/// One comparison. Each function runs one round and gives back how long each of its turns took, in nanoseconds.
struct Comparison {
  std::string name;
  std::function<std::vector<double>()> baseline;  ///< none: the subject's figures are stated, and compared with nothing
  std::function<std::vector<double>()> subject;
  double p50_bound = 0.0;  ///< the most that subject / baseline may be; 0: only stated
  double p99_bound = 0.0;
};

struct Outcome {
  std::string name;
  Figures baseline;  ///< medians over the rounds; worst of all for `worst`
  Figures subject;
  double p50_ratio = 0.0;  ///< median of the rounds' ratios
  double p99_ratio = 0.0;
  double self_spread = 0.0;  ///< the baseline's highest p50 by its lowest
  double p50_bound = 0.0;
  double p99_bound = 0.0;
  int rounds = 0;
  bool compared = true;  ///< with a baseline; else nothing but the subject's figures means anything
  bool measured = true;  ///< every round gave figures
  /// "within", "ABOVE", "inconclusive" (the baseline's own spread is above kMaxSelfSpread), "NOT MEASURED" (a round
  /// gave nothing, which must not pass for a time of 0), or "-" without a bound.
  [[nodiscard]] std::string verdict() const;

  static constexpr double kMaxSelfSpread = 1.7;
};

/// Baseline, subject, baseline, subject, ...: @p rounds pairs; without a baseline as many subjects.
Outcome compare(const Comparison& comparison, int rounds);

/// A line for a person, and an object of JSON.
std::string to_text(const Outcome& outcome);
std::string to_json(const Outcome& outcome);
std::string table_head();

}  // namespace knead::bench
