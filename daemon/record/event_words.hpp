// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/record/model.hpp"

namespace knead::record {

/// A stored event in a few plain words, as an annotation of a curve: "Lean on the ball", "rep 3: peak 5.3 N, too hard".
/// Valid UTF-8 on one line, without control characters, at most kMaxEventWords bytes. An event of a kind that is not
/// known here is its kind.
[[nodiscard]] std::string event_words(const StoredEvent& event);
constexpr std::size_t kMaxEventWords = 300;

/// What a gap's count is of: "samples not written".
[[nodiscard]] std::string_view gap_words(GapKind kind) noexcept;
/// "2025-03-01 07:15 UTC" of a moment in ISO 8601; what is none stays as it is.
[[nodiscard]] std::string minute_words(const std::string& iso);

/// The repetition that an event tells of, if it does and its numbers can be a session's: its own times, not the
/// event's.
[[nodiscard]] std::optional<session::Rep> rep_of(const StoredEvent& event);

}  // namespace knead::record
