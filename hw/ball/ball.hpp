// SPDX-License-Identifier: Apache-2.0
// The ball itself, device side, as hw/PROTOCOL.md describes it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "hw/ball/control.hpp"
#include "hw/ball/motor.hpp"
#include "hw/ball/reading_fifo.hpp"
#include "hw/ball/sensor.hpp"
#include "hw/ball/thermal.hpp"
#include "hw/ball/touch.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::ball {

/// How a ball leaves the factory.
struct BallConfig {
  std::string serial = "KB0001";  ///< 1..32 printable ASCII characters; tells balls apart
  std::uint64_t seed = 1;         ///< of the sensor's noise
  std::uint16_t rate_hz = 1000;   ///< after power-up; 1000..8000 dividing 1 MHz evenly
  /// Device seconds per host second. The ball only needs it to know how many readings to put into a report: USB takes
  /// one report a host millisecond. rate_hz * clock_speed is at most 12 000.
  double clock_speed = 1.0;
  bool calibrated = true;  ///< false: as if it had never met a weight
  SensorModel sensor{};
  Level motor_ceiling{204};  ///< 80 %: what the motor stands in continuous use (choice)
  std::uint16_t contact_area_mm2 = 0;
};

/// One packet as it goes over the wire.
struct Packet {
  std::array<std::byte, protocol::kPacketSize> bytes{};
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> view() const noexcept { return std::span(bytes).first(size); }
};

/// The device side of a ball: descriptors, control requests, readings, motor. Pure: no I/O, no thread, no clock of the
/// host. Only advance() moves its time; everything else happens at now(). Owned by one thread, or locked by its owner.
///
///           plug_in()              SET_CONFIGURATION 1
///   [unpowered] ────▶ [powered] ───────────────────────▶ [configured] readings queue, motor commands count
///        ▲               ▲ ▲── bus_reset(), SET_CONFIGURATION 0 ──┘ │  ▲
///        └── unplug() ───┴──────────────────────────────────────────┘  suspend(), resume()
///   Each of these arrows stops the motor.
///
/// It never starts the motor by itself and never lets it run past a command's TTL.
class Ball {
 public:
  /// A ball that is plugged in and not yet configured. Error: kInvalidInput.
  static Result<Ball> create(const BallConfig& config);

  // ---- Time ---------------------------------------------------------------------------------------------------

  /// The ball's clock, microseconds since power-up.
  [[nodiscard]] DeviceTime now() const noexcept { return now_; }
  /// Lives until @p to: takes every reading that is due, and stops the motor at its very deadline, in order of time.
  /// Does nothing when unpowered or when @p to is past.
  void advance(DeviceTime to, Touch& touch);
  /// When next_report() will have something if nobody fetches before; now() when it has; DeviceTime::max() when not
  /// configured.
  [[nodiscard]] DeviceTime next_report_at() const noexcept;

  // ---- USB ----------------------------------------------------------------------------------------------------

  /// One control transfer, standard or vendor. @param data of an OUT transfer.
  [[nodiscard]] ControlReply handle_control(const SetupPacket& setup, std::span<const std::byte> data);
  /// One packet of the interrupt-OUT endpoint. A malformed one is taken, stops the motor and is counted.
  /// @return false: the endpoint stalls (halted, or the ball is not configured).
  [[nodiscard]] bool handle_out(std::span<const std::byte> bytes);
  /// What the interrupt-IN endpoint answers: a report, or nothing (NAK) while too few readings wait.
  [[nodiscard]] std::optional<Packet> next_report();
  /// The endpoint answers STALL: halted by SET_FEATURE, or the ball is not configured. @param endpoint 0x81 or 0x01.
  [[nodiscard]] bool stalls(std::uint8_t endpoint) const noexcept;
  /// Bus reset: back to the powered state; clock, sequence, rate and STOP stay.
  void bus_reset();
  /// The bus sleeps: motor off, no readings queue until resume(); the clock and the sequence run on.
  void suspend();
  void resume();
  /// The cable is pulled: the ball loses power. Calibration, tare and STOP are stored; all else goes.
  void unplug();
  /// Power-up: clock and sequence begin at 0.
  void plug_in();

  // ---- What it is and how it is ---------------------------------------------------------------------------------

  [[nodiscard]] const std::string& serial() const noexcept { return config_.serial; }
  [[nodiscard]] const BallConfig& config() const noexcept { return config_; }
  [[nodiscard]] bool powered() const noexcept { return powered_; }
  [[nodiscard]] bool configured() const noexcept { return powered_ && configuration_ == 1; }
  [[nodiscard]] bool stop_latched() const noexcept { return stored_.stop_latched; }
  [[nodiscard]] std::uint16_t rate_hz() const noexcept { return rate_hz_; }
  [[nodiscard]] const protocol::Calibration& calibration() const noexcept { return stored_.calibration; }
  [[nodiscard]] const Motor& motor() const noexcept { return motor_; }
  [[nodiscard]] protocol::Info info() const noexcept;
  [[nodiscard]] protocol::Status status() const noexcept;

  // ---- Faults, for tests ------------------------------------------------------------------------------------------

  void inject(SensorFault fault);
  /// Holds the temperature at a value; empty lets go of it.
  void inject_temperature(std::optional<double> celsius);
  /// The next @p count readings are lost inside the ball: a sequence gap.
  void drop_readings(std::uint32_t count) noexcept { drop_next_ += count; }
  /// The next @p count reports are bytes that mean nothing.
  void garble_reports(std::uint32_t count) noexcept { garble_next_ += count; }

  /// Held for so long, the button latches STOP. Shorter presses are the host's to interpret.
  static constexpr std::chrono::milliseconds kButtonStopHold{1500};
  static constexpr std::chrono::milliseconds kTareWindow{250};
  static constexpr Newtons kTareSteadiness{0.5};  ///< peak to peak over the window, by the nominal slope (choice)
  static constexpr std::uint16_t kMaxRateHz = 8000;
  static constexpr std::uint16_t kFirmwareBcd = 0x0100;

 private:
  /// What flash keeps over a power cycle.
  struct Stored {
    protocol::Calibration calibration;
    bool stop_latched = false;
  };

  explicit Ball(const BallConfig& config);

  // Control requests, by kind; empty is a stall.
  [[nodiscard]] std::optional<ControlReply> standard_request(const SetupPacket& setup);
  [[nodiscard]] std::optional<ControlReply> endpoint_request(const SetupPacket& setup);
  [[nodiscard]] std::optional<ControlReply> vendor_request(const SetupPacket& setup, std::span<const std::byte> data);
  [[nodiscard]] std::optional<std::vector<std::byte>> descriptor(std::uint16_t value) const;

  void take_reading(Touch& touch);
  void watch_button(bool down);
  void hold_motor_on_faults();
  [[nodiscard]] bool motor_held() const noexcept;
  void latch_stop(MotorCause cause);
  [[nodiscard]] bool set_rate(std::uint16_t rate_hz);
  [[nodiscard]] bool tare();
  void restart_stream() noexcept;
  [[nodiscard]] std::uint16_t flags() const noexcept;

  BallConfig config_;
  Stored stored_;
  Sensor sensor_;
  Thermal thermal_;
  Motor motor_;
  ReadingFifo fifo_;
  RecentReadings recent_;

  DeviceTime now_{};
  DeviceTime next_reading_at_{};
  DeviceTime next_thermal_at_{};
  std::uint64_t next_seq_ = 0;
  std::uint16_t rate_hz_ = 0;
  std::uint8_t configuration_ = 0;
  bool powered_ = true;
  bool suspended_ = false;
  bool halted_in_ = false;
  bool halted_out_ = false;
  bool first_report_ = true;
  bool ttl_expired_ = false;
  bool command_error_ = false;
  bool button_ = false;
  DeviceTime button_since_{};

  std::uint32_t rejected_commands_ = 0;
  std::uint32_t dropped_readings_ = 0;
  std::uint32_t ttl_expiries_ = 0;
  std::uint32_t drop_next_ = 0;
  std::uint32_t garble_next_ = 0;
};

/// Readings a report holds at least, so that 1000 reports a host second carry them all. @return more than 12: too fast.
[[nodiscard]] std::size_t readings_per_report(std::uint16_t rate_hz, double clock_speed) noexcept;

}  // namespace knead::ball
