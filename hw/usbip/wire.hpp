// SPDX-License-Identifier: Apache-2.0
// USB/IP framing, protocol version 1.1.1, as Documentation/usb/usbip_protocol.rst of the Linux kernel has it: all
// integers big endian, first an operation (list or import), then USB requests (URBs) on the same connection.
//
//   client                                 server (a ball)
//   OP_REQ_IMPORT busid          ──▶
//                                ◀──       OP_REP_IMPORT device
//   CMD_SUBMIT seqnum, setup     ──▶
//                                ◀──       RET_SUBMIT seqnum, status, data
//   CMD_UNLINK seqnum of another ──▶
//                                ◀──       RET_UNLINK status
//
// Pure: bytes in, values out. Every length is checked before it is believed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace knead::hw::usbip {

constexpr std::uint16_t kProtocolVersion = 0x0111;
constexpr std::uint16_t kDefaultPort = 3240;  ///< registered with IANA for USB/IP

enum class WireError : std::uint8_t {
  kTooShort,        ///< fewer bytes than the message needs
  kWrongVersion,    ///< not 1.1.1
  kUnknownCommand,  ///< neither CMD_SUBMIT nor CMD_UNLINK, or not an operation of ours
  kBadEndpoint,     ///< no USB endpoint has a number above 15
  kBadDirection,    ///< neither OUT nor IN
  kTooLong,         ///< a transfer above kMaxTransfer
  kIsochronous,     ///< a ball has no isochronous endpoint
};
std::string_view to_string(WireError e) noexcept;

template <class T>
using Decoded = std::expected<T, WireError>;

// ---- Operations: before a device is attached ----------------------------------------------------------------------

enum class OpCode : std::uint16_t {
  kReplyImport = 0x0003,
  kReplyDevlist = 0x0005,
  kRequestImport = 0x8003,
  kRequestDevlist = 0x8005,
};
enum class OpStatus : std::uint32_t { kOk = 0, kNotAvailable = 1, kDeviceBusy = 2, kDeviceError = 3, kNoDevice = 4 };

constexpr std::size_t kOpHeaderSize = 8;
constexpr std::size_t kBusIdSize = 32;
constexpr std::size_t kPathSize = 256;
constexpr std::size_t kDeviceRecordSize = 312;
constexpr std::size_t kInterfaceRecordSize = 4;

struct OpHeader {
  OpCode code{};
  OpStatus status{};
  constexpr bool operator==(const OpHeader&) const = default;
};

struct InterfaceRecord {
  std::uint8_t device_class = 0;
  std::uint8_t subclass = 0;
  std::uint8_t protocol = 0;
};

/// Speeds as the kernel numbers them (enum usb_device_speed).
enum class Speed : std::uint32_t { kLow = 1, kFull = 2, kHigh = 3 };

struct DeviceRecord {
  std::string path;    ///< for people; cut to kPathSize - 1 bytes
  std::string bus_id;  ///< "1-1"; cut to kBusIdSize - 1 bytes
  std::uint32_t bus_number = 0;
  std::uint32_t device_number = 0;
  Speed speed = Speed::kFull;
  std::uint16_t vendor_id = 0;
  std::uint16_t product_id = 0;
  std::uint16_t device_release = 0;  ///< bcdDevice
  InterfaceRecord device_class{};    ///< class triple of the device descriptor
  std::uint8_t configuration = 0;    ///< bConfigurationValue; 0: not configured
  std::uint8_t configurations = 1;
  std::vector<InterfaceRecord> interfaces;

  /// How URBs name the device: bus number in the upper half, device number in the lower.
  [[nodiscard]] constexpr std::uint32_t device_id() const { return bus_number << 16U | device_number; }
};

Decoded<OpHeader> decode_op_header(std::span<const std::byte> bytes) noexcept;
void append_op_header(OpHeader header, std::vector<std::byte>& out);
/// Body of OP_REQ_IMPORT: the bus id up to its first NUL.
Decoded<std::string> decode_bus_id(std::span<const std::byte> bytes);
/// Whole OP_REP_IMPORT for a device that is handed out. A refusal is an op header alone.
void append_import_reply(const DeviceRecord& device, std::vector<std::byte>& out);
/// Whole OP_REP_DEVLIST.
void append_devlist_reply(std::span<const DeviceRecord> devices, std::vector<std::byte>& out);

// ---- URBs: after a device is attached -----------------------------------------------------------------------------

constexpr std::size_t kUrbHeaderSize = 48;
/// Longest transfer taken. A ball's longest control transfer is far below; more is an attack or a broken client.
constexpr std::uint32_t kMaxTransfer = 64 * 1024;

enum class Command : std::uint32_t { kSubmit = 1, kUnlink = 2, kReturnSubmit = 3, kReturnUnlink = 4 };
enum class Direction : std::uint32_t { kOut = 0, kIn = 1 };

/// Results of an URB: negated Linux error numbers, whatever the host is.
enum class UrbStatus : std::int32_t {
  kOk = 0,
  kStall = -32,      ///< -EPIPE
  kOverflow = -75,   ///< -EOVERFLOW: more data than the host left room for
  kUnlinked = -104,  ///< -ECONNRESET
  kShutdown = -108,  ///< -ESHUTDOWN: the device went away
};

using Setup = std::array<std::byte, 8>;

struct Submit {
  std::uint32_t sequence = 0;
  std::uint32_t device_id = 0;
  Direction direction = Direction::kOut;
  std::uint8_t endpoint = 0;  ///< number, without the direction bit
  std::uint32_t length = 0;   ///< OUT: bytes that follow; IN: room for the answer
  Setup setup{};              ///< endpoint 0 only

  /// Bytes after the header.
  [[nodiscard]] constexpr std::size_t payload_size() const { return direction == Direction::kOut ? length : 0; }
};

struct Unlink {
  std::uint32_t sequence = 0;
  std::uint32_t device_id = 0;
  std::uint32_t victim = 0;  ///< sequence number of the URB to take back
};

using UrbRequest = std::variant<Submit, Unlink>;

Decoded<UrbRequest> decode_urb_request(std::span<const std::byte> bytes) noexcept;
/// RET_SUBMIT. @p actual bytes were moved; @p data follows for IN (then its size is @p actual) and is empty for OUT.
void append_return_submit(const Submit& request, UrbStatus status, std::size_t actual, std::span<const std::byte> data,
                          std::vector<std::byte>& out);
/// RET_UNLINK: kUnlinked when the URB was taken back, kOk when it had been answered already.
void append_return_unlink(const Unlink& request, UrbStatus status, std::vector<std::byte>& out);

}  // namespace knead::hw::usbip
