// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/wire.hpp"

#include <algorithm>
#include <utility>

namespace knead::hw::usbip {
namespace {

constexpr std::uint32_t kHighestEndpoint = 15;
/// number_of_packets of a transfer that is not isochronous: Linux sends 0, the specification says all ones.
constexpr std::uint32_t kNoPackets = 0xFFFFFFFF;

template <class Int>
Int load(std::span<const std::byte> bytes, std::size_t at) noexcept {
  Int value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) {
    value = static_cast<Int>(value << 8U | static_cast<Int>(std::to_integer<std::uint8_t>(bytes[at + i])));
  }
  return value;
}

void append8(std::uint8_t value, std::vector<std::byte>& out) { out.push_back(static_cast<std::byte>(value)); }
void append16(std::uint16_t value, std::vector<std::byte>& out) {
  append8(static_cast<std::uint8_t>(value >> 8U), out);
  append8(static_cast<std::uint8_t>(value & 0xFFU), out);
}
void append32(std::uint32_t value, std::vector<std::byte>& out) {
  append16(static_cast<std::uint16_t>(value >> 16U), out);
  append16(static_cast<std::uint16_t>(value & 0xFFFFU), out);
}
void append_zeros(std::size_t count, std::vector<std::byte>& out) { out.resize(out.size() + count); }

/// @p text in a field of @p width bytes, cut so that a NUL always ends it.
void append_text(std::string_view text, std::size_t width, std::vector<std::byte>& out) {
  const std::string_view kept = text.substr(0, width - 1);
  std::ranges::transform(kept, std::back_inserter(out), [](char c) { return static_cast<std::byte>(c); });
  append_zeros(width - kept.size(), out);
}

void append_device(const DeviceRecord& device, std::vector<std::byte>& out) {
  append_text(device.path, kPathSize, out);
  append_text(device.bus_id, kBusIdSize, out);
  append32(device.bus_number, out);
  append32(device.device_number, out);
  append32(std::to_underlying(device.speed), out);
  append16(device.vendor_id, out);
  append16(device.product_id, out);
  append16(device.device_release, out);
  append8(device.device_class.device_class, out);
  append8(device.device_class.subclass, out);
  append8(device.device_class.protocol, out);
  append8(device.configuration, out);
  append8(device.configurations, out);
  append8(static_cast<std::uint8_t>(device.interfaces.size()), out);
}

/// The 20 bytes each URB message begins with. Answers carry zeros where requests name the device and endpoint.
void append_return_head(Command command, std::uint32_t sequence, std::vector<std::byte>& out) {
  append32(std::to_underlying(command), out);
  append32(sequence, out);
  append_zeros(12, out);
}

Decoded<UrbRequest> decode_submit(std::span<const std::byte> bytes, Submit submit) noexcept {
  submit.length = load<std::uint32_t>(bytes, 24);
  const auto packets = load<std::uint32_t>(bytes, 32);
  if (packets != 0 && packets != kNoPackets) return std::unexpected(WireError::kIsochronous);
  if (submit.length > kMaxTransfer) return std::unexpected(WireError::kTooLong);
  std::ranges::copy(bytes.subspan(40, submit.setup.size()), submit.setup.begin());
  return submit;
}

}  // namespace

std::string_view to_string(WireError e) noexcept {
  switch (e) {
    case WireError::kTooShort:
      return "message too short";
    case WireError::kWrongVersion:
      return "not USB/IP 1.1.1";
    case WireError::kUnknownCommand:
      return "unknown command";
    case WireError::kBadEndpoint:
      return "no such endpoint number";
    case WireError::kBadDirection:
      return "neither OUT nor IN";
    case WireError::kTooLong:
      return "transfer too long";
    case WireError::kIsochronous:
      return "isochronous transfer";
  }
  return "unknown";
}

Decoded<OpHeader> decode_op_header(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kOpHeaderSize) return std::unexpected(WireError::kTooShort);
  if (load<std::uint16_t>(bytes, 0) != kProtocolVersion) return std::unexpected(WireError::kWrongVersion);
  const OpHeader header{static_cast<OpCode>(load<std::uint16_t>(bytes, 2)),
                        static_cast<OpStatus>(load<std::uint32_t>(bytes, 4))};
  if (header.code != OpCode::kRequestImport && header.code != OpCode::kRequestDevlist) {
    return std::unexpected(WireError::kUnknownCommand);
  }
  return header;
}

void append_op_header(OpHeader header, std::vector<std::byte>& out) {
  append16(kProtocolVersion, out);
  append16(std::to_underlying(header.code), out);
  append32(std::to_underlying(header.status), out);
}

Decoded<std::string> decode_bus_id(std::span<const std::byte> bytes) {
  if (bytes.size() < kBusIdSize) return std::unexpected(WireError::kTooShort);
  const auto field = bytes.first(kBusIdSize);
  std::string id;
  for (const std::byte b : field) {
    if (b == std::byte{0}) break;
    id.push_back(static_cast<char>(b));
  }
  return id;
}

void append_import_reply(const DeviceRecord& device, std::vector<std::byte>& out) {
  append_op_header({OpCode::kReplyImport, OpStatus::kOk}, out);
  append_device(device, out);
}

void append_devlist_reply(std::span<const DeviceRecord> devices, std::vector<std::byte>& out) {
  append_op_header({OpCode::kReplyDevlist, OpStatus::kOk}, out);
  append32(static_cast<std::uint32_t>(devices.size()), out);
  for (const DeviceRecord& device : devices) {
    append_device(device, out);
    for (const InterfaceRecord& interface : device.interfaces) {
      append8(interface.device_class, out);
      append8(interface.subclass, out);
      append8(interface.protocol, out);
      append8(0, out);
    }
  }
}

Decoded<UrbRequest> decode_urb_request(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kUrbHeaderSize) return std::unexpected(WireError::kTooShort);
  const auto sequence = load<std::uint32_t>(bytes, 4);
  const auto device_id = load<std::uint32_t>(bytes, 8);
  switch (static_cast<Command>(load<std::uint32_t>(bytes, 0))) {
    case Command::kSubmit: {
      const auto direction = load<std::uint32_t>(bytes, 12);
      if (direction > std::to_underlying(Direction::kIn)) return std::unexpected(WireError::kBadDirection);
      const auto endpoint = load<std::uint32_t>(bytes, 16);
      if (endpoint > kHighestEndpoint) return std::unexpected(WireError::kBadEndpoint);
      return decode_submit(bytes, {.sequence = sequence,
                                   .device_id = device_id,
                                   .direction = static_cast<Direction>(direction),
                                   .endpoint = static_cast<std::uint8_t>(endpoint)});
    }
    case Command::kUnlink:
      return Unlink{.sequence = sequence, .device_id = device_id, .victim = load<std::uint32_t>(bytes, 20)};
    default:
      return std::unexpected(WireError::kUnknownCommand);
  }
}

void append_return_submit(const Submit& request, UrbStatus status, std::size_t actual, std::span<const std::byte> data,
                          std::vector<std::byte>& out) {
  append_return_head(Command::kReturnSubmit, request.sequence, out);
  append32(static_cast<std::uint32_t>(std::to_underlying(status)), out);
  append32(static_cast<std::uint32_t>(actual), out);
  append_zeros(20, out);  // start frame, packets, errors (isochronous only), padding
  out.insert(out.end(), data.begin(), data.end());
}

void append_return_unlink(const Unlink& request, UrbStatus status, std::vector<std::byte>& out) {
  append_return_head(Command::kReturnUnlink, request.sequence, out);
  append32(static_cast<std::uint32_t>(std::to_underlying(status)), out);
  append_zeros(24, out);
}

}  // namespace knead::hw::usbip
