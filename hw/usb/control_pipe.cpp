// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/control_pipe.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "hw/usb/context.hpp"

namespace knead::hw {
namespace {

using std::chrono::milliseconds;

/// A cancelled transfer comes back within a frame or two; more only when the event thread is held up.
constexpr milliseconds kCancelGrace{200};

std::string name(protocol::Request request) { return fmt::format("request 0x{:02x}", static_cast<unsigned>(request)); }

}  // namespace

ControlPipe::ControlPipe(LinkCore& core, EventThread& events, std::uint8_t interface)
    : core_(core), events_(events), interface_(interface), transfer_(make_transfer()) {}

Result<> ControlPipe::out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                          milliseconds timeout) {
  if (auto can = ready(data.size(), request); !can) return can;
  std::ranges::copy(std::as_bytes(data),
                    std::as_writable_bytes(std::span(buffer_)).begin() + LIBUSB_CONTROL_SETUP_SIZE);
  const auto sent = run(LIBUSB_ENDPOINT_OUT, request, value, data.size(), timeout);
  if (!sent) return std::unexpected(sent.error());
  return {};
}

Result<std::size_t> ControlPipe::in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                    milliseconds timeout) {
  if (auto can = ready(data.size(), request); !can) return std::unexpected(can.error());
  auto received = run(LIBUSB_ENDPOINT_IN, request, value, data.size(), timeout);
  if (received) {
    std::ranges::copy(std::as_bytes(std::span(buffer_)).subspan(LIBUSB_CONTROL_SETUP_SIZE, *received), data.begin());
  }
  return received;
}

Result<> ControlPipe::ready(std::size_t size, protocol::Request request) {
  if (size > kMaxData) {
    return fail(Errc::kInternal, fmt::format("{} carries {} bytes, more than {}", name(request), size, kMaxData));
  }
  if (!core_.is_alive()) return fail(Errc::kDisconnected, "the ball is gone");
  if (outstanding_) outstanding_ = !done_.try_acquire();
  if (outstanding_) return fail(Errc::kTimeout, "an earlier control request to the ball has not come back yet");
  return {};
}

Result<std::size_t> ControlPipe::run(std::uint8_t direction, protocol::Request request, std::uint16_t value,
                                     std::size_t size, milliseconds timeout) {
  const auto type = static_cast<std::uint8_t>(direction | +LIBUSB_REQUEST_TYPE_VENDOR | +LIBUSB_RECIPIENT_INTERFACE);
  libusb_fill_control_setup(buffer_.data(), type, static_cast<std::uint8_t>(request), value, interface_,
                            static_cast<std::uint16_t>(size));
  libusb_fill_control_transfer(transfer_.get(), &core_.handle(), buffer_.data(), completed, this, 0);
  if (const int code = core_.submit(*transfer_); code != LIBUSB_SUCCESS) {
    if (code == LIBUSB_ERROR_NO_DEVICE) return fail(Errc::kDisconnected, "the ball is gone");
    return std::unexpected(usb_error(code, fmt::format("cannot send {}", name(request))));
  }
  outstanding_ = true;
  if (!wait(timeout)) {
    libusb_cancel_transfer(transfer_.get());
    if (!wait(kCancelGrace)) return fail(Errc::kTimeout, fmt::format("the ball does not answer {}", name(request)));
  }
  switch (transfer_->status) {
    case LIBUSB_TRANSFER_COMPLETED:
      return static_cast<std::size_t>(transfer_->actual_length);
    case LIBUSB_TRANSFER_STALL:
      return fail(Errc::kRefused, fmt::format("the ball refuses {}", name(request)));
    case LIBUSB_TRANSFER_NO_DEVICE:
      return fail(Errc::kDisconnected, "the ball is gone");
    case LIBUSB_TRANSFER_TIMED_OUT:
    case LIBUSB_TRANSFER_CANCELLED:
      return fail(Errc::kTimeout, fmt::format("the ball does not answer {}", name(request)));
    case LIBUSB_TRANSFER_OVERFLOW:
      return fail(Errc::kProtocol, fmt::format("the ball answers {} with more than was asked for", name(request)));
    case LIBUSB_TRANSFER_ERROR:
      break;
  }
  return fail(Errc::kDisconnected, fmt::format("{} was lost on its way to the ball", name(request)));
}

bool ControlPipe::wait(milliseconds timeout) noexcept {
  const HostTime deadline = HostClock::now() + timeout;
  // In short steps: the event thread may end while we wait, and then its work is ours.
  constexpr milliseconds kStep{20};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - HostClock::now());
    const milliseconds step = std::clamp(left, milliseconds{0}, kStep);
    if (events_.is_elsewhere()) {
      if (done_.try_acquire_for(step)) break;
    } else {
      events_.handle(HostClock::now() + step);
      if (done_.try_acquire()) break;
    }
    if (left <= milliseconds{0}) return false;
  }
  outstanding_ = false;
  return true;
}

void LIBUSB_CALL ControlPipe::completed(libusb_transfer* transfer) noexcept {
  auto& self = *static_cast<ControlPipe*>(transfer->user_data);
  if (transfer->status == LIBUSB_TRANSFER_NO_DEVICE) self.core_.declare_gone();
  self.done_.release();
  self.core_.retire();
}

}  // namespace knead::hw
