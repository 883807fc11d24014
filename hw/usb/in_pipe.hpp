// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/usb/halt_clear.hpp"
#include "hw/usb/link_core.hpp"
#include "hw/usb/out_pipe.hpp"
#include "hw/usb/stop_pipe.hpp"

namespace knead::hw {

/// Transfers waiting on the interrupt-IN endpoint at any time. The host controller polls on its own as long as one is
/// queued, so at 1 kHz four give the sampling thread 3 ms to come back before a report has to wait in the ball; more
/// would only add work to a cancel.
constexpr std::size_t kTransfersInFlight = 4;

/// The interrupt-IN endpoint. Keeps kTransfersInFlight transfers with the host controller and hands what arrives to the
/// sink. Started by the main thread; the rest is the event thread's. Never allocates or locks once built.
///
///                 stall                          the last one came back       cleared
///   streaming ──────────▶ draining (cancel all) ────────────────────▶ clearing ──────▶ streaming
///       │ 16 failures in a row, or no device                              │ refused
///       └─────────────────────────────▶ gone ◀────────────────────────────┘
class InPipe {
 public:
  /// After each report @p out and @p stop may try again what they could not submit before: the reports are the clock
  /// of such retries, and without reports there is no motor to command.
  InPipe(LinkCore& core, OutPipe& out, StopPipe& stop, std::uint8_t endpoint, std::uint16_t packet_size);

  /// Main thread, once. libusb's code; 0 is success. On failure some transfers may be in flight.
  [[nodiscard]] int start() noexcept;
  void cancel() noexcept;

 private:
  static void LIBUSB_CALL completed(libusb_transfer* transfer) noexcept;
  void on_completed(libusb_transfer& transfer) noexcept;
  /// @return whether the transfer goes out again now.
  bool take(const libusb_transfer& transfer) noexcept;
  bool may_go_on_after_failure(HostTime when) noexcept;
  void park() noexcept;
  void on_cleared(bool cleared) noexcept;
  /// The link ends, though the ball may be there still (R4: it sends nothing that can be read, so its motor goes off).
  void give_up() noexcept;

  LinkCore& core_;
  OutPipe& out_;
  StopPipe& stop_;
  std::vector<std::byte> buffer_;  ///< one packet for each transfer
  std::array<TransferPtr, kTransfersInFlight> transfers_;
  HaltClear halt_;
  int failures_ = 0;        ///< since the last report
  bool draining_ = false;   ///< the endpoint is halted; no transfer goes out before it was cleared
  std::size_t parked_ = 0;  ///< transfers that came back while draining
};

}  // namespace knead::hw
