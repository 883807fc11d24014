// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace knead::session {

constexpr std::size_t kMaxCueBytes = 120;
constexpr std::size_t kMaxReasonBytes = 300;

/// What may be shown on a terminal, spoken, and written as JSON: valid UTF-8 without control characters, at most
/// @p max_bytes long, cut between characters. What does not belong is left out; a tab or line break becomes a space.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t max_bytes);

}  // namespace knead::session
