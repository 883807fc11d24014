// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/text.hpp"

#include <cstdint>

namespace knead::session {
namespace {

/// The code point at the front of @p text and its length in bytes; length 0 when no valid one begins there.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;
};

CodePoint front(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  std::uint32_t least = 0;  // shorter forms of smaller code points are not valid
  std::uint32_t value = 0;
  if ((first & 0xE0U) == 0xC0U) {
    length = 2, least = 0x80, value = first & 0x1FU;
  } else if ((first & 0xF0U) == 0xE0U) {
    length = 3, least = 0x800, value = first & 0x0FU;
  } else if ((first & 0xF8U) == 0xF0U) {
    length = 4, least = 0x10000, value = first & 0x07U;
  }
  if (length == 0 || length > text.size()) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < least || surrogate || value > 0x10FFFF) return {};
  return {value, length};
}

bool is_control(std::uint32_t c) {
  // C0, DEL and C1; and the marks that reorder a line, with which a text can show something else than it says.
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x2028 || c == 0x2029;
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t max_bytes) {
  std::string clean;
  while (!text.empty()) {
    const CodePoint next = front(text);
    if (next.length == 0) {
      text.remove_prefix(1);
      continue;
    }
    const bool space = next.value == '\t' || next.value == '\n';
    const std::string_view kept = space ? " " : text.substr(0, next.length);
    if (space || !is_control(next.value)) {
      if (clean.size() + kept.size() > max_bytes) break;
      clean += kept;
    }
    text.remove_prefix(next.length);
  }
  return clean;
}

}  // namespace knead::session
