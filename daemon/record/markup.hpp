// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace knead::record {

/// Text as it may stand in HTML, SVG and XML, between tags and in quoted attributes: what would be markup is escaped,
/// control characters and bytes that are no UTF-8 are left out, a line break becomes a space.
[[nodiscard]] std::string markup_text(std::string_view text);

}  // namespace knead::record
