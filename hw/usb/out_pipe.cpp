// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/out_pipe.hpp"

#include <utility>

namespace knead::hw {
namespace {
/// A command the ball has not taken by then is stale: it is withdrawn and the newest goes out instead. The interlock
/// refreshes at a third of a TTL of at most 500 ms, so this is shorter than the time between two of them.
constexpr unsigned int kCommandTimeoutMs = 100;
}  // namespace

OutPipe::OutPipe(LinkCore& core, std::uint8_t endpoint)
    : core_(core), transfer_(make_transfer()), halt_(core, endpoint, this, [](void* self, bool cleared) noexcept {
        static_cast<OutPipe*>(self)->on_cleared(cleared);
      }) {
  libusb_fill_interrupt_transfer(transfer_.get(), &core.handle(), endpoint,
                                 reinterpret_cast<unsigned char*>(sent_.data()), static_cast<int>(sent_.size()),
                                 completed, this, kCommandTimeoutMs);
}

bool OutPipe::send(const protocol::MotorCommand& command) noexcept {
  if (!core_.is_alive()) return false;
  protocol::encode_motor_command(command, newest_);
  waiting_ = true;
  if (!busy_) transmit();
  return core_.is_alive();
}

void OutPipe::retry() noexcept {
  if (waiting_ && !busy_ && core_.is_alive()) transmit();
}

void OutPipe::say_off() noexcept {
  last_word_ = busy_;
  static_cast<void>(send({}));
}

void OutPipe::cancel() noexcept {
  libusb_cancel_transfer(transfer_.get());
  halt_.cancel();
}

void OutPipe::transmit() noexcept {
  sent_ = newest_;
  const int code = core_.submit(*transfer_);
  if (code == LIBUSB_SUCCESS) {
    busy_ = true;
    waiting_ = false;
  } else if (code == LIBUSB_ERROR_NO_DEVICE) {
    core_.declare_gone();
  } else {
    count_failure();  // the command keeps waiting; retry() comes with the next report
  }
}

void LIBUSB_CALL OutPipe::completed(libusb_transfer* transfer) noexcept {
  auto& self = *static_cast<OutPipe*>(transfer->user_data);
  self.busy_ = false;
  self.on_completed();
  self.core_.retire();
}

void OutPipe::on_completed() noexcept {
  if (!core_.is_alive()) {
    if (std::exchange(last_word_, false)) transmit();
    return;
  }
  switch (transfer_->status) {
    case LIBUSB_TRANSFER_COMPLETED:
      failures_ = 0;
      if (twice_) waiting_ = true;
      twice_ = false;
      break;
    case LIBUSB_TRANSFER_NO_DEVICE:
      core_.declare_gone();
      return;
    case LIBUSB_TRANSFER_STALL:
      if (!count_failure()) return;
      core_.deliver_error(HostClock::now());
      waiting_ = true;
      busy_ = halt_.begin();
      if (!busy_) core_.declare_gone();
      return;
    case LIBUSB_TRANSFER_ERROR:
    case LIBUSB_TRANSFER_OVERFLOW:
    case LIBUSB_TRANSFER_TIMED_OUT:
    case LIBUSB_TRANSFER_CANCELLED:
      if (!count_failure()) return;
      core_.deliver_error(HostClock::now());
      waiting_ = true;
      break;
  }
  if (waiting_) transmit();
}

void OutPipe::on_cleared(bool cleared) noexcept {
  busy_ = false;
  if (!core_.is_alive()) return;
  if (!cleared) {
    core_.declare_gone();
    return;
  }
  twice_ = true;
  transmit();
}

bool OutPipe::count_failure() noexcept {
  if (++failures_ <= kMaxFailures) return true;
  core_.declare_gone();
  return false;
}

}  // namespace knead::hw
