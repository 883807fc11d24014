// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/side_index.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace knead::session {

std::optional<SideMean> newest_mean(std::span<const DayValue> series, double resolution) {
  const Change change = judge_change(series, resolution);
  if (!change.sem) return std::nullopt;
  const auto newest = series.last(std::min(series.size(), static_cast<std::size_t>(kWindowDays)));
  double sum = 0.0;
  for (const DayValue& d : newest) sum += d.value;
  const auto n = static_cast<double>(newest.size());
  return SideMean{.mean_n = sum / n,
                  .sem_n = *change.sem * std::sqrt(share_of_variance(static_cast<int>(newest.size()))),
                  .degrees_of_freedom = change.degrees_of_freedom};
}

SideIndex side_index(const SideMean& left, const SideMean& right) {
  constexpr double kZ95 = 1.96;
  constexpr double kTail = 0.025;
  const double l = left.sem_n * left.sem_n;
  const double r = right.sem_n * right.sem_n;
  const double both = l + r;
  double q = kZ95;
  if (both > 0) {
    const double freedom = both * both / (l * l / left.degrees_of_freedom + r * r / right.degrees_of_freedom);
    q = std::max(q, boost::math::quantile(boost::math::complement(boost::math::students_t(freedom), kTail)));
  }
  SideIndex index;
  index.difference_n = right.mean_n - left.mean_n;
  index.needed_n = q * std::sqrt(both);
  const double larger = std::max(left.mean_n, right.mean_n);
  if (std::abs(index.difference_n) > index.needed_n && larger > 0) {
    index.value_pct = 100 * index.difference_n / larger;
  }
  return index;
}

}  // namespace knead::session
