// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/clock_sync.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace knead::sampling {

namespace {

constexpr std::chrono::milliseconds kBlock{250};
// The delay that all reports share cannot be seen. USB polls once a millisecond (PROTOCOL, section 1), so it is
// somewhere between 0 and that: the standard uncertainty of a rectangle is its width by the root of 3 (GUM, 4.3.7).
constexpr double kPollNs = 1e6;
constexpr double kUnseenNs = kPollNs / std::numbers::sqrt3;
// Before there is a fit a reading is as uncertain as its report may be late (choice: schedulers stall for some 40 ms).
constexpr double kUnknownNs = 20e6;
// What minima scatter before they have shown it (choice: a poll period), and how many of them that belief is worth.
constexpr double kScatterNs = kPollNs;
constexpr double kScatterWorth = 2.0;
// A step of a clock is at least this large, or it is within what the line may be wrong by (choice).
constexpr double kStepNs = 5e6;
constexpr double kStepUncertainties = 4.0;
constexpr int kLateBlocksToStep = 2;  // choice: one may be a stall of the machine
// A first slope this near to 1 is a real ball's with jitter in it: a stall of 40 ms in a block is 16 %.
constexpr double kNearlyOne = 0.2;

template <class Duration>
double ns(Duration d) noexcept {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(d).count());
}
std::chrono::nanoseconds duration(double nanoseconds) noexcept {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}
// One instruction where std::hypot is a call into a library that the sampling path has no other use for, and whose
// memory would have to be fetched for it. What overflows a square is not among these figures.
double root_of_squares(double a, double b) noexcept { return std::sqrt(a * a + b * b); }

}  // namespace

void ClockSync::reset() noexcept {
  const HostTime given = newest_given_;
  *this = ClockSync();
  newest_given_ = given;
  last_given_ = given;
}

void ClockSync::begin(DeviceTime device, HostTime arrived) noexcept {
  started_ = true;
  first_device_ = device;
  first_arrival_ = arrived;
  block_start_ = arrived;
}

ClockSync::Point ClockSync::point_at(DeviceTime device, HostTime arrived) const noexcept {
  return {ns(device - first_device_), ns(arrived - first_arrival_)};
}

void ClockSync::update(DeviceTime device, HostTime arrived) noexcept {
  last_given_ = newest_given_;
  if (!started_) begin(device, arrived);
  Point point = point_at(device, arrived);
  // The dear bound is worked out only beyond the cheap one below it: this runs for every report.
  const double early = synchronized() ? line_at(point.device_ns) - point.host_ns : 0.0;
  if (early > kStepNs && early > step_ns(point.device_ns)) {
    reset();
    begin(device, arrived);
    point = {};
  }
  newest_device_ = device;
  newest_arrival_ = arrived;
  // Within a block any near slope serves to find the earliest report: 0.25 s times 200 ppm is 50 us.
  const double delay = point.host_ns - rate_ * point.device_ns;
  if (block_empty_ || delay < block_min_delay_) {
    block_empty_ = false;
    block_min_ = point;
    block_min_delay_ = delay;
  }
  if (arrived - block_start_ >= kBlock) {
    close_block(point);
    block_start_ = arrived;
  }
  newest_given_ = place(device);
}

void ClockSync::close_block(const Point& newest) noexcept {
  block_empty_ = true;
  if (!rate_known_) {
    // Which report of the first block was the least late could not be told. It only yields a first slope.
    if (newest.device_ns > 0.0) rate_ = newest.host_ns / newest.device_ns;
    if (std::abs(rate_ - 1.0) < kNearlyOne) rate_ = 1.0;
    rate_known_ = true;
    return;
  }
  const double above = block_min_.host_ns - line_at(block_min_.device_ns);
  if (synchronized() && above > step_ns(block_min_.device_ns)) {
    // A stall or a step: the next block tells. Till then it is not learnt from, only said to be unsure.
    newest_above_ns_ = above;
    if (++late_blocks_ < kLateBlocksToStep) return;
    const DeviceTime device = newest_device_;
    const HostTime arrived = newest_arrival_;
    reset();
    begin(device, arrived);
    newest_device_ = device;
    newest_arrival_ = arrived;
    return;
  }
  late_blocks_ = 0;
  minima_[next_] = block_min_;
  next_ = (next_ + 1) % kBlocks;
  count_ = std::min(count_ + 1, kBlocks);
  if (synchronized()) fit();
}

void ClockSync::fit() noexcept {
  // The lower hull of the minima, oldest first (Andrew's monotone chain). Of all lines with no point below, the one
  // nearest to the points in sum is the hull's edge over their mean.
  std::array<Point, kBlocks> hull{};
  std::size_t corners = 0;
  double mean_device = 0.0;
  for (std::size_t i = 0; i < count_; ++i) {
    const Point& p = minima_[(next_ + kBlocks - count_ + i) % kBlocks];
    mean_device += p.device_ns / static_cast<double>(count_);
    const auto above = [&p](const Point& a, const Point& b) {
      return (b.host_ns - a.host_ns) * (p.device_ns - a.device_ns) >=
             (p.host_ns - a.host_ns) * (b.device_ns - a.device_ns);
    };
    while (corners >= 2 && above(hull[corners - 2], hull[corners - 1])) --corners;
    hull[corners++] = p;
  }
  std::size_t to = 1;
  while (to + 1 < corners && hull[to].device_ns < mean_device) ++to;
  const Point& a = hull[to - 1];
  const Point& b = hull[to];
  if (b.device_ns <= a.device_ns || b.host_ns <= a.host_ns) return;
  edge_from_ = a;
  edge_to_ = b;
  rate_ = (b.host_ns - a.host_ns) / (b.device_ns - a.device_ns);
  offset_ns_ = a.host_ns - rate_ * a.device_ns;

  double squares = kScatterWorth * kScatterNs * kScatterNs;
  for (const Point& p : std::span(minima_).first(count_)) {
    const double residual = p.host_ns - line_at(p.device_ns);
    squares += residual * residual;
  }
  scatter_ns_ = std::sqrt(squares / (static_cast<double>(count_) + kScatterWorth));
  newest_above_ns_ = block_min_.host_ns - line_at(block_min_.device_ns);
}

double ClockSync::fit_uncertainty_ns(double device_ns) const noexcept {
  // A line through two points, each as uncertain as the minima scatter: the further out, the longer the lever.
  const double to = (device_ns - edge_from_.device_ns) / (edge_to_.device_ns - edge_from_.device_ns);
  return scatter_ns_ * root_of_squares(1.0 - to, to);
}

double ClockSync::step_ns(double device_ns) const noexcept {
  return std::max(kStepNs, kStepUncertainties * root_of_squares(kUnseenNs, fit_uncertainty_ns(device_ns)));
}

std::chrono::nanoseconds ClockSync::uncertainty() const noexcept {
  if (!synchronized()) return duration(kUnknownNs);
  // That all of the newest block lies above the line by more than a poll may be delay, or a line that no longer holds.
  const double beyond = std::max(newest_above_ns_ - kPollNs, 0.0);
  return duration(
      root_of_squares(root_of_squares(kUnseenNs, fit_uncertainty_ns(ns(newest_device_ - first_device_))), beyond));
}

HostTime ClockSync::place(DeviceTime device) const noexcept {
  const HostTime estimate = synchronized() ? first_arrival_ + duration(line_at(ns(device - first_device_)))
                                           : newest_arrival_ - duration(rate_ * ns(newest_device_ - device));
  return std::max(std::min(estimate, newest_arrival_), last_given_);
}

}  // namespace knead::sampling
