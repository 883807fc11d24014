// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/text.hpp"

#include <cstdint>

namespace knead::host {
namespace {

/// Takes one code point off the front of @p text; -1 when it is not well formed.
std::int32_t take_code_point(std::string_view& text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  std::int32_t value = lead;
  std::int32_t smallest = 0;  // of this length: anything below is an overlong form
  if (lead >= 0xF0 && lead < 0xF8) {
    length = 4, value = lead & 0x07, smallest = 0x10000;
  } else if (lead >= 0xE0) {
    length = 3, value = lead & 0x0F, smallest = 0x800;
  } else if (lead >= 0xC0) {
    length = 2, value = lead & 0x1F, smallest = 0x80;
  } else if (lead >= 0x80) {
    return -1;
  }
  if (lead >= 0xF8 || text.size() < length) return -1;
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return -1;
    value = (value << 6) | (next & 0x3F);
  }
  text.remove_prefix(length);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < smallest || value > 0x10FFFF || surrogate ? -1 : value;
}

}  // namespace

bool is_plain_text(std::string_view text, std::size_t longest) noexcept {
  if (text.size() > longest) return false;
  while (!text.empty()) {
    const std::int32_t c = take_code_point(text);
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);  // C0, DEL, C1; -1 is below 0x20 as well
    if (control) return false;
  }
  return true;
}

}  // namespace knead::host
