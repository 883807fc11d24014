// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/descriptors.hpp"

#include <fmt/core.h>

#include <span>

namespace knead::hw {
namespace {

/// Bits 0..10 of wMaxPacketSize; those above state extra packets of high-speed endpoints (USB 2.0, table 9-13).
constexpr std::uint16_t kPacketSizeMask = 0x07FF;

constexpr bool is_interrupt(const libusb_endpoint_descriptor& endpoint) {
  return (endpoint.bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) == LIBUSB_TRANSFER_TYPE_INTERRUPT;
}
constexpr bool is_in(const libusb_endpoint_descriptor& endpoint) {
  return (endpoint.bEndpointAddress & LIBUSB_ENDPOINT_DIR_MASK) == LIBUSB_ENDPOINT_IN;
}

const libusb_interface_descriptor* find_interface(const libusb_config_descriptor& configuration, std::uint8_t number) {
  for (const libusb_interface& interface : std::span(configuration.interface, configuration.bNumInterfaces)) {
    for (const libusb_interface_descriptor& setting :
         std::span(interface.altsetting, static_cast<std::size_t>(interface.num_altsetting))) {
      if (setting.bInterfaceNumber == number && setting.bAlternateSetting == 0) return &setting;
    }
  }
  return nullptr;
}

std::unexpected<Error> not_a_ball(std::string what) {
  return fail(Errc::kProtocol, "this device has a ball's ids but is not one: " + std::move(what),
              "check its firmware, or whether another device uses the same test ids");
}

}  // namespace

Result<BallEndpoints> find_endpoints(const libusb_config_descriptor& configuration, const BallModel& model) {
  const libusb_interface_descriptor* interface = find_interface(configuration, model.interface);
  if (interface == nullptr) return not_a_ball(fmt::format("it has no interface {}", model.interface));
  if (interface->bInterfaceClass != LIBUSB_CLASS_VENDOR_SPEC) {
    return not_a_ball(fmt::format("interface {} is of class 0x{:02x}, not vendor-specific", model.interface,
                                  interface->bInterfaceClass));
  }
  if (interface->bInterfaceProtocol != protocol::kVersionMajor) {
    return fail(Errc::kProtocol,
                fmt::format("the ball speaks version {} of the protocol, this program version {}",
                            interface->bInterfaceProtocol, protocol::kVersionMajor),
                interface->bInterfaceProtocol > protocol::kVersionMajor ? "install a newer Knead"
                                                                        : "update the ball's firmware");
  }
  BallEndpoints found{.interface = model.interface};
  for (const libusb_endpoint_descriptor& endpoint : std::span(interface->endpoint, interface->bNumEndpoints)) {
    const std::uint16_t size = endpoint.wMaxPacketSize & kPacketSizeMask;
    if (!is_interrupt(endpoint)) continue;
    if (is_in(endpoint) && found.in == 0 && size >= protocol::kPacketSize) {
      found.in = endpoint.bEndpointAddress;
      found.in_size = size;
    }
    if (!is_in(endpoint) && found.out == 0 && size >= protocol::kMotorCommandSize) {
      found.out = endpoint.bEndpointAddress;
    }
  }
  if (found.in == 0) return not_a_ball(fmt::format("no interrupt-IN endpoint of {} bytes", protocol::kPacketSize));
  if (found.out == 0) {
    return not_a_ball(fmt::format("no interrupt-OUT endpoint of at least {} bytes", protocol::kMotorCommandSize));
  }
  return found;
}

}  // namespace knead::hw
