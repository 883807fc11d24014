// SPDX-License-Identifier: Apache-2.0
// Golden bytes, after the tables of the kernel's Documentation/usb/usbip_protocol.rst.
#include "hw/usbip/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace knead::hw::usbip {
namespace {

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> out;
  for (const unsigned v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

void append(std::vector<std::byte>& to, const std::vector<std::byte>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// CMD_SUBMIT of GET_DESCRIPTOR device, as Linux sends it.
std::vector<std::byte> golden_submit() {
  return bytes({0,    0, 0, 1, 0, 0, 0,  7,  0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0,  // submit, seq 7, 1-2, IN, ep 0
                0,    0, 2, 0, 0, 0, 0,  18,                                      // flags, length
                0,    0, 0, 0, 0, 0, 0,  0,  0, 0, 0, 0,                          // start frame, packets, interval
                0x80, 6, 0, 1, 0, 0, 18, 0});                                     // setup
}

/// CMD_UNLINK of URB 7.
std::vector<std::byte> golden_unlink() {
  return bytes({0, 0, 0, 2, 0, 0, 0, 9, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0,  // unlink, seq 9, device 1-2
                0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                    // the victim, then padding
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

DeviceRecord a_ball() {
  DeviceRecord device;
  device.path = "/knead/1-2";
  device.bus_id = "1-2";
  device.bus_number = 1;
  device.device_number = 2;
  device.vendor_id = 0x1209;
  device.product_id = 0x0001;
  device.device_release = 0x0100;
  device.interfaces = {{0xFF, 0x4B, 0x01}};
  return device;
}

std::vector<std::byte> golden_device_record() {
  std::vector<std::byte> golden;
  for (const char c : std::string_view("/knead/1-2")) golden.push_back(static_cast<std::byte>(c));
  golden.resize(256);
  append(golden, bytes({'1', '-', '2'}));
  golden.resize(256 + 32);
  append(golden, bytes({0,    0,    0,    1,    0,    0,    0, 2, 0, 0, 0, 2,  // bus, device, full speed
                        0x12, 0x09, 0x00, 0x01, 0x01, 0x00,                    // vendor, product, release
                        0,    0,    0,    0,    1,    1}));  // class triple, configuration, configurations, interfaces
  return golden;
}

TEST(UsbipWire, ReadsASubmitAsLinuxSendsIt) {
  const auto request = decode_urb_request(golden_submit());
  ASSERT_TRUE(request.has_value());
  const auto& submit = std::get<Submit>(*request);
  EXPECT_EQ(submit.sequence, 7U);
  EXPECT_EQ(submit.device_id, 0x00010002U);
  EXPECT_EQ(submit.direction, Direction::kIn);
  EXPECT_EQ(submit.endpoint, 0);
  EXPECT_EQ(submit.length, 18U);
  EXPECT_EQ(submit.payload_size(), 0U);
  EXPECT_THAT(submit.setup, testing::ElementsAreArray(bytes({0x80, 6, 0, 1, 0, 0, 18, 0})));
}

TEST(UsbipWire, AnOutSubmitIsFollowedByItsPayload) {
  auto message = golden_submit();
  message[15] = std::byte{0};  // direction OUT
  const auto request = decode_urb_request(message);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(std::get<Submit>(*request).payload_size(), 18U);
}

TEST(UsbipWire, ReadsAnUnlink) {
  const auto request = decode_urb_request(golden_unlink());
  ASSERT_TRUE(request.has_value());
  const auto& unlink = std::get<Unlink>(*request);
  EXPECT_EQ(unlink.sequence, 9U);
  EXPECT_EQ(unlink.device_id, 0x00010002U);
  EXPECT_EQ(unlink.victim, 7U);
}

TEST(UsbipWire, WritesAReturnedSubmitWithItsData) {
  std::vector<std::byte> out;
  append_return_submit({.sequence = 7, .device_id = 0x10002, .direction = Direction::kIn, .length = 18}, UrbStatus::kOk,
                       2, bytes({0xAB, 0xCD}), out);
  auto golden = bytes({0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // return submit, seq 7
                       0, 0, 0, 0, 0, 0, 0, 2});                                    // status, actual length
  golden.resize(48);
  append(golden, bytes({0xAB, 0xCD}));
  EXPECT_EQ(out, golden);
}

TEST(UsbipWire, AStallIsBrokenPipeInTwosComplement) {
  std::vector<std::byte> out;
  append_return_submit({.sequence = 8}, UrbStatus::kStall, 0, {}, out);
  ASSERT_EQ(out.size(), kUrbHeaderSize);
  EXPECT_THAT(std::vector(out.begin() + 20, out.begin() + 24),
              testing::ElementsAreArray(bytes({0xFF, 0xFF, 0xFF, 0xE0})));
}

TEST(UsbipWire, WritesAReturnedUnlink) {
  std::vector<std::byte> out;
  append_return_unlink({.sequence = 9, .victim = 7}, UrbStatus::kUnlinked, out);
  auto golden = bytes({0,    0,    0,    4,   0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // return unlink, seq 9
                       0xFF, 0xFF, 0xFF, 0x98});                                               // -ECONNRESET
  golden.resize(48);
  EXPECT_EQ(out, golden);
}

TEST(UsbipWire, WritesAListOfDevices) {
  std::vector<std::byte> out;
  const DeviceRecord device = a_ball();
  append_devlist_reply(std::span(&device, 1), out);
  auto golden = bytes({0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0, 0, 0, 0, 1});
  append(golden, golden_device_record());
  append(golden, bytes({0xFF, 0x4B, 0x01, 0}));
  EXPECT_EQ(out, golden);
}

TEST(UsbipWire, WritesAnImportedDeviceWithoutItsInterfaces) {
  std::vector<std::byte> out;
  append_import_reply(a_ball(), out);
  auto golden = bytes({0x01, 0x11, 0x00, 0x03, 0, 0, 0, 0});
  append(golden, golden_device_record());
  EXPECT_EQ(out, golden);
  EXPECT_EQ(out.size(), kOpHeaderSize + kDeviceRecordSize);
}

TEST(UsbipWire, LongNamesAreCutAndStillEndWithANul) {
  DeviceRecord device = a_ball();
  device.path = std::string(1000, 'p');
  device.bus_id = std::string(1000, 'b');
  std::vector<std::byte> out;
  append_import_reply(device, out);
  ASSERT_EQ(out.size(), kOpHeaderSize + kDeviceRecordSize);
  EXPECT_EQ(out[kOpHeaderSize + kPathSize - 1], std::byte{0});
  EXPECT_EQ(out[kOpHeaderSize + kPathSize + kBusIdSize - 1], std::byte{0});
}

TEST(UsbipWire, ReadsTheOperationsOfAClient) {
  const auto list = decode_op_header(bytes({0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0}));
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->code, OpCode::kRequestDevlist);
  const auto import = decode_op_header(bytes({0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0}));
  ASSERT_TRUE(import.has_value());
  EXPECT_EQ(import->code, OpCode::kRequestImport);
}

TEST(UsbipWire, ABusIdWithoutNulFillsItsField) {
  EXPECT_EQ(decode_bus_id(std::vector(32, std::byte{'x'})), std::string(32, 'x'));
  EXPECT_EQ(decode_bus_id(std::vector(31, std::byte{'x'})), std::unexpected(WireError::kTooShort));
}

struct Refusal {
  std::string_view why;
  std::size_t at;
  unsigned value;
  WireError error;
};
void PrintTo(const Refusal& r, std::ostream* os) { *os << r.why; }

class UsbipWireRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(UsbipWireRefusal, OfASubmitWithOneWrongByte) {
  auto message = golden_submit();
  message[GetParam().at] = static_cast<std::byte>(GetParam().value);
  const auto request = decode_urb_request(message);
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(Each, UsbipWireRefusal,
                         testing::Values(Refusal{"command 3 is ours", 3, 3, WireError::kUnknownCommand},
                                         Refusal{"command 0", 3, 0, WireError::kUnknownCommand},
                                         Refusal{"direction 2", 15, 2, WireError::kBadDirection},
                                         Refusal{"endpoint 16", 19, 16, WireError::kBadEndpoint},
                                         Refusal{"a transfer of 16 MB", 24, 1, WireError::kTooLong},
                                         Refusal{"one isochronous packet", 35, 1, WireError::kIsochronous}));

TEST(UsbipWire, NoCutOfAMessageIsReadBeyondItsEnd) {
  for (const auto& whole : {golden_submit(), golden_unlink()}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(decode_urb_request(cut).has_value()) << size;
    }
  }
}

TEST(UsbipWire, AnotherVersionIsRefused) {
  EXPECT_EQ(decode_op_header(bytes({0x01, 0x10, 0x80, 0x05, 0, 0, 0, 0})), std::unexpected(WireError::kWrongVersion));
}

}  // namespace
}  // namespace knead::hw::usbip
