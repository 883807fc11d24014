// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/halt_clear.hpp"

namespace knead::hw {
namespace {
constexpr std::uint16_t kFeatureEndpointHalt = 0;  // USB 2.0, table 9-6
constexpr unsigned int kClearTimeoutMs = 250;      // a ball that does not answer by then is beyond repair
}  // namespace

HaltClear::HaltClear(LinkCore& core, std::uint8_t endpoint, void* owner, Done done)
    : core_(core), owner_(owner), done_(done), transfer_(make_transfer()) {
  libusb_fill_control_setup(setup_.data(), LIBUSB_RECIPIENT_ENDPOINT, LIBUSB_REQUEST_CLEAR_FEATURE,
                            kFeatureEndpointHalt, endpoint, 0);
  libusb_fill_control_transfer(transfer_.get(), &core.handle(), setup_.data(), completed, this, kClearTimeoutMs);
}

bool HaltClear::begin() noexcept { return core_.submit(*transfer_) == LIBUSB_SUCCESS; }

void LIBUSB_CALL HaltClear::completed(libusb_transfer* transfer) noexcept {
  auto& self = *static_cast<HaltClear*>(transfer->user_data);
  self.done_(self.owner_, transfer->status == LIBUSB_TRANSFER_COMPLETED);
  self.core_.retire();
}

}  // namespace knead::hw
