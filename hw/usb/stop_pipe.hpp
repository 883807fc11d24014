// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "hw/usb/link_core.hpp"

namespace knead::hw {

/// The emergency stop: one STOP request over the control pipe at a time, asked for by any thread, never waited for.
///
///            request()                 request()
///   kIdle ─────────────▶ kInFlight ─────────────▶ kInFlightAgain
///     ▲ ▲   ok             │  ▲  ok or failed          │
///     │ └──────────────────┤  └────────────────────────┘
///     │                    │ not submitted,       retry(), request()
///     │ the ball is gone   │ or failed too often
///     └──────────────────  └──────▶ kWanted ─────────────────────▶ kInFlight
///
/// A stop asked for while one is on its way is sent after it: a CLEAR_STOP may lie between the two.
/// A STOP that failed is sent again at once, kAtOnce times; after that with each report, until the ball has taken it or
/// is gone.
class StopPipe {
 public:
  StopPipe(LinkCore& core, std::uint8_t interface);

  /// Any thread; never blocks, allocates nothing of ours.
  void request() noexcept;
  /// Sends what could not be submitted. Event thread. RT safe.
  void retry() noexcept;
  void cancel() noexcept { libusb_cancel_transfer(transfer_.get()); }

 private:
  enum class State : std::uint8_t { kIdle, kWanted, kInFlight, kInFlightAgain };
  static void LIBUSB_CALL completed(libusb_transfer* transfer) noexcept;
  /// @return whether the transfer was submitted again.
  bool on_completed() noexcept;
  void submit() noexcept;

  LinkCore& core_;
  std::atomic<State> state_ = State::kIdle;
  std::array<unsigned char, LIBUSB_CONTROL_SETUP_SIZE> setup_{};
  TransferPtr transfer_;
  int attempts_ = 0;  ///< failed in a row; event thread
};

}  // namespace knead::hw
