// SPDX-License-Identifier: Apache-2.0
// One USB control transfer, as a device controller hands it to firmware.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace knead::ball {

/// The eight bytes of a SETUP packet (USB 2.0, 9.3).
struct SetupPacket {
  static constexpr std::size_t kSize = 8;

  std::uint8_t request_type = 0;  ///< bmRequestType
  std::uint8_t request = 0;       ///< bRequest
  std::uint16_t value = 0;        ///< wValue
  std::uint16_t index = 0;        ///< wIndex
  std::uint16_t length = 0;       ///< wLength

  static SetupPacket parse(std::span<const std::byte, kSize> bytes) noexcept;
  [[nodiscard]] std::array<std::byte, kSize> bytes() const noexcept;
  /// The host wants data.
  [[nodiscard]] constexpr bool device_to_host() const { return (request_type & 0x80U) != 0; }
};

/// bmRequestType of the vendor requests to the ball's interface.
constexpr std::uint8_t kVendorInterfaceIn = 0xC1;
constexpr std::uint8_t kVendorInterfaceOut = 0x41;

/// How the ball ends a control transfer: a stall, or a status stage with what it returned (already cut to wLength).
struct ControlReply {
  bool stalled = false;
  std::vector<std::byte> data{};

  static ControlReply stall() { return {.stalled = true}; }
};

}  // namespace knead::ball
