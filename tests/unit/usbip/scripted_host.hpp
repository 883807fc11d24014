// SPDX-License-Identifier: Apache-2.0
// The host's side of USB/IP for tests: builds requests byte by byte, on purpose without the codec under test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/units.hpp"
#include "hw/ball/ball.hpp"
#include "hw/ball/person.hpp"
#include "hw/protocol/codec.hpp"
#include "hw/usbip/shelf.hpp"

namespace knead::hw::usbip::scripted {

using Bytes = std::vector<std::byte>;

inline Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}
inline void put32(Bytes& to, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) to.push_back(static_cast<std::byte>(value >> shift & 0xFFU));
}
inline std::uint32_t get32(std::span<const std::byte> from, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | std::to_integer<std::uint32_t>(from[at + i]);
  return value;
}

constexpr std::uint32_t kDevice11 = 0x00010001;
constexpr std::size_t kHeader = 48;

/// CMD_SUBMIT.
inline Bytes submit(std::uint32_t seq, bool in, std::uint32_t endpoint, std::uint32_t length, const Bytes& setup = {},
                    const Bytes& data = {}) {
  Bytes out;
  for (const std::uint32_t word : {1U, seq, kDevice11, in ? 1U : 0U, endpoint, 0U, length, 0U, 0U, 1U}) {
    put32(out, word);
  }
  out.insert(out.end(), setup.begin(), setup.end());
  out.resize(kHeader);
  out.insert(out.end(), data.begin(), data.end());
  return out;
}
inline Bytes get_device_descriptor(std::uint32_t seq) {
  return submit(seq, true, 0, 18, bytes({0x80, 6, 0, 1, 0, 0, 18, 0}));
}
inline Bytes set_configuration(std::uint32_t seq) {
  return submit(seq, false, 0, 0, bytes({0x00, 9, 1, 0, 0, 0, 0, 0}));
}
inline Bytes interrupt_in(std::uint32_t seq) { return submit(seq, true, 1, 64); }
inline Bytes motor(std::uint32_t seq, std::uint8_t level, std::uint16_t ttl_ms) {
  Bytes data(protocol::kMotorCommandSize);
  protocol::encode_motor_command({.level = {level}, .frequency_hz = 38, .ttl_ms = ttl_ms},
                                 std::span<std::byte, protocol::kMotorCommandSize>(data));
  return submit(seq, false, 1, static_cast<std::uint32_t>(data.size()), {}, data);
}
/// CMD_UNLINK.
inline Bytes unlink(std::uint32_t seq, std::uint32_t victim) {
  Bytes out;
  for (const std::uint32_t word : {2U, seq, kDevice11, 0U, 0U, victim}) put32(out, word);
  out.resize(kHeader);
  return out;
}

/// RET_SUBMIT or RET_UNLINK as it came back.
struct Answer {
  std::uint32_t command = 0;  ///< 3 returned submit, 4 returned unlink
  std::uint32_t seq = 0;
  std::int32_t status = 0;
  std::uint32_t actual = 0;
};
inline Answer answer(std::span<const std::byte> header) {
  return {get32(header, 0), get32(header, 4), static_cast<std::int32_t>(get32(header, 20)), get32(header, 24)};
}

constexpr std::int32_t kPipeError = -32;         // -EPIPE
constexpr std::int32_t kOverflowError = -75;     // -EOVERFLOW
constexpr std::int32_t kConnectionReset = -104;  // -ECONNRESET

/// Presses with 20 N for ever.
class Statue final : public ball::Person {
 public:
  Newtons force(DeviceTime) override { return {20.0}; }
  bool button(DeviceTime) override { return false; }
};
inline PersonMaker statue() {
  return [] { return std::make_unique<Statue>(); };
}
inline ball::Ball a_ball(std::string serial = "KB0001") {
  auto ball = ball::Ball::create({.serial = std::move(serial)});
  return std::move(ball.value());
}

}  // namespace knead::hw::usbip::scripted
