// SPDX-License-Identifier: Apache-2.0
// What can be learnt about a USB device without opening it. Files only, no USB traffic: a ball that is slow to answer
// must not hold up the thread that watches the others.
#pragma once

#include <libusb.h>

#include <string>

#include "daemon/core/error.hpp"

namespace knead::hw {

/// "1-2.3": bus and chain of ports, the name sysfs gives the device and the one printed beside the socket by `lsusb
/// -t`.
std::string port_path(libusb_device& device);

/// "/dev/bus/usb/001/004".
std::string device_node(libusb_device& device);

/// The serial number as the kernel read it when the ball was plugged in; empty when there is none.
std::string read_serial(libusb_device& device);

/// kAccessDenied with the remedy when this process may not open the device.
Result<> check_access(libusb_device& device);

/// The error check_access() and open() give, with the udev remedy.
Error access_denied(libusb_device& device);

}  // namespace knead::hw
