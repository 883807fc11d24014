// SPDX-License-Identifier: Apache-2.0
// Bytes as hw/PROTOCOL.md writes them, so that a golden value can be compared with the page by eye.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knead {

/// "01 0A FF" to bytes; what is no hexadecimal digit separates.
inline std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> out;
  int high = -1;
  for (const char c : text) {
    constexpr std::string_view kDigits = "0123456789ABCDEFabcdef";
    const auto at = kDigits.find(c);
    if (at == std::string_view::npos) continue;
    const int digit = static_cast<int>(at < 16 ? at : at - 6);
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + digit));
      high = -1;
    }
  }
  return out;
}

inline std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const std::byte b : bytes) {
    if (!out.empty()) out += ' ';
    out += kDigits[std::to_integer<std::size_t>(b >> 4)];
    out += kDigits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return out;
}

}  // namespace knead
