// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/point_collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace knead::cli {

namespace {
/// A reading has changed when it is further from each one before than this, and than so many of their spreads.
constexpr double kChangedCounts = 100.0;
constexpr double kChangedSpreads = 10.0;

bool differ(double raw, double spread_raw, const session::KnownForce& known) {
  return std::abs(raw - known.raw) > std::max(kChangedCounts, kChangedSpreads * std::max(known.spread_raw, spread_raw));
}
}  // namespace

PointCollector::PointCollector(std::vector<Newtons> weights, bool wait_for_change, std::chrono::milliseconds patience)
    : forces_(std::move(weights)), wait_for_change_(wait_for_change), patience_(patience) {
  forces_.insert(forces_.begin(), Newtons{});
}

bool PointCollector::is_new(const session::Rest& rest) const {
  const auto differs = [&](const session::KnownForce& known) { return differ(rest.raw, rest.spread_raw, known); };
  // In the end it should be where it was at first; only the last weight has to be off.
  return points_.size() == forces_.size() ? differs(points_.back()) : std::ranges::all_of(points_, differs);
}

Result<> PointCollector::check_zero() const {
  const auto heaviest = std::ranges::max_element(points_, {}, &session::KnownForce::force);
  // Where no weight was felt there is nothing to count by, and the daemon says so.
  if (!differ(heaviest->raw, heaviest->spread_raw, points_.front())) return {};
  const double counts_per_newton = (heaviest->raw - points_.front().raw) / heaviest->force.value;
  const double off = (*zero_again_ - points_.front().raw) / counts_per_newton;
  if (std::abs(off) <= session::kSteadiness.value) return {};
  return fail(
      Errc::kRefused,
      fmt::format("with nothing on it the ball reads {:+.2f} N now, counted from before the weights: its sensor "
                  "creeps, or something lay on the ball",
                  off),
      "leave it without a load for a few minutes, and begin again");
}

PointCollector::Step PointCollector::take(HostTime now, const Result<session::Rest>& rest) {
  if (rest && (!wait_for_change_ || is_new(*rest))) {
    if (points_.size() == forces_.size())
      zero_again_ = rest->raw;
    else
      points_.push_back({.force = current(), .raw = rest->raw, .spread_raw = rest->spread_raw});
    return Step::kTaken;
  }
  problem_ = rest ? Error{.code = Errc::kTimeout,
                          .context = "the reading did not change",
                          .remedy = current() > Newtons{0} ? "put the weight on the ball and begin again"
                                                           : "take everything off the ball and begin again"}
                  : rest.error();
  return now < until_ ? Step::kLooking : Step::kGivenUp;
}

}  // namespace knead::cli
