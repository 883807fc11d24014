// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/stop_pipe.hpp"

namespace knead::hw {
namespace {
constexpr unsigned int kStopTimeoutMs = 100;
/// Where each waits for its timeout that is two seconds of trying, four times the longest TTL a motor command can have.
/// Where they fail fast it is over in a moment, and the reports set the pace.
constexpr int kAtOnce = 20;
}  // namespace

StopPipe::StopPipe(LinkCore& core, std::uint8_t interface) : core_(core), transfer_(make_transfer()) {
  constexpr std::uint8_t kVendorToInterface = +LIBUSB_REQUEST_TYPE_VENDOR | +LIBUSB_RECIPIENT_INTERFACE;
  libusb_fill_control_setup(setup_.data(), kVendorToInterface, static_cast<std::uint8_t>(protocol::Request::kStop), 0,
                            interface, 0);
  libusb_fill_control_transfer(transfer_.get(), &core.handle(), setup_.data(), completed, this, kStopTimeoutMs);
}

void StopPipe::request() noexcept {
  if (!core_.is_alive()) return;
  State seen = state_.load();
  for (;;) {
    const bool on_its_way = seen == State::kInFlight || seen == State::kInFlightAgain;
    if (state_.compare_exchange_weak(seen, on_its_way ? State::kInFlightAgain : State::kInFlight)) {
      if (!on_its_way) submit();
      return;
    }
  }
}

void StopPipe::retry() noexcept {
  State wanted = State::kWanted;
  if (state_.load(std::memory_order_relaxed) == State::kWanted &&
      state_.compare_exchange_strong(wanted, State::kInFlight)) {
    submit();
  }
}

void StopPipe::submit() noexcept {
  // Not declared gone on NO_DEVICE: that is the event thread's to say, and its own transfers tell it so.
  if (core_.submit(*transfer_) != LIBUSB_SUCCESS) state_.store(State::kWanted);
}

void LIBUSB_CALL StopPipe::completed(libusb_transfer* transfer) noexcept {
  auto& self = *static_cast<StopPipe*>(transfer->user_data);
  if (!self.on_completed()) self.core_.retire();
}

bool StopPipe::on_completed() noexcept {
  const libusb_transfer_status status = transfer_->status;
  if (status == LIBUSB_TRANSFER_NO_DEVICE) core_.declare_gone();
  if (!core_.is_alive()) {
    state_.store(State::kIdle);
    return false;
  }
  if (status == LIBUSB_TRANSFER_COMPLETED) {
    attempts_ = 0;
    State in_flight = State::kInFlight;
    if (state_.compare_exchange_strong(in_flight, State::kIdle)) return false;
  } else if (attempts_ >= kAtOnce) {
    state_.store(State::kWanted);
    return false;
  } else {
    ++attempts_;
  }
  state_.store(State::kInFlight);
  if (LinkCore::submit_again(*transfer_) == LIBUSB_SUCCESS) return true;
  state_.store(State::kWanted);
  return false;
}

}  // namespace knead::hw
