// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>

#include "daemon/core/histogram.hpp"
#include "daemon/core/sample_ring.hpp"
#include "daemon/sampling/clock_sync.hpp"
#include "daemon/sampling/controls.hpp"
#include "daemon/sampling/interlock.hpp"
#include "hw/link/link.hpp"

namespace knead::sampling {

/// A trip began or ended, as the sampling thread saw it.
struct TripChange {
  Trip trip{};
  bool began = false;
  std::uint64_t ring_index = 0;  ///< the next sample to be pushed: the change lies before it
  Newtons force{};               ///< newest, from the reference tare
  HostTime when{};
};

/// Counters of one ball's sampling, readable by any thread at any time without stopping the loop. All from the start.
struct SamplerCounters {
  std::atomic<std::uint64_t> reports{0};
  std::atomic<std::uint64_t> samples{0};
  std::atomic<std::uint64_t> lost{0};             ///< sequence numbers that never came
  std::atomic<std::uint64_t> duplicates{0};       ///< readings that came again; not taken
  std::atomic<std::uint64_t> refused_reports{0};  ///< garbage: the decoder refused them
  std::atomic<std::uint64_t> transfer_errors{0};
  std::atomic<std::uint64_t> commands{0};       ///< motor commands submitted
  std::atomic<std::uint64_t> trip_overflow{0};  ///< trip changes the main thread was too slow to fetch
  std::atomic<std::int64_t> worst_gap_ns{0};    ///< between two reports
  std::atomic<std::uint8_t> motor_level{0};     ///< newest level the ball says it applies
  std::atomic<std::int8_t> temperature_c{0};
  std::atomic<std::uint32_t> trips{0};  ///< TripSet bits in force
  std::atomic<bool> gone{false};
};

/// How fast one ball's sampling is, since the daemon began. Readable by any thread at any time without stopping the
/// loop, which spends a few nanoseconds on it.
struct SamplerLatency {
  Histogram reaction;  ///< a report's arrival to the motor command it caused having been submitted
  Histogram jitter;    ///< by how much the time between two reports missed what the ball's clock says it was
  Histogram delay;     ///< a report's last reading to its arrival: at least this, by the clock sync
};

/// One ball's way from report to motor command and ring slot (DESIGN section 2, step 1):
///
///   on_report ─ decode ─ calibrate ─ clock sync ─ Interlock::step ─ Link::submit ─ SampleRing::push
///
/// Runs on the sampling thread and does no allocation, lock, log line or system call of its own there. The main thread
/// talks to it through Controls and hears of it through the ring, take_trip() and counters().
class Sampler final : public hw::ReportSink {
 public:
  /// @p controls and @p ring must outlive the sampler.
  Sampler(Controls& controls, SampleRing& ring, const Limits& limits);

  /// A ball has come, or come back: its link and its calibration. What the interlock has latched and counted stays: no
  /// fault can be cleared by pulling the plug. Main thread, before the link streams and before SamplingThread::add().
  void attach(hw::Link& link, const protocol::Calibration& calibration) noexcept;

  // Sampling thread.
  void on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept override;
  void on_transfer_error(HostTime when) noexcept override;
  void on_gone(HostTime when) noexcept override;
  /// To be called every few milliseconds whether or not reports come: finds silence and lapsed leases.
  void on_time(HostTime now) noexcept;

  // Main thread.
  /// Takes effect with the next report. @return false while the last one has not taken effect yet.
  bool set_calibration(const protocol::Calibration& calibration) noexcept;
  [[nodiscard]] bool calibration_waits() const noexcept {
    return has_next_calibration_.load(std::memory_order_acquire);
  }
  /// @return false when there is none.
  bool take_trip(TripChange& out) { return trip_changes_.pop(out); }
  [[nodiscard]] const SamplerCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const SamplerLatency& latency() const noexcept { return latency_; }

 private:
  void use(const protocol::Calibration& calibration) noexcept;
  void follow_controls() noexcept;
  /// Time has passed, and perhaps too much of it without a sample.
  void look(HostTime now) noexcept;
  /// @p first: none of this report was taken yet. @return false for a reading that came before and is not taken.
  bool take_reading(const protocol::Report& report, std::size_t index, HostTime arrived, bool first) noexcept;
  /// Where a reading says it belongs.
  struct Place {
    std::uint32_t seq = 0;
    std::uint32_t time_us = 0;
    std::uint16_t period_us = 0;
    bool first_after_reset = false;
  };
  /// Extends sequence and clock to 64 bits. @return false for a reading that was taken before.
  bool place(const Place& at, Sample& sample, std::uint64_t& lost_before) noexcept;
  /// Latches a stop when the button goes down while the motor is wanted.
  void watch_button(bool down, bool vibration_wanted) noexcept;
  /// Keeps how a report came: @p last is its last reading, placed on both clocks.
  void time_report(const Sample& last, HostTime arrived) noexcept;
  /// @return true when a command was submitted.
  bool obey(const Decision& decision, HostTime now) noexcept;
  void report_trips(TripSet now_active, HostTime when) noexcept;

  // In the order of use. After a millisecond's sleep each line of memory that a report touches is a wait: what every
  // report needs lies together, and what is large and rare after it.
  Controls& controls_;
  SampleRing& ring_;
  hw::Link* link_ = nullptr;
  std::atomic<bool> has_next_calibration_{false};
  bool calibrated_ = false;
  bool button_down_ = true;
  bool has_last_ = false;
  bool has_command_ = false;
  std::uint32_t clears_seen_;
  std::uint32_t sessions_seen_;
  TripSet trips_told_;
  protocol::ForceScale scale_;

  std::uint64_t last_seq_ = 0;
  DeviceTime last_device_time_{};
  HostTime last_arrival_{};
  std::chrono::nanoseconds interval_{};  ///< between the last two arrivals; 0: there is only one
  DeviceTime last_report_time_{};        ///< of the last report's last reading
  Newtons last_reference_force_{};

  protocol::MotorCommand last_command_{};
  DeviceTime last_command_device_time_{};
  HostTime last_command_at_{};

  SamplerCounters counters_;
  Interlock interlock_;
  ClockSync clock_sync_;
  SamplerLatency latency_;

  protocol::Calibration next_calibration_;
  boost::lockfree::spsc_queue<TripChange, boost::lockfree::capacity<256>> trip_changes_;
};

}  // namespace knead::sampling
