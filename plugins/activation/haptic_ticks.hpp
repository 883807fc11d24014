// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace activation {

/// Says with the motor which part of a rep begins: one tick for up, two for hold, three for down. A tick is felt only
/// by who is in contact with the ball: nobody else is given the motor. That is why, by press, the tick for "up" comes
/// with the press and not with the word.
///
/// Short enough to be told apart and weak enough not to be mistaken for the release; asked for at ticks of the session,
/// 50 ms apart, so never more often than 5 times a second. (choice)
class HapticTicks {
 public:
  static constexpr double kLevel = 0.4;
  static constexpr int kTickMs = 80;
  static constexpr std::int64_t kPeriodUs = 200'000;

  void play(int ticks, std::int64_t at_us) noexcept {
    left_ = ticks;
    due_us_ = at_us;
    stale_us_ = at_us + ticks * kPeriodUs + kPeriodUs;
  }
  void stop() noexcept { left_ = 0; }
  /// Whether one is due now. What comes much too late would say something that is no longer so.
  [[nodiscard]] bool take(std::int64_t now_us) noexcept {
    if (left_ > 0 && now_us > stale_us_) left_ = 0;
    if (left_ == 0 || now_us < due_us_) return false;
    --left_;
    due_us_ = now_us + kPeriodUs;
    return true;
  }

 private:
  int left_ = 0;
  std::int64_t due_us_ = 0;
  std::int64_t stale_us_ = 0;
};

}  // namespace activation
