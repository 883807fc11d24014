// SPDX-License-Identifier: Apache-2.0
// RAII over libusb's context, devices and device lists, and its error codes in our words.
#pragma once

#include <libusb.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::hw {

struct ExitContext {
  void operator()(libusb_context* context) const noexcept { libusb_exit(context); }
};
using ContextPtr = std::unique_ptr<libusb_context, ExitContext>;

struct UnrefDevice {
  void operator()(libusb_device* device) const noexcept { libusb_unref_device(device); }
};
/// Holds one reference: the pointer identifies the device as long as it is held, even after it was unplugged.
using DevicePtr = std::unique_ptr<libusb_device, UnrefDevice>;

struct CloseHandle {
  void operator()(libusb_device_handle* handle) const noexcept { libusb_close(handle); }
};
using HandlePtr = std::unique_ptr<libusb_device_handle, CloseHandle>;

/// A context of our own whose messages go to spdlog at debug level, never to stderr.
Result<ContextPtr> make_context();

/// Every USB device present, whatever it is.
Result<std::vector<DevicePtr>> list_devices(libusb_context& context);

inline DevicePtr add_reference(libusb_device* device) { return DevicePtr(libusb_ref_device(device)); }

/// "what: libusb's text", with the Errc that says the same as @p libusb_code.
Error usb_error(int libusb_code, std::string_view what);

}  // namespace knead::hw
