// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "daemon/core/sample.hpp"
#include "daemon/sampling/limits.hpp"
#include "daemon/sampling/trip.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::sampling {

/// What session logic wants of the motor, and until when that wish holds.
struct LeasedRequest {
  Level level{};
  protocol::Pattern pattern = protocol::Pattern::kSteady;
  std::uint16_t frequency_hz = 0;
  HostTime expires{};  ///< the lease: at or after this moment the request is void
};

/// tick() is to be called at least this often.
constexpr std::chrono::milliseconds kTickPeriod{2};
/// Silence is declared this much early, so that the motor is off, and not only told so, within the 20 ms of R4: the
/// next look would be a tick later, the command waits for a frame of the bus, a millisecond, and as much again is for
/// waking.
constexpr std::chrono::milliseconds kSilenceAhead = kTickPeriod + std::chrono::milliseconds(2);

/// All that one step looks at beside the clock. Plain values.
struct StepInput {
  Sample sample;
  Newtons force_from_reference;   ///< the limit's measure: repeated taring cannot creep past it
  std::uint64_t lost_before = 0;  ///< samples missing between the last and this one
  bool ball_stop_latched = false;
  bool ball_over_temperature = false;
  int temperature_c = 0;
};

/// What the motor is to do now.
struct Decision {
  Level level{};
  protocol::Pattern pattern = protocol::Pattern::kSteady;
  std::uint16_t frequency_hz = 0;
  TripSet active;  ///< why the level is 0, when it is not simply unwanted
  constexpr bool operator==(const Decision&) const = default;
};

/// The one gate between wishes and the motor (R2): turns a leased request and the newest sample into a level.
///
///                 any trip                       all causes gone (and, where latched, cleared by a person)
///   [permit] ─────────────────▶ [hold at 0] ─────────────────────────────────────────────────────▶ [permit]
///      │ level = min(request, ceiling) while the lease runs; 0 after it
///
///   trip              begins                                    ends
///   stop              request_stop()                            clear()                           (latched)
///   ball_stop         report flag                               report flag gone
///   over_force        median of 3 >= limit                      below limit - 10 N for 500 ms
///   over_force_fault  3rd over_force since begin_session()      clear() while below the limit     (latched)
///   saturated         2 of 3 samples at a rail                  100 ms of good samples
///   implausible       median of 3 <= -10 N                      100 ms of good samples
///   stuck             1 distinct raw value for 1 s at >= 2 N    clear()                           (latched)
///   sensor_fault      sample quality                            clear() and quality good          (latched)
///   stale             tick() finds none for `stale`            10 arrivals in a row
///   gap               more than `stale` between two samples,    10 arrivals in a row
///                     or a ball that began anew
///   uncalibrated      sample quality                            sample quality
///   over_temperature  report flag, or >= limit                  flag gone and 3 °C below it
///   budget            motor-on time of the session used up      begin_session()
///
/// Pure and noexcept; time is an argument; RT safe. Owned by the sampling thread. It never looks at a session, a
/// routine or a plugin: whatever they ask for, they cannot exceed it.
class Interlock {
 public:
  explicit Interlock(const Limits& limits) noexcept : limits_(limits.capped()) {}

  /// One sample has come in at @p now.
  Decision step(const StepInput& input, const LeasedRequest& request, HostTime now) noexcept;
  /// Time has passed; perhaps no sample came.
  Decision tick(const LeasedRequest& request, HostTime now) noexcept;

  /// Latched (R3).
  void request_stop() noexcept;
  /// A person's deliberate act: takes back what is latched and whose cause is gone.
  void clear() noexcept;
  /// Counts and budgets begin anew. Takes nothing back that is latched.
  void begin_session() noexcept;

  [[nodiscard]] TripSet active() const noexcept { return active_; }
  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }

 private:
  void judge_force(const StepInput& input) noexcept;
  void judge_sensor(const StepInput& input) noexcept;
  void judge_continuity(const StepInput& input, HostTime now) noexcept;
  void judge_ball(const StepInput& input) noexcept;
  void spend_budget(const Sample& sample) noexcept;
  [[nodiscard]] Decision decide(const LeasedRequest& request, HostTime now) const noexcept;

  Limits limits_;
  TripSet active_;

  HostTime last_arrival_{};
  bool has_sample_ = false;
  DeviceTime last_device_time_{};
  int fresh_in_a_row_ = 0;

  std::array<double, 3> recent_force_{};  // newtons, for the median of 3
  std::array<bool, 3> recent_saturated_{};
  int recent_ = 0;  // samples since the last break, saturates at 3
  std::size_t recent_at_ = 0;
  DeviceTime below_limit_since_{};
  bool below_limit_ = false;
  int over_force_count_ = 0;
  DeviceTime bad_reading_at_{};  // last saturated or implausible sample

  std::int32_t stuck_raw_ = 0;
  DeviceTime stuck_since_{};
  bool watching_stuck_ = false;

  std::chrono::microseconds motor_on_{};
};

}  // namespace knead::sampling
