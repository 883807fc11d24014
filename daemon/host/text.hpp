// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace knead::host {

/// What may pass from a plugin to a screen, a voice or the record: UTF-8 (no overlong forms, no surrogates) without
/// control characters, at most @p longest bytes. An escape sequence in a cue must not reach somebody's terminal.
[[nodiscard]] bool is_plain_text(std::string_view text, std::size_t longest) noexcept;

}  // namespace knead::host
