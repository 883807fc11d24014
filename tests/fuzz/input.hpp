// SPDX-License-Identifier: Apache-2.0
// A fuzzer's bytes as what a target needs: bytes, a text, or the steps of a story.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace knead::fuzz {

inline std::span<const std::byte> bytes_of(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Hands out the input from its front. When it is used up numbers are 0 and spans empty, so that a story cut short is a
/// story too.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(bytes_of(data, size)) {}

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  std::span<const std::byte> take(std::size_t count) {
    const auto taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::uint8_t u8() {
    const auto taken = take(1);
    return taken.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(taken.front());
  }
  /// Little endian, as the ball's wire is.
  std::uint16_t u16() {
    const std::uint8_t low = u8();
    return static_cast<std::uint16_t>(low | u8() << 8U);
  }
  std::int32_t i32() {
    const std::uint32_t low = u16();
    return static_cast<std::int32_t>(low | static_cast<std::uint32_t>(u16()) << 16U);
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace knead::fuzz
