// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/point_collector.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace knead::cli {

namespace {
/// A reading has changed when it is further from each one before than this, and than so many of their spreads.
constexpr double kChangedCounts = 100.0;
constexpr double kChangedSpreads = 10.0;
}  // namespace

PointCollector::PointCollector(std::vector<Newtons> weights, bool wait_for_change, std::chrono::milliseconds patience)
    : forces_(std::move(weights)), wait_for_change_(wait_for_change), patience_(patience) {
  forces_.insert(forces_.begin(), Newtons{});
}

bool PointCollector::is_new(const session::Rest& rest) const {
  return std::ranges::all_of(points_, [&](const session::KnownForce& known) {
    const double spread = std::max(known.spread_raw, rest.spread_raw);
    return std::abs(rest.raw - known.raw) > std::max(kChangedCounts, kChangedSpreads * spread);
  });
}

PointCollector::Step PointCollector::take(HostTime now, const Result<session::Rest>& rest) {
  if (rest && (!wait_for_change_ || is_new(*rest))) {
    points_.push_back({.force = current(), .raw = rest->raw, .spread_raw = rest->spread_raw});
    return Step::kTaken;
  }
  problem_ = rest ? Error{.code = Errc::kTimeout,
                          .context = "the reading did not change",
                          .remedy = "put the weight on the ball and begin again"}
                  : rest.error();
  return now < until_ ? Step::kLooking : Step::kGivenUp;
}

}  // namespace knead::cli
