// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "hw/usb/ball_model.hpp"

namespace knead::hw {

/// A ball as the computer sees it, whether or not it can be used: what `knead doctor` shows.
struct UsbSighting {
  std::string path;   ///< "1-2.3"
  std::string node;   ///< "/dev/bus/usb/001/004"
  std::string model;  ///< BallModel::name
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::string serial;  ///< empty when the ball states none
  Result<> access{};   ///< may this process open it? If not: why, and the remedy
};

/// Looks at every USB device without opening any, and without disturbing a daemon that uses them. Any thread.
/// Errors: kInternal, kDisconnected: USB cannot be looked at at all, with the remedy.
Result<std::vector<UsbSighting>> look_for_balls(std::span<const BallModel> models);

}  // namespace knead::hw
