// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/clock_sync.hpp"

#include <algorithm>
#include <cmath>

namespace knead::sampling {

namespace {
constexpr std::chrono::milliseconds kBlock{250};

template <class Duration>
double ns(Duration d) noexcept {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(d).count());
}
}  // namespace

void ClockSync::reset() noexcept { *this = ClockSync(); }

void ClockSync::update(DeviceTime device, HostTime arrived) noexcept {
  if (!started_) {
    started_ = true;
    first_device_ = device;
    first_arrival_ = arrived;
    block_start_ = arrived;
  }
  newest_arrival_ = arrived;
  const Point point{ns(device - first_device_), ns(arrived - first_arrival_)};
  // Within a block any near slope serves to find the earliest report: 0.25 s times 200 ppm is 50 us.
  const double delay = point.host_ns - rate_ * point.device_ns;
  if (block_empty_ || delay < block_min_delay_) {
    block_empty_ = false;
    block_min_ = point;
    block_min_delay_ = delay;
  }
  if (arrived - block_start_ >= kBlock) {
    close_block();
    block_start_ = arrived;
  }
}

void ClockSync::close_block() noexcept {
  block_empty_ = true;
  if (!rate_known_) {
    // Which report of the first block was the least late could not be told. It only yields a first slope.
    if (block_min_.device_ns > 0.0) rate_ = block_min_.host_ns / block_min_.device_ns;
    rate_known_ = true;
    return;
  }
  minima_[next_] = block_min_;
  next_ = (next_ + 1) % kBlocks;
  count_ = std::min(count_ + 1, kBlocks);
  if (count_ >= 2) fit();
}

void ClockSync::fit() noexcept {
  const auto n = static_cast<double>(count_);
  double mean_device = 0.0;
  double mean_host = 0.0;
  for (std::size_t i = 0; i < count_; ++i) {
    mean_device += minima_[i].device_ns / n;
    mean_host += minima_[i].host_ns / n;
  }
  double covariance = 0.0;
  double variance = 0.0;
  for (std::size_t i = 0; i < count_; ++i) {
    const double d = minima_[i].device_ns - mean_device;
    covariance += d * (minima_[i].host_ns - mean_host);
    variance += d * d;
  }
  if (variance <= 0.0) return;
  rate_ = covariance / variance;
  offset_ns_ = mean_host - rate_ * mean_device;
  double squares = 0.0;
  for (std::size_t i = 0; i < count_; ++i) {
    const double residual = minima_[i].host_ns - (offset_ns_ + rate_ * minima_[i].device_ns);
    squares += residual * residual;
  }
  uncertainty_ = std::chrono::nanoseconds(static_cast<std::int64_t>(std::sqrt(squares / n)));
}

HostTime ClockSync::to_host(DeviceTime device) const noexcept {
  if (!synchronized()) return newest_arrival_;
  const double host = offset_ns_ + rate_ * ns(device - first_device_);
  return std::min(first_arrival_ + std::chrono::nanoseconds(static_cast<std::int64_t>(host)), newest_arrival_);
}

}  // namespace knead::sampling
