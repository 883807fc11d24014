// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/in_pipe.hpp"

#include <span>

namespace knead::hw {

InPipe::InPipe(LinkCore& core, OutPipe& out, StopPipe& stop, std::uint8_t endpoint, std::uint16_t packet_size)
    : core_(core),
      out_(out),
      stop_(stop),
      buffer_(kTransfersInFlight * packet_size),
      halt_(core, endpoint, this,
            [](void* self, bool cleared) noexcept { static_cast<InPipe*>(self)->on_cleared(cleared); }) {
  for (std::size_t i = 0; i < kTransfersInFlight; ++i) {
    transfers_.at(i) = make_transfer();
    auto* packet = reinterpret_cast<unsigned char*>(&buffer_.at(i * packet_size));
    // Timeout 0, never: silence is the sampler's to judge, and a timer for each packet would cost two system calls.
    libusb_fill_interrupt_transfer(transfers_.at(i).get(), &core.handle(), endpoint, packet, packet_size, completed,
                                   this, 0);
  }
}

int InPipe::start() noexcept {
  for (const TransferPtr& transfer : transfers_) {
    if (const int code = core_.submit(*transfer); code != LIBUSB_SUCCESS) return code;
  }
  return LIBUSB_SUCCESS;
}

void InPipe::cancel() noexcept {
  for (const TransferPtr& transfer : transfers_) libusb_cancel_transfer(transfer.get());
  halt_.cancel();
}

void LIBUSB_CALL InPipe::completed(libusb_transfer* transfer) noexcept {
  static_cast<InPipe*>(transfer->user_data)->on_completed(*transfer);
}

void InPipe::on_completed(libusb_transfer& transfer) noexcept {
  if (take(transfer) && core_.is_alive()) {
    const int code = LinkCore::submit_again(transfer);
    if (code == LIBUSB_SUCCESS) return;
    // Out of kernel memory for one packet, or unplugged this very moment. One transfer fewer would stream on, but a
    // link that thins out in silence is worse than one that ends: the daemon opens it again.
    give_up();
  }
  core_.retire();
}

bool InPipe::take(const libusb_transfer& transfer) noexcept {
  const HostTime now = HostClock::now();  // first, for the clock sync: whatever follows would be counted as bus delay
  switch (transfer.status) {
    case LIBUSB_TRANSFER_COMPLETED:
      failures_ = 0;
      core_.deliver(std::as_bytes(std::span(transfer.buffer, static_cast<std::size_t>(transfer.actual_length))), now);
      out_.retry();
      stop_.retry();
      if (draining_) park();
      return !draining_;
    case LIBUSB_TRANSFER_STALL:
      if (!draining_ && may_go_on_after_failure(now)) {
        draining_ = true;
        // The kernel wants no transfer queued on an endpoint whose halt is cleared.
        for (const TransferPtr& other : transfers_) libusb_cancel_transfer(other.get());
      }
      if (draining_) park();
      return false;
    case LIBUSB_TRANSFER_NO_DEVICE:
      core_.declare_gone();
      return false;
    case LIBUSB_TRANSFER_CANCELLED:
      if (draining_) park();
      return false;
    case LIBUSB_TRANSFER_ERROR:
    case LIBUSB_TRANSFER_OVERFLOW:
    case LIBUSB_TRANSFER_TIMED_OUT:
      if (draining_) {
        park();
        return false;
      }
      return may_go_on_after_failure(now);
  }
  return false;
}

bool InPipe::may_go_on_after_failure(HostTime when) noexcept {
  if (++failures_ > kMaxFailures) {
    give_up();
    return false;
  }
  core_.deliver_error(when);
  return true;
}

void InPipe::park() noexcept {
  if (++parked_ < kTransfersInFlight || !core_.is_alive()) return;
  if (!halt_.begin()) give_up();
}

void InPipe::on_cleared(bool cleared) noexcept {
  if (!core_.is_alive()) return;
  if (!cleared) {
    give_up();
    return;
  }
  draining_ = false;
  parked_ = 0;
  if (start() != LIBUSB_SUCCESS) give_up();
}

void InPipe::give_up() noexcept {
  out_.say_off();
  core_.declare_gone();
}

}  // namespace knead::hw
