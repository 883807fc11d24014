// SPDX-License-Identifier: Apache-2.0
// What a host may send on 0x01 while the motor runs: a malformed command stops it, a good one drives it no harder than
// the ceiling and no longer than its TTL (hw/PROTOCOL.md, section 4).
#include <algorithm>
#include <array>
#include <chrono>

#include "hw/ball/ball.hpp"
#include "hw/protocol/codec.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

namespace {

using Bytes = std::array<std::byte, protocol::kMotorCommandSize>;

Bytes encoded(const protocol::MotorCommand& command) {
  Bytes bytes{};
  protocol::encode_motor_command(command, bytes);
  return bytes;
}

ball::Ball running_ball() {
  auto ball = ball::Ball::create({}).value();
  constexpr ball::SetupPacket kSetConfiguration1{.request_type = 0x00, .request = 9, .value = 1};
  must(!ball.handle_control(kSetConfiguration1, {}).stalled, "a ball can be configured");
  must(ball.handle_out(encoded({.level = Level{100}, .ttl_ms = 300})), "a configured ball takes commands");
  must(ball.motor().applied() == Level{100}, "a good command runs the motor");
  return ball;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::bytes_of(data, size);
  ball::Ball ball = running_ball();
  must(ball.handle_out(bytes), "no packet makes the endpoint stall");

  const auto command = protocol::decode_motor_command(bytes);
  if (!command) {
    must(protocol::to_string(command.error()) != "unknown error", "a refusal says why");
    must(ball.motor().applied() == Level{}, "a malformed command stops the motor");
    must(ball.status().rejected_commands == 1, "a malformed command is counted");
    return 0;
  }
  must(std::ranges::equal(encoded(*command), bytes), "a command is encoded to the bytes it came as");
  must(ball.motor().applied() == std::min(command->level, ball.motor().ceiling()), "the ceiling bounds the level");
  if (command->level == Level{}) return 0;
  must(command->ttl_ms >= 1 && command->ttl_ms <= protocol::kMaxTtlMs, "a TTL is 1 to 500 ms");
  must(ball.motor().deadline() == ball.now() + std::chrono::milliseconds(command->ttl_ms), "the TTL is kept");
  return 0;
}
