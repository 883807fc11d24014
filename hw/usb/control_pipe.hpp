// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <semaphore>
#include <span>

#include "hw/usb/event_thread.hpp"
#include "hw/usb/link_core.hpp"

namespace knead::hw {

/// Vendor control requests, one at a time, for the main thread, which waits. libusb's synchronous calls are not used:
/// they would make the main thread handle events, and so run the callbacks of every link, whenever it gets there first.
class ControlPipe {
 public:
  ControlPipe(LinkCore& core, EventThread& events, std::uint8_t interface);

  /// Host to ball. Errors as Link::control_out().
  Result<> out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
               std::chrono::milliseconds timeout);
  /// Ball to host: bytes received. Errors as Link::control_in().
  Result<std::size_t> in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                         std::chrono::milliseconds timeout);
  void cancel() noexcept { libusb_cancel_transfer(transfer_.get()); }

 private:
  /// The longest payload of hw/PROTOCOL.md is 32 bytes; a full packet leaves room for what later versions append.
  static constexpr std::size_t kMaxData = protocol::kPacketSize;

  static void LIBUSB_CALL completed(libusb_transfer* transfer) noexcept;
  Result<> ready(std::size_t size, protocol::Request request);
  Result<std::size_t> run(std::uint8_t direction, protocol::Request request, std::uint16_t value, std::size_t size,
                          std::chrono::milliseconds timeout);
  bool wait(std::chrono::milliseconds timeout) noexcept;

  LinkCore& core_;
  EventThread& events_;
  std::uint8_t interface_;
  std::array<unsigned char, LIBUSB_CONTROL_SETUP_SIZE + kMaxData> buffer_{};
  TransferPtr transfer_;
  bool outstanding_ = false;       ///< submitted and not seen to complete; main thread
  std::binary_semaphore done_{0};  ///< the callback's answer: a semaphore, because the event thread takes no lock
};

}  // namespace knead::hw
