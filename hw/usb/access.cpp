// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/access.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace knead::hw {
namespace {

constexpr const char* kAccessRemedy =
    "install the udev rule: `sudo cp udev/70-knead.rules /etc/udev/rules.d/ && sudo udevadm control --reload && "
    "sudo udevadm trigger`; without a desktop login also join the group: `sudo groupadd -f knead && "
    "sudo usermod -aG knead $USER`, then log in again";

}  // namespace

std::string port_path(libusb_device& device) {
  std::array<std::uint8_t, 7> ports{};  // USB 3.0 specification, section 8.9: never more than seven tiers
  const int count = libusb_get_port_numbers(&device, ports.data(), static_cast<int>(ports.size()));
  std::string path = fmt::format("{}", libusb_get_bus_number(&device));
  for (int i = 0; i < count; ++i)
    path += fmt::format("{}{}", i == 0 ? '-' : '.', ports.at(static_cast<std::size_t>(i)));
  return path;
}

std::string device_node(libusb_device& device) {
  return fmt::format("/dev/bus/usb/{:03}/{:03}", libusb_get_bus_number(&device), libusb_get_device_address(&device));
}

std::string read_serial(libusb_device& device) {
  const std::string path = fmt::format("/sys/bus/usb/devices/{}/serial", port_path(device));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  // A string descriptor holds at most 126 UTF-16 units, up to three bytes each in UTF-8, and sysfs adds a newline.
  std::array<char, 3 * 126 + 1> text{};
  const ssize_t size = ::read(fd, text.data(), text.size());
  ::close(fd);
  std::string serial(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!serial.empty() && serial.back() == '\n') serial.pop_back();
  return serial;
}

Result<> check_access(libusb_device& device) {
  // Not by opening it: that wakes a suspended device and may wait for it.
  if (::access(device_node(device).c_str(), R_OK | W_OK) == 0) return {};
  if (errno == EACCES || errno == EPERM) return std::unexpected(access_denied(device));
  return fail_errno(Errc::kNoBall, fmt::format("cannot reach {}", device_node(device)));
}

Error access_denied(libusb_device& device) {
  return Error{.code = Errc::kAccessDenied,
               .context = fmt::format("the ball at usb {} is there, but {} may not be opened by this user",
                                      port_path(device), device_node(device)),
               .remedy = kAccessRemedy};
}

}  // namespace knead::hw
