// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hw/protocol/codec.hpp"
#include "hw/usb/halt_clear.hpp"
#include "hw/usb/link_core.hpp"

namespace knead::hw {

/// The interrupt-OUT endpoint: one motor command on its way, and at most one that waits, the newest. Event thread only.
/// Never allocates or locks once built.
class OutPipe {
 public:
  OutPipe(LinkCore& core, std::uint8_t endpoint);

  /// @return false when the link is dead. RT safe.
  bool send(const protocol::MotorCommand& command) noexcept;
  /// Sends what could not be submitted before. RT safe.
  void retry() noexcept;
  /// The last word on a link that is about to be given up though the ball may still hear: motor off. Without it the
  /// motor would run until its TTL.
  void say_off() noexcept;
  void cancel() noexcept;

 private:
  static void LIBUSB_CALL completed(libusb_transfer* transfer) noexcept;
  void on_completed() noexcept;
  void transmit() noexcept;
  void on_cleared(bool cleared) noexcept;
  /// @return false when that was one too many.
  bool count_failure() noexcept;

  LinkCore& core_;
  std::array<std::byte, protocol::kMotorCommandSize> newest_{};  ///< what the interlock wants
  std::array<std::byte, protocol::kMotorCommandSize> sent_{};    ///< the transfer's buffer
  TransferPtr transfer_;
  HaltClear halt_;
  bool busy_ = false;       ///< the transfer, or the clearing of a halt, is under way
  bool waiting_ = false;    ///< newest_ has yet to be sent
  bool last_word_ = false;  ///< newest_ goes out though the link is gone
  bool twice_ = false;      ///< send newest_ once more: see HaltClear
  int failures_ = 0;        ///< in a row
};

}  // namespace knead::hw
