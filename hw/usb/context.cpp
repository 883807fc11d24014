// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/context.hpp"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <cerrno>

namespace knead::hw {
namespace {

void LIBUSB_CALL log_message(libusb_context* /*context*/, libusb_log_level /*level*/, const char* text) {
  const int os_error = errno;  // libusb looks at it after logging, to tell "access denied" from other errors
  std::string_view line(text);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  spdlog::debug("libusb: {}", line);
  errno = os_error;
}

Errc meaning(int libusb_code) noexcept {
  switch (libusb_code) {
    case LIBUSB_ERROR_ACCESS:
      return Errc::kAccessDenied;
    case LIBUSB_ERROR_BUSY:
      return Errc::kBusy;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
      return Errc::kNoBall;
    case LIBUSB_ERROR_TIMEOUT:
      return Errc::kTimeout;
    case LIBUSB_ERROR_PIPE:
      return Errc::kRefused;
    case LIBUSB_ERROR_OVERFLOW:
      return Errc::kProtocol;
    case LIBUSB_ERROR_IO:
      return Errc::kDisconnected;
    default:
      return Errc::kInternal;
  }
}

}  // namespace

Result<ContextPtr> make_context() {
  // Global as well: libusb also logs where it knows no context, and then to stderr if it is let.
  libusb_set_log_cb(nullptr, log_message, LIBUSB_LOG_CB_GLOBAL);
  libusb_context* raw = nullptr;
  if (const int code = libusb_init(&raw); code != LIBUSB_SUCCESS) {
    Error error = usb_error(code, "cannot use USB on this computer");
    error.remedy = "check that /sys and /dev/bus/usb are there (a container needs them passed in)";
    return std::unexpected(std::move(error));
  }
  ContextPtr context(raw);
  libusb_set_log_cb(raw, log_message, LIBUSB_LOG_CB_CONTEXT);
  // Warnings and worse: they are rare, so that nothing is formatted on the sampling thread while all is well.
  libusb_set_option(raw, LIBUSB_OPTION_LOG_LEVEL, LIBUSB_LOG_LEVEL_WARNING);
  return context;
}

Result<std::vector<DevicePtr>> list_devices(libusb_context& context) {
  libusb_device** list = nullptr;
  const ssize_t count = libusb_get_device_list(&context, &list);
  if (count < 0) return std::unexpected(usb_error(static_cast<int>(count), "cannot list the USB devices"));
  std::vector<DevicePtr> devices;
  devices.reserve(static_cast<std::size_t>(count));
  for (ssize_t i = 0; i < count; ++i) devices.emplace_back(list[i]);  // takes over the reference of the list
  libusb_free_device_list(list, 0);
  return devices;
}

Error usb_error(int libusb_code, std::string_view what) {
  return Error{.code = meaning(libusb_code), .context = fmt::format("{}: {}", what, libusb_strerror(libusb_code))};
}

}  // namespace knead::hw
