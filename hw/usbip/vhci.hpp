// SPDX-License-Identifier: Apache-2.0
// Self-attachment: the kernel's virtual host controller takes any connected stream socket, so a ball can plug itself
// in without TCP and without the usbip tool.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "daemon/core/error.hpp"
#include "hw/usbip/wire.hpp"

namespace knead::hw::usbip {

/// A file descriptor that closes itself.
class UniqueFd {
 public:
  explicit UniqueFd(int fd = -1) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd();
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept;

 private:
  int fd_;
};

/// The vhci_hcd driver's control files. Main thread; blocks for as long as a sysfs write does.
class Vhci {
 public:
  explicit Vhci(std::filesystem::path directory = "/sys/devices/platform/vhci_hcd.0")
      : directory_(std::move(directory)) {}

  /// Plugs a device into a free port. @return our end of the connection, on which the kernel speaks URBs at once.
  /// Errors: kNotFound (vhci_hcd is not loaded), kAccessDenied, kBusy (no port free).
  [[nodiscard]] Result<UniqueFd> attach(std::uint32_t device_id, Speed speed) const;

  /// First free port for a device of USB 2 speed, at or after @p from, in the text of the driver's status file.
  [[nodiscard]] static std::optional<unsigned> free_port(std::string_view status, unsigned from = 0);

 private:
  std::filesystem::path directory_;
};

}  // namespace knead::hw::usbip
