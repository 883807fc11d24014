// SPDX-License-Identifier: Apache-2.0
// hw/PROTOCOL.md is normative: the hexadecimal in it and the bytes of the ball are compared here, so that neither can
// change alone.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "hw/ball/descriptors.hpp"
#include "tests/unit/ball/bench.hpp"
#include "tests/unit/protocol/hex.hpp"

namespace knead::ball {
namespace {

/// The page without its line breaks in hexadecimal blocks: every block becomes one run of bytes.
std::string page() {
  std::ifstream in(KNEAD_SOURCE_DIR "/hw/PROTOCOL.md");
  EXPECT_TRUE(in);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    out += line.starts_with("    ") ? " " + line.substr(first) : "\n" + line;
  }
  return out;
}

bool page_has(std::span<const std::byte> bytes) { return page().find(to_hex(bytes)) != std::string::npos; }

TEST(ProtocolPage, ShowsTheDescriptorsTheBallSends) {
  EXPECT_TRUE(page_has(device_descriptor()));
  EXPECT_TRUE(page_has(configuration_descriptor()));
  EXPECT_TRUE(page_has(bos_descriptor()));
  EXPECT_TRUE(page_has(ms_os_20_descriptor_set()));
  for (const std::uint8_t index : std::initializer_list<std::uint8_t>{0, 1, 2, 4})
    EXPECT_TRUE(page_has(string_descriptor(index, "")));
}

TEST(ProtocolPage, ShowsTheFactoryCalibration) {
  Bench bench;
  EXPECT_TRUE(page_has(bench.vendor_in(protocol::Request::kGetCalibration)));
}

TEST(ProtocolPage, ShowsAReportAndCommands) {
  std::array<std::byte, protocol::kPacketSize> report{};
  const std::size_t size = protocol::encode_report({.count = 1,
                                                    .flags = 0x0002,
                                                    .seq = 7,
                                                    .time_us = 8000,
                                                    .period_us = 1000,
                                                    .motor_level = 128,
                                                    .temperature_c = 24,
                                                    .raw = {584213}},
                                                   report);
  EXPECT_TRUE(page_has(std::span(report).first(size)));
  std::array<std::byte, protocol::kMotorCommandSize> command{};
  protocol::encode_motor_command({.level = Level{128}, .frequency_hz = 38, .ttl_ms = 150, .seq = 9}, command);
  EXPECT_TRUE(page_has(command));
}

}  // namespace
}  // namespace knead::ball
