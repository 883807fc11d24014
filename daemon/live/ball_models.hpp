// SPDX-License-Identifier: Apache-2.0
// The kinds of ball the daemon knows: one TOML file for each, as config/balls/knead-1.toml.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "hw/usb/ball_model.hpp"

namespace knead::live {

/// Every model of the folders. Of two files with one pair of ids the first folder's holds, so that a person can replace
/// a shipped one; within a folder that is an error. A folder that is not there is skipped; with no file at all it is
/// hw::default_ball_models(). Errors: kInvalidInput with file, line and key; what the file system says.
[[nodiscard]] Result<std::vector<hw::BallModel>> load_ball_models(std::span<const std::string> folders);

}  // namespace knead::live
