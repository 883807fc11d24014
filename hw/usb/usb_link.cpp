// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/usb_link.hpp"

#include <utility>

namespace knead::hw {

UsbLink::UsbLink(LinkOwner& owner, EventThread& events, HandlePtr handle, const BallEndpoints& endpoints)
    : owner_(owner),
      events_(events),
      handle_(std::move(handle)),
      interface_(endpoints.interface),
      core_(*handle_),
      out_(core_, endpoints.out),
      stop_(core_, endpoints.interface),
      in_(core_, out_, stop_, endpoints.in, endpoints.in_size),
      control_(core_, events, endpoints.interface) {}

UsbLink::~UsbLink() {
  owner_.release(*this);
  core_.close();
  drain();
  libusb_release_interface(handle_.get(), interface_);
  handle_.reset();  // before the members the callbacks use
}

Result<> UsbLink::start(ReportSink& sink) {
  if (std::exchange(started_, true)) return fail(Errc::kInternal, "the link streams already");
  if (!core_.start_streaming(sink)) return fail(Errc::kDisconnected, "the ball is gone");
  const int code = in_.start();
  if (code == LIBUSB_SUCCESS) return {};
  const bool sink_knows = !core_.withdraw();
  drain();
  if (sink_knows) return {};  // it started, and it ended: on_gone() has said so
  if (code == LIBUSB_ERROR_NO_DEVICE) return fail(Errc::kDisconnected, "the ball is gone");
  return std::unexpected(usb_error(code, "cannot read from the ball"));
}

Result<std::size_t> UsbLink::control_in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                        std::chrono::milliseconds timeout) {
  return control_.in(request, value, data, timeout);
}

Result<> UsbLink::control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                              std::chrono::milliseconds timeout) {
  return control_.out(request, value, data, timeout);
}

void UsbLink::drain() noexcept {
  while (core_.in_flight() > 0) {
    in_.cancel();
    out_.cancel();
    stop_.cancel();
    control_.cancel();
    events_.pass(std::chrono::milliseconds(1));
  }
}

}  // namespace knead::hw
