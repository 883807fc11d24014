// SPDX-License-Identifier: Apache-2.0
#include "hw/protocol/codec.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <boost/endian/conversion.hpp>
#include <type_traits>

namespace knead::protocol {
namespace {

/// Little-endian fields at the offsets of hw/PROTOCOL.md. Lengths are checked before one of these is made.
class Fields {
 public:
  explicit Fields(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  template <class T>
  [[nodiscard]] T at(std::size_t offset) const noexcept {
    static_assert(std::is_integral_v<T>);
    // Boost.Endian's loads take unsigned char, which may alias any bytes.
    const auto* p = reinterpret_cast<const unsigned char*>(bytes_.subspan(offset, sizeof(T)).data());
    return boost::endian::endian_load<T, sizeof(T), boost::endian::order::little>(p);
  }
  [[nodiscard]] bool all_zero(std::size_t offset, std::size_t count) const noexcept {
    return std::ranges::all_of(bytes_.subspan(offset, count), [](std::byte b) { return b == std::byte{0}; });
  }

 private:
  std::span<const std::byte> bytes_;
};

template <class T>
void put(std::span<std::byte> out, std::size_t offset, T value) noexcept {
  auto* p = reinterpret_cast<unsigned char*>(out.subspan(offset, sizeof(T)).data());
  boost::endian::endian_store<T, sizeof(T), boost::endian::order::little>(p, value);
}

std::expected<void, DecodeError> expect_size(std::span<const std::byte> bytes, std::size_t size) noexcept {
  if (bytes.size() < size) return std::unexpected(DecodeError::kTooShort);
  if (bytes.size() > size) return std::unexpected(DecodeError::kTooLong);
  return {};
}

constexpr bool is_raw(std::int32_t value) noexcept { return value >= kRawMin && value <= kRawMax; }

constexpr std::uint16_t kMinPeriodUs = 125;   // 8 kHz
constexpr std::uint16_t kMaxPeriodUs = 1000;  // 1 kHz

constexpr std::size_t kCalibrationCrcOffset = kCalibrationSize - 4;

std::uint32_t calibration_crc(std::span<const std::byte> bytes) noexcept {
  boost::crc_32_type crc;  // IEEE 802.3: reflected 0x04C11DB7, as zlib's
  crc.process_bytes(bytes.data(), kCalibrationCrcOffset);
  return crc.checksum();
}

}  // namespace

std::string_view to_string(DecodeError e) noexcept {
  switch (e) {
    case DecodeError::kTooShort:
      return "too short";
    case DecodeError::kTooLong:
      return "too long";
    case DecodeError::kUnknownType:
      return "unknown type";
    case DecodeError::kBadCount:
      return "reading count out of range";
    case DecodeError::kBadPeriod:
      return "period out of range";
    case DecodeError::kBadRaw:
      return "reading outside 24 bits";
    case DecodeError::kBadTtl:
      return "TTL out of range";
    case DecodeError::kBadPattern:
      return "unknown pattern";
    case DecodeError::kBadReserved:
      return "reserved byte not 0";
    case DecodeError::kBadCrc:
      return "CRC mismatch";
    case DecodeError::kBadPoints:
      return "calibration points coincide";
  }
  return "unknown error";
}

// ---- Report -------------------------------------------------------------------------------------------------------

namespace {

/// Into where the report will stay: a copy of what was just written in smaller pieces costs as much as all the rest.
std::expected<void, DecodeError> read_report(std::span<const std::byte> bytes, Report& r) noexcept {
  if (bytes.empty()) return std::unexpected(DecodeError::kTooShort);
  const Fields in(bytes);
  if (in.at<std::uint8_t>(0) != kReportSamples) return std::unexpected(DecodeError::kUnknownType);
  if (bytes.size() < kReportHeaderSize) return std::unexpected(DecodeError::kTooShort);

  r.count = in.at<std::uint8_t>(1);
  if (r.count < 1 || r.count > kMaxReadings) return std::unexpected(DecodeError::kBadCount);
  if (const auto sized = expect_size(bytes, kReportHeaderSize + std::size_t{4} * r.count); !sized) return sized;
  r.flags = in.at<std::uint16_t>(2);
  r.seq = in.at<std::uint32_t>(4);
  r.time_us = in.at<std::uint32_t>(8);
  r.period_us = in.at<std::uint16_t>(12);
  if (r.period_us < kMinPeriodUs || r.period_us > kMaxPeriodUs) return std::unexpected(DecodeError::kBadPeriod);
  r.motor_level = in.at<std::uint8_t>(14);
  r.temperature_c = in.at<std::int8_t>(15);
  for (std::size_t i = 0; i < r.count; ++i) {
    const auto raw = in.at<std::int32_t>(kReportHeaderSize + 4 * i);
    if (!is_raw(raw)) return std::unexpected(DecodeError::kBadRaw);
    r.raw[i] = raw;
  }
  return {};
}

}  // namespace

Decoded<Report> decode_report(std::span<const std::byte> bytes) noexcept {
  Decoded<Report> report;
  if (const auto read = read_report(bytes, *report); !read) report = std::unexpected(read.error());
  return report;
}

std::size_t encode_report(const Report& report, std::span<std::byte, kPacketSize> out) noexcept {
  const std::size_t count = std::clamp<std::size_t>(report.count, 1, kMaxReadings);
  put(out, 0, kReportSamples);
  put(out, 1, static_cast<std::uint8_t>(count));
  put(out, 2, report.flags);
  put(out, 4, report.seq);
  put(out, 8, report.time_us);
  put(out, 12, report.period_us);
  put(out, 14, report.motor_level);
  put(out, 15, report.temperature_c);
  for (std::size_t i = 0; i < count; ++i) put(out, kReportHeaderSize + 4 * i, report.raw[i]);
  return kReportHeaderSize + 4 * count;
}

// ---- Motor command ------------------------------------------------------------------------------------------------

Decoded<MotorCommand> decode_motor_command(std::span<const std::byte> bytes) noexcept {
  if (bytes.empty()) return std::unexpected(DecodeError::kTooShort);
  const Fields in(bytes);
  if (in.at<std::uint8_t>(0) != kCommandMotor) return std::unexpected(DecodeError::kUnknownType);
  if (const auto sized = expect_size(bytes, kMotorCommandSize); !sized) return std::unexpected(sized.error());

  MotorCommand c;
  c.level = Level{in.at<std::uint8_t>(1)};
  c.ttl_ms = in.at<std::uint16_t>(2);
  if (c.level > Level{} && (c.ttl_ms < 1 || c.ttl_ms > kMaxTtlMs)) return std::unexpected(DecodeError::kBadTtl);
  c.frequency_hz = in.at<std::uint16_t>(4);
  const auto pattern = in.at<std::uint8_t>(6);
  if (pattern > static_cast<std::uint8_t>(Pattern::kWave)) return std::unexpected(DecodeError::kBadPattern);
  c.pattern = static_cast<Pattern>(pattern);
  if (!in.all_zero(7, 1)) return std::unexpected(DecodeError::kBadReserved);
  c.seq = in.at<std::uint32_t>(8);
  return c;
}

void encode_motor_command(const MotorCommand& command, std::span<std::byte, kMotorCommandSize> out) noexcept {
  put(out, 0, kCommandMotor);
  put(out, 1, command.level.value);
  put(out, 2, command.ttl_ms);
  put(out, 4, command.frequency_hz);
  put(out, 6, static_cast<std::uint8_t>(command.pattern));
  put(out, 7, std::uint8_t{0});
  put(out, 8, command.seq);
}

// ---- Control requests' data ---------------------------------------------------------------------------------------

// What a newer minor version adds to Info and Status stands in bytes that are reserved today: they are not looked at.

Decoded<Info> decode_info(std::span<const std::byte> bytes) noexcept {
  if (const auto sized = expect_size(bytes, kInfoSize); !sized) return std::unexpected(sized.error());
  const Fields in(bytes);
  Info i;
  i.version_major = in.at<std::uint8_t>(0);
  i.version_minor = in.at<std::uint8_t>(1);
  i.firmware = in.at<std::uint16_t>(2);
  i.max_rate_hz = in.at<std::uint16_t>(4);
  i.rate_hz = in.at<std::uint16_t>(6);
  i.contact_area_mm2 = in.at<std::uint16_t>(8);
  i.motor_default_hz = in.at<std::uint16_t>(10);
  i.motor_ceiling = in.at<std::uint8_t>(12);
  i.temperature_limit_c = in.at<std::int8_t>(13);
  i.full_scale_n = in.at<std::uint16_t>(14);
  return i;
}

void encode_info(const Info& info, std::span<std::byte, kInfoSize> out) noexcept {
  std::ranges::fill(out, std::byte{0});
  put(out, 0, info.version_major);
  put(out, 1, info.version_minor);
  put(out, 2, info.firmware);
  put(out, 4, info.max_rate_hz);
  put(out, 6, info.rate_hz);
  put(out, 8, info.contact_area_mm2);
  put(out, 10, info.motor_default_hz);
  put(out, 12, info.motor_ceiling);
  put(out, 13, info.temperature_limit_c);
  put(out, 14, info.full_scale_n);
}

Decoded<Calibration> decode_calibration(std::span<const std::byte> bytes) noexcept {
  if (const auto sized = expect_size(bytes, kCalibrationSize); !sized) return std::unexpected(sized.error());
  const Fields in(bytes);
  if (in.at<std::uint32_t>(kCalibrationCrcOffset) != calibration_crc(bytes)) {
    return std::unexpected(DecodeError::kBadCrc);
  }
  if (in.at<std::uint8_t>(0) > 1 || !in.all_zero(1, 3)) return std::unexpected(DecodeError::kBadReserved);

  Calibration c;
  c.calibrated = in.at<std::uint8_t>(0) == 1;
  c.point_a_raw = in.at<std::int32_t>(4);
  c.point_a_mn = in.at<std::int32_t>(8);
  c.point_b_raw = in.at<std::int32_t>(12);
  c.point_b_mn = in.at<std::int32_t>(16);
  c.tare_raw = in.at<std::int32_t>(20);
  c.reference_raw = in.at<std::int32_t>(24);
  for (const std::int32_t raw : {c.point_a_raw, c.point_b_raw, c.tare_raw, c.reference_raw}) {
    if (!is_raw(raw)) return std::unexpected(DecodeError::kBadRaw);
  }
  if (c.calibrated && (c.point_a_raw == c.point_b_raw || c.point_a_mn == c.point_b_mn)) {
    return std::unexpected(DecodeError::kBadPoints);
  }
  return c;
}

void encode_calibration(const Calibration& calibration, std::span<std::byte, kCalibrationSize> out) noexcept {
  std::ranges::fill(out, std::byte{0});
  put(out, 0, static_cast<std::uint8_t>(calibration.calibrated ? 1 : 0));
  put(out, 4, calibration.point_a_raw);
  put(out, 8, calibration.point_a_mn);
  put(out, 12, calibration.point_b_raw);
  put(out, 16, calibration.point_b_mn);
  put(out, 20, calibration.tare_raw);
  put(out, 24, calibration.reference_raw);
  put(out, kCalibrationCrcOffset, calibration_crc(out));
}

Decoded<Status> decode_status(std::span<const std::byte> bytes) noexcept {
  if (const auto sized = expect_size(bytes, kStatusSize); !sized) return std::unexpected(sized.error());
  const Fields in(bytes);
  Status s;
  s.flags = in.at<std::uint16_t>(0);
  s.rejected_commands = in.at<std::uint32_t>(4);
  s.dropped_readings = in.at<std::uint32_t>(8);
  s.ttl_expiries = in.at<std::uint32_t>(12);
  s.uptime_us = in.at<std::uint64_t>(16);
  return s;
}

void encode_status(const Status& status, std::span<std::byte, kStatusSize> out) noexcept {
  std::ranges::fill(out, std::byte{0});
  put(out, 0, status.flags);
  put(out, 4, status.rejected_commands);
  put(out, 8, status.dropped_readings);
  put(out, 12, status.ttl_expiries);
  put(out, 16, status.uptime_us);
}

}  // namespace knead::protocol
