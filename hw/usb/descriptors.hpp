// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libusb.h>

#include <cstdint>

#include "daemon/core/error.hpp"
#include "hw/usb/ball_model.hpp"

namespace knead::hw {

/// Where a ball is spoken to, as its descriptors say.
struct BallEndpoints {
  std::uint8_t interface = 0;
  std::uint8_t in = 0;        ///< address of the interrupt-IN endpoint
  std::uint16_t in_size = 0;  ///< bytes of its largest packet
  std::uint8_t out = 0;       ///< address of the interrupt-OUT endpoint
};

/// Finds the ball's interface in @p configuration and checks it against hw/PROTOCOL.md. Pure.
/// Errors: kProtocol, naming what differs.
Result<BallEndpoints> find_endpoints(const libusb_config_descriptor& configuration, const BallModel& model);

}  // namespace knead::hw
