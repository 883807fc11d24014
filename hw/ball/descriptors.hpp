// SPDX-License-Identifier: Apache-2.0
// The ball's USB descriptors, byte for byte as in hw/PROTOCOL.md section 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace knead::ball {

constexpr std::uint8_t kStringManufacturer = 1;
constexpr std::uint8_t kStringProduct = 2;
constexpr std::uint8_t kStringSerial = 3;
constexpr std::uint8_t kStringInterface = 4;

std::span<const std::byte> device_descriptor() noexcept;
/// Configuration, interface and both endpoints.
std::span<const std::byte> configuration_descriptor() noexcept;
/// BOS with the one platform capability that points Windows to the MS OS 2.0 set.
std::span<const std::byte> bos_descriptor() noexcept;
/// MS OS 2.0 set: WINUSB and a DeviceInterfaceGUIDs property, so that libusb needs no driver on Windows.
std::span<const std::byte> ms_os_20_descriptor_set() noexcept;
/// Index 0: the languages. @return empty for an index the ball does not have.
std::vector<std::byte> string_descriptor(std::uint8_t index, std::string_view serial);

}  // namespace knead::ball
