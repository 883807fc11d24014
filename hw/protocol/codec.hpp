// SPDX-License-Identifier: Apache-2.0
// Bytes to structs and back, for both ends. Little endian. No allocation, no I/O, noexcept: safe on the sampling path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "hw/protocol/protocol.hpp"

namespace knead::protocol {

/// Why bytes were refused.
enum class DecodeError : std::uint8_t {
  kTooShort,     ///< fewer bytes than the header or the stated count needs
  kTooLong,      ///< more bytes than the stated count needs
  kUnknownType,  ///< first byte is none of ours
  kBadCount,     ///< 0 or more than 12 readings
  kBadPeriod,    ///< outside 125..1000 us
  kBadRaw,       ///< a reading outside 24 bits
  kBadTtl,       ///< 0 or above 500 ms with a level above 0
  kBadPattern,   ///< not a Pattern
  kBadReserved,  ///< a reserved byte is not 0
  kBadCrc,       ///< CRC-32 does not match
  kBadPoints,    ///< calibration points coincide
};
std::string_view to_string(DecodeError e) noexcept;

template <class T>
using Decoded = std::expected<T, DecodeError>;

Decoded<Report> decode_report(std::span<const std::byte> bytes) noexcept;
/// @return bytes written: 16 + 4 * count. @pre count is 1..12.
std::size_t encode_report(const Report& report, std::span<std::byte, kPacketSize> out) noexcept;

Decoded<MotorCommand> decode_motor_command(std::span<const std::byte> bytes) noexcept;
void encode_motor_command(const MotorCommand& command, std::span<std::byte, kMotorCommandSize> out) noexcept;

Decoded<Info> decode_info(std::span<const std::byte> bytes) noexcept;
void encode_info(const Info& info, std::span<std::byte, kInfoSize> out) noexcept;
Decoded<Calibration> decode_calibration(std::span<const std::byte> bytes) noexcept;
void encode_calibration(const Calibration& calibration, std::span<std::byte, kCalibrationSize> out) noexcept;
Decoded<Status> decode_status(std::span<const std::byte> bytes) noexcept;
void encode_status(const Status& status, std::span<std::byte, kStatusSize> out) noexcept;

}  // namespace knead::protocol
