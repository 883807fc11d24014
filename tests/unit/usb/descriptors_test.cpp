// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/descriptors.hpp"

#include <gtest/gtest.h>

#include <array>

namespace knead::hw {
namespace {

libusb_endpoint_descriptor interrupt_endpoint(std::uint8_t address) {
  libusb_endpoint_descriptor endpoint{};
  endpoint.bEndpointAddress = address;
  endpoint.bmAttributes = LIBUSB_TRANSFER_TYPE_INTERRUPT;
  endpoint.wMaxPacketSize = 64;
  return endpoint;
}

/// A ball's descriptors as libusb parsed them, to be spoilt one field at a time.
struct Descriptors {
  std::array<libusb_endpoint_descriptor, 2> endpoints{};
  libusb_interface_descriptor setting{};
  libusb_interface interface{};
  libusb_config_descriptor configuration{};

  Descriptors() {
    endpoints[0] = interrupt_endpoint(0x81);
    endpoints[1] = interrupt_endpoint(0x01);
    setting.bInterfaceClass = LIBUSB_CLASS_VENDOR_SPEC;
    setting.bInterfaceProtocol = protocol::kVersionMajor;
    setting.bNumEndpoints = 2;
    setting.endpoint = endpoints.data();
    interface = {.altsetting = &setting, .num_altsetting = 1};
    configuration.bNumInterfaces = 1;
    configuration.interface = &interface;
  }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;

  [[nodiscard]] Result<BallEndpoints> find() const { return find_endpoints(configuration, BallModel{}); }
};

TEST(BallDescriptors, OfABallNameItsEndpoints) {
  const Descriptors ball;
  const auto found = ball.find();
  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_EQ(found->in, 0x81);
  EXPECT_EQ(found->out, 0x01);
  EXPECT_EQ(found->in_size, 64);
}

TEST(BallDescriptors, AreFollowedWhereADeviceControllerRenumberedTheEndpoints) {
  Descriptors ball;
  ball.endpoints[0].bEndpointAddress = 0x02;
  ball.endpoints[1].bEndpointAddress = 0x85;
  const auto found = ball.find();
  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_EQ(found->in, 0x85);
  EXPECT_EQ(found->out, 0x02);
}

TEST(BallDescriptors, OfAnotherMajorVersionAreRefusedWithWhatToUpdate) {
  Descriptors ball;
  ball.setting.bInterfaceProtocol = protocol::kVersionMajor + 1;
  const auto found = ball.find();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Errc::kProtocol);
  EXPECT_NE(found.error().remedy.find("newer Knead"), std::string::npos);
}

TEST(BallDescriptors, OfAnotherDeviceWithTheSameTestIdsAreRefused) {
  Descriptors keyboard;
  keyboard.setting.bInterfaceClass = LIBUSB_CLASS_HID;
  EXPECT_EQ(keyboard.find().error().code, Errc::kProtocol);

  Descriptors without_out;
  without_out.setting.bNumEndpoints = 1;
  EXPECT_EQ(without_out.find().error().code, Errc::kProtocol);

  Descriptors bulk;
  bulk.endpoints[0].bmAttributes = LIBUSB_TRANSFER_TYPE_BULK;
  EXPECT_EQ(bulk.find().error().code, Errc::kProtocol);

  Descriptors small;
  small.endpoints[0].wMaxPacketSize = 8;
  EXPECT_EQ(small.find().error().code, Errc::kProtocol);

  Descriptors empty;
  empty.configuration.bNumInterfaces = 0;
  EXPECT_EQ(empty.find().error().code, Errc::kProtocol);
}

}  // namespace
}  // namespace knead::hw
