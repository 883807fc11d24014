// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/link_core.hpp"

#include <new>

namespace knead::hw {

TransferPtr make_transfer() {
  TransferPtr transfer(libusb_alloc_transfer(0));
  if (!transfer) throw std::bad_alloc();
  return transfer;
}

int LinkCore::submit(libusb_transfer& transfer) noexcept {
  in_flight_.fetch_add(1);  // before: the callback may run on the event thread before libusb_submit_transfer returns
  const int code = libusb_submit_transfer(&transfer);
  if (code != LIBUSB_SUCCESS) in_flight_.fetch_sub(1);
  return code;
}

int LinkCore::submit_again(libusb_transfer& transfer) noexcept { return libusb_submit_transfer(&transfer); }

bool LinkCore::start_streaming(ReportSink& sink) noexcept {
  sink_ = &sink;
  Phase expected = Phase::kOpen;
  return phase_.compare_exchange_strong(expected, Phase::kStreaming);
}

void LinkCore::declare_gone() noexcept {
  if (phase_.exchange(Phase::kGone) == Phase::kStreaming && !closing_.load()) sink_->on_gone(HostClock::now());
}

bool LinkCore::withdraw() noexcept {
  closing_.store(true);
  return phase_.exchange(Phase::kGone) != Phase::kGone;
}

void LinkCore::deliver(std::span<const std::byte> bytes, HostTime arrived) noexcept {
  if (hears()) sink_->on_report(bytes, arrived);
}

void LinkCore::deliver_error(HostTime when) noexcept {
  if (hears()) sink_->on_transfer_error(when);
}

}  // namespace knead::hw
