// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::hw {

/// One kind of ball, as a file in config/balls/ describes it: ids are data, so a new model needs no new code.
/// Endpoint addresses are not here on purpose: device controllers renumber them, so they are read from the descriptors.
struct BallModel {
  std::string name = "Knead ball";
  std::uint16_t vendor = protocol::kVendorId;
  std::uint16_t product = protocol::kProductId;
  std::uint8_t interface = protocol::kInterface;
  bool operator==(const BallModel&) const = default;
};

/// What is known without any file: the same as config/balls/knead-1.toml.
std::vector<BallModel> default_ball_models();

/// The model that a file's text describes; @p file only names it in errors. Errors: kInvalidInput with file, line and
/// key.
Result<BallModel> read_ball_model(std::string_view toml, std::string_view file);

/// The model with these ids, or nothing. The answer points into @p models.
const BallModel* find_model(std::span<const BallModel> models, std::uint16_t vendor, std::uint16_t product) noexcept;

}  // namespace knead::hw
