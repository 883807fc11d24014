// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "daemon/core/sample.hpp"
#include "daemon/sampling/limits.hpp"
#include "daemon/sampling/ramp.hpp"
#include "daemon/sampling/spike_filter.hpp"
#include "daemon/sampling/trip.hpp"
#include "daemon/sampling/vibration_budget.hpp"
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
/// Silence is declared, and a lease given, this much short, so that the motor is off, and not only told so, within the
/// 20 ms of R4 and the 250 ms of R1: the next look would be a tick later, the command waits for a frame of the bus, a
/// millisecond, and as much again is for waking.
constexpr std::chrono::milliseconds kOffAhead = kTickPeriod + std::chrono::milliseconds(2);

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
///      │ level = min(request, ceiling) while the lease runs, 0 after it;
///      │ it rises with samples alone, by `rise_per_s` at most, from 0 after each hold; it falls at once
///
///   trip              begins                                    ends
///   stop              request_stop()                            clear()                           (latched)
///   ball_stop         report flag                               report flag gone
///   over_force        median of 3 >= limit                      below limit - 10 N for 500 ms
///   over_force_fault  3rd over_force since begin_session()      clear() while below the limit     (latched)
///   saturated         2 of 3 samples at a rail                  100 ms of good samples
///   open_or_short     2 of 3 samples at a rail for 1 s          clear() and off the rail          (latched)
///   implausible       median of 3 <= -10 N                      100 ms of good samples
///   stuck             1 distinct median for 1 s at >= 2 N       clear() and not stuck any more    (latched)
///   sensor_fault      sample quality                            clear() and quality good          (latched)
///   stale             tick() finds none for `stale`            10 arrivals in a row
///   gap               more than `stale` between two samples,    10 arrivals in a row
///                     or a ball that began anew
///   uncalibrated      sample quality                            sample quality
///   over_temperature  report flag, or >= limit                  flag gone and 3 °C below it
///   budget            motor-on time of the session used up      begin_session()
///   rest              on for `motor_run` without a rest         off for 10 s
///
/// tests/unit/sampling/trip_table.hpp has the same as a table, from which tests try every order of events.
///
/// Pure and noexcept; time is an argument; RT safe. Owned by the sampling thread. It never looks at a session, a
/// routine or a plugin: whatever they ask for, they cannot exceed it.
class Interlock {
 public:
  explicit Interlock(const Limits& limits) noexcept;

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
  void judge_continuity(const StepInput& input, HostTime now) noexcept;
  void judge_force(const Reading& reading, DeviceTime at) noexcept;
  void judge_sensor(const Reading& reading, const Sample& sample) noexcept;
  void judge_ball(const StepInput& input) noexcept;
  void spend_budget(const Sample& sample, HostTime now) noexcept;
  Decision decide(const LeasedRequest& request, HostTime now, std::chrono::microseconds elapsed) noexcept;

  /// A condition of the sensor that must last before it counts, on the ball's clock.
  struct Watch {
    bool on = false;
    bool lasted = false;
    DeviceTime since{};
    void begin(DeviceTime at) noexcept { *this = {.on = true, .since = at}; }
    void end() noexcept { *this = {}; }
    void look(DeviceTime at, std::chrono::microseconds how_long) noexcept { lasted = on && at - since >= how_long; }
  };

  Limits limits_;
  TripSet active_;

  HostTime last_arrival_{};
  bool has_sample_ = false;
  DeviceTime last_device_time_{};
  int fresh_in_a_row_ = 0;

  SpikeFilter spike_filter_;
  Watch calm_;   // below the limit and its hysteresis
  Watch rail_;   // at a rail
  Watch stuck_;  // pressed, and the same value
  std::int32_t stuck_raw_ = 0;
  int over_force_count_ = 0;
  DeviceTime bad_reading_at_{};  // last saturated or implausible sample

  VibrationBudget budget_;
  Ramp ramp_;
};

}  // namespace knead::sampling
