// SPDX-License-Identifier: Apache-2.0
// hw/PROTOCOL.md sections 5, 8 and 9: control requests and endpoint states.
#include <gtest/gtest.h>

#include "hw/ball/descriptors.hpp"
#include "tests/unit/ball/bench.hpp"
#include "tests/unit/protocol/hex.hpp"

namespace knead::ball {
namespace {

using protocol::kEndpointIn;
using protocol::kEndpointOut;
using protocol::Request;

std::string answer(Ball& ball, SetupPacket setup) {
  const ControlReply reply = ball.handle_control(setup, {});
  return reply.stalled ? "stall" : to_hex(reply.data);
}

TEST(SetupPacketBytes, GoBothWays) {
  const auto bytes = from_hex("C1 02 34 12 78 56 20 00");
  const auto setup = SetupPacket::parse(std::span<const std::byte, 8>(bytes));
  EXPECT_EQ(setup.request_type, 0xC1);
  EXPECT_EQ(setup.request, 2);
  EXPECT_EQ(setup.value, 0x1234);
  EXPECT_EQ(setup.index, 0x5678);
  EXPECT_EQ(setup.length, 32);
  EXPECT_TRUE(setup.device_to_host());
  EXPECT_EQ(to_hex(setup.bytes()), to_hex(bytes));
}

TEST(StandardRequests, AreAnsweredAsTheUsbStandardSays) {
  Ball ball = Ball::create({}).value();
  EXPECT_EQ(answer(ball, {0x80, 0, 0, 0, 2}), "00 00") << "device status: bus powered";
  EXPECT_EQ(answer(ball, {0x80, 8, 0, 0, 1}), "00") << "not configured";
  EXPECT_EQ(answer(ball, {0x80, 6, 0x0100, 0, 8}), "12 01 10 02 00 00 00 40") << "cut to wLength";
  EXPECT_EQ(answer(ball, {0x80, 6, 0x0200, 0, 9}), "09 02 20 00 01 01 00 80 7D");
  EXPECT_EQ(answer(ball, {0x80, 6, 0x0300, 0, 255}), "04 03 09 04");
  EXPECT_EQ(answer(ball, {0x80, 6, 0x0303, 0x0409, 255}), "0E 03 4B 00 42 00 30 00 30 00 30 00 31 00");
  EXPECT_EQ(answer(ball, {0x81, 10, 0, 0, 1}), "stall") << "no interface before a configuration";
  EXPECT_EQ(answer(ball, {0x00, 9, 1, 0, 0}), "");
  EXPECT_EQ(answer(ball, {0x80, 8, 0, 0, 1}), "01");
  EXPECT_EQ(answer(ball, {0x81, 10, 0, 0, 1}), "00");
  EXPECT_EQ(answer(ball, {0x81, 0, 0, 0, 2}), "00 00");
}

TEST(StandardRequests, ThatABallDoesNotKnowStall) {
  Bench bench;
  for (const SetupPacket setup :
       std::initializer_list<SetupPacket>{{0x80, 6, 0x0600, 0, 10},   // device qualifier
                                          {0x80, 6, 0x0305, 0, 255},  // no such string
                                          {0x80, 6, 0x0201, 0, 255},  // one configuration only
                                          {0x00, 9, 2, 0, 0},
                                          {0x01, 11, 1, 0, 0},  // no alternate setting
                                          {0x81, 0, 0, 1, 2},   // no second interface
                                          {0x82, 0, 0, 0x82, 2},
                                          {0x00, 3, 1, 0, 0},        // remote wake-up
                                          {0x21, 0x0A, 0, 0, 0}}) {  // class request
    EXPECT_EQ(answer(bench.ball, setup), "stall") << to_hex(setup.bytes());
  }
  EXPECT_TRUE(bench.ball.configured()) << "a stall changes nothing";
}

TEST(Halt, IsSetToldAndCleared) {
  Bench bench;
  bench.run_to(5ms);
  EXPECT_EQ(answer(bench.ball, {0x82, 0, 0, kEndpointIn, 2}), "00 00");
  EXPECT_TRUE(bench.standard(0x02, 3, 0, kEndpointIn));
  EXPECT_EQ(answer(bench.ball, {0x82, 0, 0, kEndpointIn, 2}), "01 00");
  EXPECT_TRUE(bench.ball.stalls(kEndpointIn));
  EXPECT_FALSE(bench.ball.next_report());
  EXPECT_FALSE(bench.ball.stalls(kEndpointOut));
  EXPECT_TRUE(bench.standard(0x02, 1, 0, kEndpointIn));
  EXPECT_TRUE(bench.reports().empty()) << "a host that begins to listen gets no old readings";
  bench.run_to(6ms);
  EXPECT_EQ(bench.newest_report().seq, 5U);
}

TEST(Halt, OfTheOutEndpointTakesNoCommandsAndLengthensNoTtl) {
  Bench bench;
  ASSERT_TRUE(bench.command(128, 100));
  EXPECT_TRUE(bench.standard(0x02, 3, 0, kEndpointOut));
  EXPECT_FALSE(bench.command(128, 500));
  bench.run_to(100ms);
  EXPECT_EQ(bench.motor(), Level{});
}

TEST(Endpoints, StallUntilTheBallIsConfigured) {
  Ball ball = Ball::create({}).value();
  EXPECT_TRUE(ball.stalls(kEndpointIn));
  EXPECT_FALSE(ball.handle_out(from_hex("10 80 96 00 26 00 00 00 09 00 00 00")));
  EXPECT_EQ(ball.motor().applied(), Level{});
}

TEST(Info, TellsVersionRateAndLimits) {
  Bench bench({.contact_area_mm2 = 700});
  const auto info = protocol::decode_info(bench.vendor_in(Request::kGetInfo)).value();
  EXPECT_EQ(info.version_major, protocol::kVersionMajor);
  EXPECT_EQ(info.version_minor, protocol::kVersionMinor);
  EXPECT_EQ(info.rate_hz, 1000);
  EXPECT_EQ(info.max_rate_hz, 8000);
  EXPECT_EQ(info.contact_area_mm2, 700);
  EXPECT_EQ(info.motor_ceiling, 204);
  EXPECT_EQ(info.temperature_limit_c, 45);
  EXPECT_EQ(info.full_scale_n, 100);
}

TEST(Info, OfAFastClockNamesARateThatTheWireCanCarry) {
  Bench bench({.clock_speed = 3.0});
  EXPECT_EQ(bench.ball.info().max_rate_hz, 4000);
  EXPECT_TRUE(bench.vendor_out(Request::kSetRate, 4000));
  EXPECT_FALSE(bench.vendor_out(Request::kSetRate, 5000));
  EXPECT_EQ(bench.ball.rate_hz(), 4000);
}

TEST(SetRate, TakesOnlyRatesWithAWholeNumberOfMicroseconds) {
  Bench bench;
  for (const std::uint16_t hz : std::initializer_list<std::uint16_t>{0, 999, 1001, 3000, 8001, 9999}) {
    EXPECT_FALSE(bench.vendor_out(Request::kSetRate, hz)) << hz;
  }
  EXPECT_EQ(bench.ball.rate_hz(), 1000);
}

TEST(VendorRequests, OfTheWrongDirectionRecipientOrIndexStall) {
  Bench bench;
  EXPECT_EQ(answer(bench.ball, {0x41, 0x01, 0, 0, 0}), "stall") << "GET_INFO as OUT";
  EXPECT_EQ(answer(bench.ball, {0xC1, 0x06, 0, 0, 0}), "stall") << "STOP as IN";
  EXPECT_EQ(answer(bench.ball, {0xC0, 0x01, 0, 0, 32}), "stall") << "to the device";
  EXPECT_EQ(answer(bench.ball, {0xC1, 0x01, 0, 1, 32}), "stall") << "to another interface";
  EXPECT_EQ(answer(bench.ball, {0xC1, 0x7F, 0, 0, 32}), "stall") << "of a later version";
  EXPECT_FALSE(bench.ball.stop_latched());
}

TEST(VendorRequests, NeedAConfiguration) {
  Ball ball = Ball::create({}).value();
  EXPECT_EQ(answer(ball, {0xC1, 0x01, 0, 0, 32}), "stall");
}

TEST(MsOs20, IsServedInAnyState) {
  Ball ball = Ball::create({}).value();
  EXPECT_EQ(answer(ball, {0xC0, 0x20, 0, 7, 10}), "0A 00 00 00 00 00 03 06 A2 00");
  EXPECT_EQ(answer(ball, {0xC0, 0x20, 0, 7, 4096}), to_hex(ms_os_20_descriptor_set()));
  EXPECT_EQ(answer(ball, {0xC0, 0x20, 0, 8, 10}), "stall");
}

TEST(Status, CountsWhatWentWrongSincePowerUp) {
  Bench bench;
  ASSERT_TRUE(bench.command(10, 1));
  ASSERT_TRUE(bench.ball.handle_out({}));
  ASSERT_TRUE(bench.command(10, 1));
  bench.run_to(300ms);
  auto status = protocol::decode_status(bench.vendor_in(Request::kGetStatus)).value();
  EXPECT_EQ(status.rejected_commands, 1U);
  EXPECT_EQ(status.ttl_expiries, 1U);
  EXPECT_EQ(status.dropped_readings, 300U - 256U);
  EXPECT_EQ(status.uptime_us, 300000U);
  bench.ball.unplug();
  bench.ball.plug_in();
  EXPECT_EQ(bench.ball.status(), protocol::Status{});
}

TEST(UnpoweredBall, AnswersNothing) {
  Bench bench;
  bench.ball.unplug();
  EXPECT_EQ(answer(bench.ball, {0x80, 6, 0x0100, 0, 18}), "stall");
  EXPECT_FALSE(bench.command(128, 500));
  EXPECT_FALSE(bench.ball.next_report());
}

}  // namespace
}  // namespace knead::ball
