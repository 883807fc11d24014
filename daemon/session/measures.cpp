// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/measures.hpp"

#include <cmath>

namespace knead::session {

void MeasuresAccumulator::feed(SessionTime t, const Sample& sample, const Band& band, Newtons contact) noexcept {
  if (has(sample.quality, Quality::kGapBefore) || has(sample.quality, Quality::kReanchored)) last_.reset();
  // Infinite forces do not come from a ball, but one would spoil every sum.
  if (!usable(sample.quality) || !std::isfinite(sample.force.value) || sample.force <= contact) {
    last_.reset();
    return;
  }
  const End end{.t = t, .force = sample.force, .in_band = sample.force >= band.lo && sample.force <= band.hi};
  if (last_ && t > last_->t) {
    const double dt = to_seconds(t - last_->t);
    const double force = (last_->force.value + end.force.value) / 2;
    contact_s_ += dt;
    if (last_->in_band && end.in_band) in_band_s_ += dt;
    const double off = force - mean_;
    mean_ += off * dt / contact_s_;
    squares_ += dt * off * (force - mean_);
  }
  last_ = end;
}

void MeasuresAccumulator::break_interval() noexcept { last_.reset(); }

void MeasuresAccumulator::count_samples(std::uint64_t received, std::uint64_t lost) noexcept {
  received_ += received;
  lost_ += lost;
}

Measures MeasuresAccumulator::result() const noexcept {
  constexpr double kLeastContactS = 1.0;
  Measures measures;
  measures.contact_s = contact_s_;
  measures.dose_ns = mean_ * contact_s_;
  if (contact_s_ > 0) {
    measures.time_in_band_pct = 100 * in_band_s_ / contact_s_;
    measures.mean_force_n = mean_;
  }
  if (contact_s_ >= kLeastContactS) measures.steadiness_cv = std::sqrt(squares_ / contact_s_) / mean_;
  if (lost_ > 0) {
    const auto lost = static_cast<double>(lost_);
    measures.lost_samples_pct = 100 * lost / (static_cast<double>(received_) + lost);
  }
  return measures;
}

}  // namespace knead::session
