// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/hand.hpp"

#include <algorithm>
#include <boost/random/uniform_real_distribution.hpp>
#include <cmath>
#include <numbers>
#include <random>

namespace knead::ball {
namespace {

/// One component of a hand's unsteadiness, as a share of the force it holds.
struct Wave {
  double hz;
  double share;
};
// Two slow sways of posture and the physiological tremor of 8..12 Hz; shares chosen to look like a hold with feedback
// (EVIDENCE.md: force error 4.0 N with live feedback).
constexpr std::array<Wave, 3> kWaves{{{0.13, 0.03}, {0.37, 0.02}, {9.0, 0.01}}};

}  // namespace

Hand::Hand(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  boost::random::uniform_real_distribution<double> turn(0.0, 2.0 * std::numbers::pi);
  for (double& phase : phases_) phase = turn(random);
}

void Hand::aim(DeviceTime at, Newtons to, double newtons_per_s) {
  const DeviceTime earliest = planned_.empty() ? current_.at : planned_.back().at;
  planned_.push_back({.at = std::max(at, earliest), .to_n = to.value, .newtons_per_s = newtons_per_s});
}

Newtons Hand::force(DeviceTime t) {
  while (!planned_.empty() && planned_.front().at <= t) {
    begin(planned_.front());
    planned_.pop_front();
  }
  return {std::max(0.0, intended(t) * (1.0 + unsteadiness(t)))};
}

void Hand::begin(const Move& move) {
  from_n_ = intended(move.at);
  current_ = move;
}

double Hand::intended(DeviceTime t) const {
  const double way = current_.to_n - from_n_;
  const double duration_s = std::abs(way) / current_.newtons_per_s;
  const double x = duration_s > 0.0 ? std::clamp(to_seconds(t - current_.at) / duration_s, 0.0, 1.0) : 1.0;
  return from_n_ + way * x * x * (3.0 - 2.0 * x);  // eases in and out, as a hand does
}

double Hand::unsteadiness(DeviceTime t) const {
  const double seconds = to_seconds(t.time_since_epoch());
  double sum = 0.0;
  for (std::size_t i = 0; i < kWaves.size(); ++i) {
    sum += kWaves[i].share * std::sin(2.0 * std::numbers::pi * kWaves[i].hz * seconds + phases_[i]);
  }
  return sum;
}

}  // namespace knead::ball
