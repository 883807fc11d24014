// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/control.hpp"

#include <algorithm>
#include <bit>
#include <boost/endian/buffers.hpp>

namespace knead::ball {
namespace {

struct Wire {
  std::uint8_t request_type;
  std::uint8_t request;
  boost::endian::little_uint16_buf_t value;
  boost::endian::little_uint16_buf_t index;
  boost::endian::little_uint16_buf_t length;
};
static_assert(sizeof(Wire) == SetupPacket::kSize);

}  // namespace

SetupPacket SetupPacket::parse(std::span<const std::byte, kSize> bytes) noexcept {
  std::array<std::byte, kSize> copy{};
  std::ranges::copy(bytes, copy.begin());
  const auto wire = std::bit_cast<Wire>(copy);
  return {.request_type = wire.request_type,
          .request = wire.request,
          .value = wire.value.value(),
          .index = wire.index.value(),
          .length = wire.length.value()};
}

std::array<std::byte, SetupPacket::kSize> SetupPacket::bytes() const noexcept {
  Wire wire{};
  wire.request_type = request_type;
  wire.request = request;
  wire.value = value;
  wire.index = index;
  wire.length = length;
  return std::bit_cast<std::array<std::byte, kSize>>(wire);
}

}  // namespace knead::ball
