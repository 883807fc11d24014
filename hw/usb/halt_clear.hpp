// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "hw/usb/link_core.hpp"

namespace knead::hw {

/// Clears a halted (stalled) endpoint without making anybody wait. Event thread only.
///
/// libusb_clear_halt() is not used: it is a blocking ioctl of up to five seconds that holds the kernel's lock of the
/// device, so on the sampling thread it would blind the watch over every other ball, and on any other thread it would
/// still make an emergency stop to the same ball wait. Instead, CLEAR_FEATURE(ENDPOINT_HALT) goes out as an ordinary
/// asynchronous control transfer.
///
/// What that leaves out: usbfs resets the host's data toggle only in its own ioctl. The ball restarts at DATA0
/// (USB 2.0, section 9.4.5); a controller that counts toggles in software may go on with DATA1 and then one packet is
/// taken for a repeat and dropped, after which both agree again. (xHCI resets its own side when the endpoint stalls.)
/// On the IN endpoint that is one lost report, seen as a sequence gap and counted. On the OUT endpoint it would be one
/// lost motor command, so OutPipe sends the newest command twice after a stall.
class HaltClear {
 public:
  using Done = void (*)(void* owner, bool cleared) noexcept;
  /// @p done is called on the event thread after each successful begin().
  HaltClear(LinkCore& core, std::uint8_t endpoint, void* owner, Done done);

  /// @pre no transfer on the endpoint is in flight, and none of ours either.
  [[nodiscard]] bool begin() noexcept;
  void cancel() noexcept { libusb_cancel_transfer(transfer_.get()); }

 private:
  static void LIBUSB_CALL completed(libusb_transfer* transfer) noexcept;

  LinkCore& core_;
  void* owner_;
  Done done_;
  std::array<unsigned char, LIBUSB_CONTROL_SETUP_SIZE> setup_{};
  TransferPtr transfer_;
};

}  // namespace knead::hw
