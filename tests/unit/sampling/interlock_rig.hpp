// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/sampling/interlock.hpp"

namespace knead::sampling {

/// Everything that can happen to an interlock, each once. What is not silence is samples of the ball, one a
/// millisecond or, where an event takes long, one in ten.
enum class Event : std::uint8_t {
  kGoodSamples,   ///< 12, enough to end a silence
  kGoodWhile,     ///< 700 ms
  kTimePasses,    ///< 11 s of good samples: longer than a rest
  kSpike,         ///< one reading of 205 N between good ones
  kSpikeAtRail,   ///< one reading at a rail between good ones
  kTooHard,       ///< 5 samples of 70 N
  kAtRail,        ///< 5 samples
  kAtRailLong,    ///< 1.1 s
  kPull,          ///< 5 samples of -12 N
  kStuckLong,     ///< 1.2 s of one value
  kUncalibrated,  ///< 2 samples, as the four that follow
  kSensorFault,
  kBallStop,
  kTooHot,
  kWarm,            ///< below the limit, inside its hysteresis
  kSilence,         ///< 30 ms; only the clock ticks
  kHole,            ///< 30 samples are missing, but no time was silent
  kRestart,         ///< the ball begins anew
  kRequestChanges,  ///< between a strong and a weak level
  kRenew,           ///< the lease is renewed from now on
  kLeaseLapses,     ///< it is renewed no more, and 260 ms pass
  kStop,
  kClear,
  kBeginSession,
};
constexpr std::size_t kEventCount = 24;
std::string_view name_of(Event event);

/// An interlock, a ball that does what it is told, and an oracle beside them that knows nothing of trips but their
/// names. Copyable, so that every order of events can be tried from a common beginning.
class InterlockRig {
 public:
  explicit InterlockRig(const Limits& limits) : limits_(limits.capped()), interlock_(limits) {}

  void happen(Event event);

  [[nodiscard]] Decision last() const { return last_; }
  [[nodiscard]] TripSet active() const { return interlock_.active(); }
  [[nodiscard]] Level wanted() const { return std::min(level_, limits_.max_level); }
  // Of the newest event.
  [[nodiscard]] Level strongest() const { return strongest_; }
  /// Trips that ended in it.
  [[nodiscard]] TripSet ended() const { return ended_; }
  /// From its beginning to the first decision for 0; none: there was no such decision.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> off_after() const { return off_after_; }
  /// The first rule that was broken, or nothing.
  [[nodiscard]] std::string_view broken() const { return broken_; }

 private:
  static constexpr std::chrono::milliseconds kBrief{1};
  static constexpr std::chrono::milliseconds kCoarse{10};

  [[nodiscard]] StepInput good();
  void feed(const StepInput& input, std::chrono::milliseconds after = kBrief, bool is_good = false);
  void feed_good(int samples, std::chrono::milliseconds after = kBrief);
  void silence(std::chrono::milliseconds how_long);
  void pass(std::chrono::milliseconds time);
  void pass_at_ball(std::chrono::milliseconds time);  // reports that wait bring more time than the host saw
  [[nodiscard]] LeasedRequest request();
  void judge(const Decision& decision, TripSet before, bool cleared = false);
  void rule(bool holds, std::string_view text) {
    if (!holds && broken_.empty()) broken_ = text;
  }

  Limits limits_;
  Interlock interlock_;
  HostTime now_{std::chrono::hours(1)};
  DeviceTime device_{std::chrono::seconds(5)};
  std::uint32_t seq_ = 0;
  Level level_{255};
  bool renewing_ = true;
  HostTime lease_end_{};
  Decision last_;
  Level strongest_{};
  TripSet ended_;
  std::optional<std::chrono::nanoseconds> off_after_;
  HostTime event_began_{};

  // The oracle.
  std::string_view broken_;
  bool stopped_ = false;
  bool flagged_ = false;  // the newest sample carried a reason of its own to be off
  HostTime last_good_{};
  double ramp_base_ = 0.0;               // least of (level - rise * time) so far
  std::chrono::microseconds ran_for_{};  // on this axis of time, which no restart of the ball's clock breaks
  std::chrono::microseconds session_on_{};
  std::chrono::microseconds run_on_{};
  std::chrono::microseconds off_for_{};
};

}  // namespace knead::sampling
