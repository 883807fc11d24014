// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/ball_model.hpp"

#include <algorithm>

namespace knead::hw {

std::vector<BallModel> default_ball_models() { return {BallModel{}}; }

const BallModel* find_model(std::span<const BallModel> models, std::uint16_t vendor, std::uint16_t product) noexcept {
  const auto it = std::ranges::find_if(
      models, [&](const BallModel& model) { return model.vendor == vendor && model.product == product; });
  return it == models.end() ? nullptr : &*it;
}

}  // namespace knead::hw
