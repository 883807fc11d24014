// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/markup.hpp"

#include "daemon/session/text.hpp"

namespace knead::record {

std::string markup_text(std::string_view text) {
  std::string safe;
  for (const char c : session::clean_text(text, text.size())) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

}  // namespace knead::record
