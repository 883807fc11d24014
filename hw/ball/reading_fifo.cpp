// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/reading_fifo.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace knead::ball {

bool ReadingFifo::push(const Reading& reading) {
  const bool room = !readings_.full();
  readings_.push_back(reading);
  return room;
}

std::size_t ReadingFifo::run_length() const noexcept {
  std::size_t n = std::min<std::size_t>(readings_.size(), 1);
  while (n < readings_.size() && n < protocol::kMaxReadings && readings_[n].seq == readings_[n - 1].seq + 1 &&
         readings_[n].period_us == readings_[n - 1].period_us) {
    ++n;
  }
  return n;
}

bool ReadingFifo::pop_into(protocol::Report& report, std::size_t at_least) {
  const std::size_t n = run_length();
  const bool more_may_join = n == readings_.size();
  if (n == 0 || (n < at_least && more_may_join)) return false;

  const Reading& first = readings_.front();
  report.count = static_cast<std::uint8_t>(n);
  report.seq = static_cast<std::uint32_t>(first.seq);
  report.time_us = static_cast<std::uint32_t>(first.at.time_since_epoch().count());
  report.period_us = first.period_us;
  for (std::size_t i = 0; i < n; ++i) report.raw[i] = readings_[i].raw;
  readings_.erase_begin(n);
  return true;
}

std::optional<std::int32_t> RecentReadings::steady_mean(double max_spread) const {
  if (raw_.empty() || !raw_.full()) return std::nullopt;
  const auto [lowest, highest] = std::ranges::minmax(raw_);
  if (lowest == protocol::kRawMin || highest == protocol::kRawMax) return std::nullopt;
  if (static_cast<double>(highest) - lowest > max_spread) return std::nullopt;
  const auto sum = std::accumulate(raw_.begin(), raw_.end(), std::int64_t{0});
  return static_cast<std::int32_t>(std::lround(static_cast<double>(sum) / static_cast<double>(raw_.size())));
}

}  // namespace knead::ball
