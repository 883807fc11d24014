// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"

namespace knead::cli {

/// A known weight or force as a person writes it: "2kg", "500 g", "19.6N". The unit is not left out. A mass pushes with
/// session::kStandardGravity. Error: kInvalidInput, which names the text.
Result<Newtons> parse_known_weight(std::string_view text);

}  // namespace knead::cli
