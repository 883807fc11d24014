// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "daemon/core/sample.hpp"

namespace knead::live {

/// Puts samples on the session's time line. Session time runs on the ball's clock; where that restarts (a replug), the
/// host's clock bridges the hole. Pure; owned by whoever drives the session.
class Timeline {
 public:
  /// Where a stretch of the ball's clock lies on the session's.
  struct Anchor {
    std::uint64_t ring_index = 0;  ///< first sample of the stretch
    DeviceTime device{};
    SessionTime session{};
  };

  /// Session time of the sample at @p ring_index. Samples must come in order. A new anchor() stands after the first
  /// sample and after each with Quality::kReanchored.
  SessionTime place(std::uint64_t ring_index, const Sample& sample) noexcept {
    const bool fresh = !started_ || has(sample.quality, Quality::kReanchored);
    if (fresh) {
      const auto bridged =
          started_ ? std::max(sample.host_time - last_host_, HostClock::duration(0)) : HostClock::duration(0);
      anchor_ = {.ring_index = ring_index,
                 .device = sample.device_time,
                 .session = last_ + std::chrono::duration_cast<std::chrono::microseconds>(bridged)};
      ++anchors_;
      started_ = true;
    }
    // Silence that was bridged by the host's clock may have run ahead of samples that were only late: time waits for
    // them.
    last_ = std::max(last_, anchor_.session + (sample.device_time - anchor_.device));
    last_host_ = std::max(last_host_, sample.host_time);
    return last_;
  }

  /// Session time at a moment without a sample: the ball is away or silent.
  SessionTime at(HostTime now) noexcept {
    if (started_ && now > last_host_) {
      last_ += std::chrono::duration_cast<std::chrono::microseconds>(now - last_host_);
      last_host_ = now;
    }
    return last_;
  }

  /// Newest session time handed out.
  [[nodiscard]] SessionTime last() const noexcept { return last_; }
  [[nodiscard]] bool started() const noexcept { return started_; }
  [[nodiscard]] const Anchor& anchor() const noexcept { return anchor_; }
  /// Grows with each new anchor.
  [[nodiscard]] unsigned anchors() const noexcept { return anchors_; }
  /// Device time of session time 0 on the present stretch.
  [[nodiscard]] DeviceTime epoch() const noexcept { return anchor_.device - anchor_.session.time_since_epoch(); }

 private:
  Anchor anchor_;
  SessionTime last_{};
  HostTime last_host_{};
  unsigned anchors_ = 0;
  bool started_ = false;
};

}  // namespace knead::live
