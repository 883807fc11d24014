// SPDX-License-Identifier: Apache-2.0
// A ball on the workbench: configured, pressed by the test, spoken to in real bytes.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "hw/ball/ball.hpp"
#include "hw/protocol/codec.hpp"

namespace knead::ball {

using namespace std::chrono_literals;

constexpr DeviceTime at(std::chrono::microseconds t) { return DeviceTime{} + t; }

/// Presses as the test says.
class TestTouch final : public Touch {
 public:
  std::function<double(DeviceTime)> newtons = [](DeviceTime) { return 0.0; };
  std::function<bool(DeviceTime)> pressed = [](DeviceTime) { return false; };
  Newtons force(DeviceTime t) override { return {newtons(t)}; }
  bool button(DeviceTime t) override { return pressed(t); }
  void press(double n) {
    newtons = [n](DeviceTime) { return n; };
  }
  void hold_button(DeviceTime from, DeviceTime until) {
    pressed = [=](DeviceTime t) { return t >= from && t < until; };
  }
};

class Bench {
 public:
  explicit Bench(const BallConfig& config = {}) : ball(Ball::create(config).value()) { configure(); }

  Ball ball;
  TestTouch touch;

  void configure() { EXPECT_TRUE(standard(0x00, 9, 1, 0)); }
  void run_to(std::chrono::microseconds t) { ball.advance(at(t), touch); }

  /// All reports that are ready, as a host decodes them.
  std::vector<protocol::Report> reports() {
    std::vector<protocol::Report> out;
    while (const auto packet = ball.next_report()) {
      const auto report = protocol::decode_report(packet->view());
      EXPECT_TRUE(report) << protocol::to_string(report.error());
      out.push_back(*report);
    }
    return out;
  }
  protocol::Report newest_report() {
    const auto all = reports();
    EXPECT_FALSE(all.empty());
    return all.empty() ? protocol::Report{} : all.back();
  }

  bool command(std::uint8_t level, std::uint16_t ttl_ms) {
    std::array<std::byte, protocol::kMotorCommandSize> bytes{};
    protocol::encode_motor_command({.level = Level{level}, .ttl_ms = ttl_ms, .seq = ++commands_}, bytes);
    return ball.handle_out(bytes);
  }
  bool standard(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index) {
    return !ball.handle_control({type, request, value, index, 0}, {}).stalled;
  }
  bool vendor_out(protocol::Request request, std::uint16_t value = 0, std::span<const std::byte> data = {}) {
    const SetupPacket setup{kVendorInterfaceOut, std::to_underlying(request), value, 0,
                            static_cast<std::uint16_t>(data.size())};
    return !ball.handle_control(setup, data).stalled;
  }
  std::vector<std::byte> vendor_in(protocol::Request request, std::uint16_t length = 64) {
    return ball.handle_control({kVendorInterfaceIn, std::to_underlying(request), 0, 0, length}, {}).data;
  }
  [[nodiscard]] Level motor() const { return ball.motor().applied(); }
  [[nodiscard]] MotorChange last_change() const {
    EXPECT_FALSE(ball.motor().trace().empty());
    return ball.motor().trace().empty() ? MotorChange{} : ball.motor().trace().back();
  }

 private:
  std::uint32_t commands_ = 0;
};

// NOLINTNEXTLINE(readability-identifier-naming): the name GoogleTest looks for
inline void PrintTo(MotorCause cause, std::ostream* out) { *out << to_string(cause); }

}  // namespace knead::ball
