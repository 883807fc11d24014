// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "daemon/session/change.hpp"

namespace knead::session {

/// One side's force at first discomfort, from the newest days (at most kWindowDays) of its series.
struct SideMean {
  double mean_n = 0.0;
  double sem_n = 0.0;          ///< of this mean: the series' SEM * sqrt(share_of_variance(days))
  int degrees_of_freedom = 0;  ///< of the SEM
};

/// Empty with fewer than kLeastDays days: then the SEM is not known.
[[nodiscard]] std::optional<SideMean> newest_mean(std::span<const DayValue> series, double resolution);

/// Left against right, by force at first discomfort (EVIDENCE.md, "Numbers worth showing", 3).
struct SideIndex {
  /// 100 * (R - L) / max(R, L), in percent; empty: the sides do not differ by more than they vary.
  std::optional<double> value_pct{};
  double difference_n = 0.0;  ///< R - L
  double needed_n = 0.0;      ///< that |R - L| must exceed: q * sqrt(SEM_R^2 + SEM_L^2)
};

/// q is 1.96, as in EVIDENCE.md, or the quantile of Student's t where that is larger: SEMs of few days are uncertain
/// themselves (degrees of freedom after Welch and Satterthwaite). Says which side was sensitive at less force, and
/// nothing about which is tight.
[[nodiscard]] SideIndex side_index(const SideMean& left, const SideMean& right);

}  // namespace knead::session
