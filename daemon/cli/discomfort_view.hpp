// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "daemon/api/discomfort_messages.hpp"
#include "daemon/cli/look.hpp"

namespace knead::cli {

/// The view of a set of discomfort trials: always the same number of lines, none wider than the terminal (taken as 40
/// to 200 columns). Force and rate are marks on fixed scales, so that they can be followed from the corner of an eye.
/// Pure.
std::vector<std::string> render_discomfort(const api::DiscomfortUpdate& update, const Look& look);

}  // namespace knead::cli
