// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/descriptors.hpp"

#include <array>

#include "hw/protocol/protocol.hpp"

namespace knead::ball {
namespace {

/// Descriptors are lists of small numbers, and read best as such.
template <class... Ints>
constexpr auto bytes(Ints... values) {
  return std::array<std::byte, sizeof...(values)>{static_cast<std::byte>(values)...};
}
template <std::size_t... N>
constexpr auto join(const std::array<std::byte, N>&... parts) {
  std::array<std::byte, (N + ...)> out{};
  std::size_t at = 0;
  const auto append = [&](const auto& part) {
    for (const std::byte b : part) out[at++] = b;
  };
  (append(parts), ...);
  return out;
}
constexpr auto u16(std::size_t value) { return bytes(value & 0xFFU, value >> 8U & 0xFFU); }
/// ASCII as UTF-16LE; the literal's terminating 0 is part of it.
template <std::size_t N>
constexpr auto utf16z(const char (&text)[N]) {  // NOLINT(modernize-avoid-c-arrays): how a literal keeps its length
  std::array<std::byte, 2 * N> out{};
  for (std::size_t i = 0; i < N; ++i) out[2 * i] = static_cast<std::byte>(text[i]);
  return out;
}

constexpr std::uint8_t kTypeDevice = 1;
constexpr std::uint8_t kTypeConfiguration = 2;
constexpr std::uint8_t kTypeString = 3;
constexpr std::uint8_t kTypeInterface = 4;
constexpr std::uint8_t kTypeEndpoint = 5;
constexpr std::uint8_t kTypeBos = 15;
constexpr std::uint8_t kTypeCapability = 16;

// bcdUSB 2.1: the version that lets a host ask for the BOS.
constexpr auto kDevice = join(bytes(18, kTypeDevice), u16(0x0210),                       //
                              bytes(0, 0, 0, 64),                                        // class: per interface; EP0
                              u16(protocol::kVendorId), u16(protocol::kProductId),       //
                              u16(0x0100),                                               // device release
                              bytes(kStringManufacturer, kStringProduct, kStringSerial,  //
                                    1));                                                 // configurations
static_assert(kDevice.size() == 18);

constexpr auto kInterfaceDescriptor =
    bytes(9, kTypeInterface, protocol::kInterface, 0, 2, 0xFF, 0xFF, protocol::kVersionMajor, kStringInterface);
constexpr auto endpoint(std::uint8_t address) {
  return join(bytes(7, kTypeEndpoint, address, 0x03), u16(protocol::kPacketSize), bytes(1));  // interrupt, every 1 ms
}
constexpr std::size_t kConfigurationSize = 9 + 9 + 7 + 7;
constexpr auto kConfiguration =
    join(bytes(9, kTypeConfiguration), u16(kConfigurationSize),
         bytes(1, 1, 0, 0x80, 125),  // one interface, value 1, bus powered, 250 mA
         kInterfaceDescriptor, endpoint(protocol::kEndpointIn), endpoint(protocol::kEndpointOut));
static_assert(kConfiguration.size() == kConfigurationSize);

// ---- MS OS 2.0 (Microsoft, "Microsoft OS 2.0 Descriptors Specification") ------------------------------------------

constexpr auto kWindows81 = bytes(0x00, 0x00, 0x03, 0x06);  // NTDDI_WINBLUE, the first version that reads the set

constexpr auto kCompatibleId =
    join(u16(20), u16(0x0003), bytes('W', 'I', 'N', 'U', 'S', 'B', 0, 0), bytes(0, 0, 0, 0, 0, 0, 0, 0));

constexpr auto kPropertyName = utf16z("DeviceInterfaceGUIDs");
// REG_MULTI_SZ: the list ends with an empty string, hence the second 0.
constexpr auto kPropertyValue = utf16z("{7C1E5D0A-93B4-4F6E-8A2D-5B0E61C9D7F3}\0");
constexpr auto kRegistryProperty = join(u16(10 + kPropertyName.size() + kPropertyValue.size()), u16(0x0004),
                                        u16(7),                                    // REG_MULTI_SZ
                                        u16(kPropertyName.size()), kPropertyName,  //
                                        u16(kPropertyValue.size()), kPropertyValue);

constexpr std::size_t kSetSize = 10 + kCompatibleId.size() + kRegistryProperty.size();
constexpr auto kMsOs20 = join(u16(10), u16(0x0000), kWindows81, u16(kSetSize), kCompatibleId, kRegistryProperty);
static_assert(kMsOs20.size() == kSetSize);

// {D8DD60DF-4589-4CC7-9CD2-659D9E648A9F}: MS OS 2.0 platform capability
constexpr auto kMsOs20Uuid =
    bytes(0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C, 0x9C, 0xD2, 0x65, 0x9D, 0x9E, 0x64, 0x8A, 0x9F);
constexpr auto kPlatformCapability = join(bytes(28, kTypeCapability, 5, 0), kMsOs20Uuid, kWindows81, u16(kSetSize),
                                          bytes(static_cast<std::uint8_t>(protocol::Request::kMsOs20), 0));
static_assert(kPlatformCapability.size() == 28);
constexpr auto kBos = join(bytes(5, kTypeBos), u16(5 + kPlatformCapability.size()), bytes(1), kPlatformCapability);

std::vector<std::byte> string_of(std::string_view ascii) {
  std::vector<std::byte> out{static_cast<std::byte>(2 + 2 * ascii.size()), static_cast<std::byte>(kTypeString)};
  for (const char c : ascii) {
    out.push_back(static_cast<std::byte>(c));
    out.push_back(std::byte{0});
  }
  return out;
}

}  // namespace

std::span<const std::byte> device_descriptor() noexcept { return kDevice; }
std::span<const std::byte> configuration_descriptor() noexcept { return kConfiguration; }
std::span<const std::byte> bos_descriptor() noexcept { return kBos; }
std::span<const std::byte> ms_os_20_descriptor_set() noexcept { return kMsOs20; }

std::vector<std::byte> string_descriptor(std::uint8_t index, std::string_view serial) {
  switch (index) {
    case 0: {
      constexpr auto kEnglishUs = join(bytes(4, kTypeString), u16(0x0409));
      return {kEnglishUs.begin(), kEnglishUs.end()};
    }
    case kStringManufacturer:
      return string_of("Knead");
    case kStringProduct:
      return string_of("Knead ball");
    case kStringSerial:
      return string_of(serial);
    case kStringInterface:
      return string_of("Knead force and motor");
    default:
      return {};
  }
}

}  // namespace knead::ball
