// SPDX-License-Identifier: Apache-2.0
// The wire between host and ball. hw/PROTOCOL.md is normative; this is its C++ form, used by both ends.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/core/units.hpp"

namespace knead::protocol {

constexpr std::uint8_t kVersionMajor = 1;  ///< differs: the host refuses the ball
constexpr std::uint8_t kVersionMinor = 0;  ///< differs: each side ignores what it does not know

constexpr std::uint16_t kVendorId = 0x1209;   ///< pid.codes
constexpr std::uint16_t kProductId = 0x0001;  ///< pid.codes test id, until a real one is assigned
constexpr std::uint8_t kInterface = 0;
constexpr std::uint8_t kEndpointIn = 0x81;
constexpr std::uint8_t kEndpointOut = 0x01;
constexpr std::size_t kPacketSize = 64;  ///< bytes, both interrupt endpoints (full speed)

constexpr std::size_t kMaxSerial = 32;
/// What a ball may call itself: 1..32 printable ASCII characters without spaces (PROTOCOL.md, strings).
[[nodiscard]] constexpr bool is_serial(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxSerial &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// ---- Report (interrupt IN): 16-byte header, then 1..12 readings of 4 bytes ---------------------------------------

constexpr std::uint8_t kReportSamples = 0x01;
constexpr std::size_t kReportHeaderSize = 16;
constexpr std::size_t kMaxReadings = (kPacketSize - kReportHeaderSize) / 4;
constexpr std::int32_t kRawMax = (1 << 23) - 1;  ///< upper rail of the 24-bit converter
constexpr std::int32_t kRawMin = -(1 << 23);     ///< lower rail

/// Bits of Report::flags.
enum class ReportFlag : std::uint16_t {
  kButton = 1U << 0,           ///< button is down
  kMotorOn = 1U << 1,          ///< applied level is not 0
  kStopLatched = 1U << 2,      ///< STOP in force: motor commands are ignored until CLEAR_STOP
  kUncalibrated = 1U << 3,     ///< no valid calibration is stored
  kSaturated = 1U << 4,        ///< a reading of this report is at a rail
  kOverTemperature = 1U << 5,  ///< above the ball's own limit; the ball holds its motor at 0
  kSensorFault = 1U << 6,      ///< open or shorted load cell
  kTtlExpired = 1U << 7,       ///< the motor was stopped by its TTL since the last motor command
  kCommandError = 1U << 8,     ///< a malformed command arrived since the last good one; the motor was stopped
  kFirstAfterReset = 1U << 9,  ///< sequence and clock began anew with this report
};

struct Report {
  std::uint8_t count = 0;                        ///< readings, 1..12
  std::uint16_t flags = 0;                       ///< ReportFlag bits
  std::uint32_t seq = 0;                         ///< of the first reading; one per reading; wraps
  std::uint32_t time_us = 0;                     ///< device clock of the first reading; wraps after 71.6 minutes
  std::uint16_t period_us = 0;                   ///< between readings, 125..1000 (8 kHz .. 1 kHz)
  std::uint8_t motor_level = 0;                  ///< applied when the report was made
  std::int8_t temperature_c = 0;                 ///< degrees Celsius
  std::array<std::int32_t, kMaxReadings> raw{};  ///< converter counts, signed 24 bit

  [[nodiscard]] constexpr bool has(ReportFlag f) const { return (flags & static_cast<std::uint16_t>(f)) != 0; }
};

// ---- Motor command (interrupt OUT), 12 bytes ----------------------------------------------------------------------

constexpr std::uint8_t kCommandMotor = 0x10;
constexpr std::size_t kMotorCommandSize = 12;
constexpr std::uint16_t kMaxTtlMs = 500;  ///< EVIDENCE.md, Safety: device TTL. The ball rejects more.

enum class Pattern : std::uint8_t { kSteady = 0, kPulse = 1, kWave = 2 };

struct MotorCommand {
  Level level{};  ///< 0 is off
  Pattern pattern = Pattern::kSteady;
  std::uint16_t frequency_hz = 0;  ///< 0: the motor's own
  std::uint16_t ttl_ms = 0;        ///< on the ball's clock; 1..500; the ball stops the motor when it runs out
  std::uint32_t seq = 0;           ///< counts commands, for traces only
  constexpr bool operator==(const MotorCommand&) const = default;
};

// ---- Control requests (vendor type, recipient interface) -----------------------------------------------------------

enum class Request : std::uint8_t {
  kGetInfo = 0x01,         ///< IN, 32 bytes: Info
  kGetCalibration = 0x02,  ///< IN, 32 bytes: Calibration
  kSetCalibration = 0x03,  ///< OUT, 32 bytes: Calibration; a wrong CRC or equal points stall
  kTare = 0x04,            ///< OUT, no data: the mean of the last 250 ms becomes the tare; stalls if unsteady
  kSetRate = 0x05,         ///< OUT, wValue = Hz, 1000..8000 dividing 1 MHz evenly; else stalls
  kStop = 0x06,            ///< OUT, no data: motor off and latched
  kClearStop = 0x07,       ///< OUT, wValue = kClearStopMagic; else stalls
  kGetStatus = 0x08,       ///< IN, 32 bytes: Status
  kMsOs20 = 0x20,          ///< MS OS 2.0 vendor code (recipient device, wIndex 7)
};
constexpr std::uint16_t kClearStopMagic = 0x5AFE;
constexpr std::size_t kInfoSize = 32;
constexpr std::size_t kCalibrationSize = 32;
constexpr std::size_t kStatusSize = 32;

struct Info {
  std::uint8_t version_major = kVersionMajor;
  std::uint8_t version_minor = kVersionMinor;
  std::uint16_t firmware = 0;  ///< BCD
  std::uint16_t max_rate_hz = 0;
  std::uint16_t rate_hz = 0;           ///< in force
  std::uint16_t contact_area_mm2 = 0;  ///< 0: not known, then no kPa is derived
  std::uint16_t motor_default_hz = 0;
  std::uint8_t motor_ceiling = 0;  ///< the ball's own, 0..255
  std::int8_t temperature_limit_c = 0;
  std::uint16_t full_scale_n = 0;  ///< load cell rating in newtons
  constexpr bool operator==(const Info&) const = default;
};

/// What a calibration comes to, worked out once and not, with its divisions, for each reading.
struct ForceScale {
  double newtons_per_count = 0.0;  ///< 0 without a calibration
  std::int32_t tare_raw = 0;
  std::int32_t reference_raw = 0;
  /// Relative to the tare.
  [[nodiscard]] constexpr Newtons force(std::int32_t raw) const { return {newtons_per_count * (raw - tare_raw)}; }
  /// Relative to the reference tare, so that repeated taring cannot creep past a limit (EVIDENCE.md, Safety).
  [[nodiscard]] constexpr Newtons force_from_reference(std::int32_t raw) const {
    return {newtons_per_count * (raw - reference_raw)};
  }
};

/// Two-point calibration and tare, stored in the ball. force = (raw - tare_raw) * slope;
/// slope = (point_b_mn - point_a_mn) / (point_b_raw - point_a_raw).
struct Calibration {
  bool calibrated = false;
  std::int32_t point_a_raw = 0;
  std::int32_t point_a_mn = 0;  ///< millinewtons
  std::int32_t point_b_raw = 0;
  std::int32_t point_b_mn = 0;     ///< millinewtons
  std::int32_t tare_raw = 0;       ///< moves with every TARE
  std::int32_t reference_raw = 0;  ///< the tare at calibration; safety limits are relative to it
  constexpr bool operator==(const Calibration&) const = default;
  [[nodiscard]] constexpr ForceScale scale() const {
    return {.newtons_per_count = newtons_per_count(), .tare_raw = tare_raw, .reference_raw = reference_raw};
  }
  [[nodiscard]] constexpr Newtons force(std::int32_t raw) const { return scale().force(raw); }
  [[nodiscard]] constexpr Newtons force_from_reference(std::int32_t raw) const {
    return scale().force_from_reference(raw);
  }
  [[nodiscard]] constexpr double newtons_per_count() const {
    if (!calibrated || point_a_raw == point_b_raw) return 0.0;
    return (static_cast<double>(point_b_mn) - point_a_mn) / 1000.0 / (static_cast<double>(point_b_raw) - point_a_raw);
  }
};

struct Status {
  std::uint16_t flags = 0;  ///< ReportFlag bits
  std::uint32_t rejected_commands = 0;
  std::uint32_t dropped_readings = 0;  ///< taken but not fetched by the host in time; also seen as sequence gaps
  std::uint32_t ttl_expiries = 0;
  std::uint64_t uptime_us = 0;  ///< the device clock in full
  constexpr bool operator==(const Status&) const = default;
};

}  // namespace knead::protocol
