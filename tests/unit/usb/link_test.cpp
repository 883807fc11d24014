// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>

#include "hw/protocol/codec.hpp"
#include "tests/unit/usb/driver_fixture.hpp"

namespace knead::test {
namespace {

using protocol::Request;
using std::chrono::milliseconds;

constexpr milliseconds kControlTimeout{5000};

class UsbLink : public UsbDriver {
 protected:
  void SetUp() override {
    device_ = usb_.plug();
    start_bus();
    link_ = open();
    ASSERT_NE(link_, nullptr);
  }
  void TearDown() override {
    link_.reset();
    EXPECT_EQ(ear_.broken_promises(), 0);
    UsbDriver::TearDown();
  }

  void start() { ASSERT_TRUE(link_->start(ear_).has_value()); }
  /// At least @p more reports than so far.
  void wait_for_reports(std::size_t more) {
    const std::size_t wanted = ear_.count() + more;
    ASSERT_TRUE(eventually([&] { return ear_.count() >= wanted; })) << ear_.count() << " of " << wanted;
  }
  [[nodiscard]] std::vector<protocol::MotorCommand> commands_at_the_ball() {
    std::vector<protocol::MotorCommand> commands;
    for (const auto& packet : usb_.out_packets(device_)) {
      const auto command = protocol::decode_motor_command(packet);
      EXPECT_TRUE(command.has_value());
      if (command) commands.push_back(*command);
    }
    return commands;
  }
  [[nodiscard]] bool stop_latched() {
    bool latched = false;
    usb_.with_ball(device_, [&](ball::Ball& ball) { latched = ball.stop_latched(); });
    return latched;
  }

  int device_ = 0;
  LinkEar ear_;  // before the link, which it must outlive
  std::unique_ptr<hw::Link> link_;
};

constexpr protocol::MotorCommand buzz(std::uint32_t seq, std::uint8_t level = 100) {
  return {.level = {level}, .frequency_hz = 38, .ttl_ms = 250, .seq = seq};
}

TEST_F(UsbLink, StreamsEveryReportInOrder) {
  start();
  wait_for_reports(300);
  EXPECT_GE(ear_.reports().size(), 300U) << "and they decode";
  EXPECT_TRUE(heard_all(ear_, device_));
  EXPECT_EQ(ear_.errors(), 0);
}

TEST_F(UsbLink, KeepsSeveralTransfersInFlight) {
  start();
  EXPECT_TRUE(eventually([&] { return usb_.transfers_in_flight(device_) == hw::kTransfersInFlight; }));
}

TEST_F(UsbLink, HandsOverGarbageAsItCameForTheDecoderToRefuse) {
  start();
  const std::vector<std::byte> garbage(37, std::byte{0xA5});
  usb_.send_raw(device_, garbage);
  ASSERT_TRUE(eventually([&] { return std::ranges::count(ear_.packets(), garbage) == 1; }));
  EXPECT_FALSE(protocol::decode_report(garbage).has_value());
  wait_for_reports(20);
  EXPECT_EQ(ear_.gone(), 0);
}

TEST_F(UsbLink, HandsOverAShortReportAndAnEmptyOne) {
  start();
  const std::vector<std::byte> cut(7, std::byte{1});
  usb_.send_raw(device_, cut);
  usb_.send_raw(device_, {});
  ASSERT_TRUE(eventually([&] {
    const auto packets = ear_.packets();
    return std::ranges::count(packets, cut) == 1 && std::ranges::count(packets, std::vector<std::byte>{}) == 1;
  }));
  EXPECT_EQ(protocol::decode_report(cut).error(), protocol::DecodeError::kTooShort);
  wait_for_reports(20);
}

TEST_F(UsbLink, CountsABabblingPacketAndGoesOn) {
  start();
  usb_.send_raw(device_, std::vector<std::byte>(65, std::byte{1}));  // one more than an endpoint of 64 may send
  ASSERT_TRUE(eventually([&] { return ear_.errors() == 1; }));
  wait_for_reports(20);
  EXPECT_EQ(ear_.gone(), 0);
}

TEST_F(UsbLink, SurvivesAShortStretchOfInterference) {
  start();
  wait_for_reports(5);
  usb_.fail_next_in(device_, EPROTO, hw::kMaxFailures);
  ASSERT_TRUE(eventually([&] { return ear_.errors() == hw::kMaxFailures; }));
  wait_for_reports(20);
  EXPECT_EQ(ear_.gone(), 0);
}

TEST_F(UsbLink, EndsAfterALongOneAndTheBallIsAnnouncedAnewByItself) {
  start();
  wait_for_reports(5);
  usb_.fail_next_in(device_, EPROTO, hw::kMaxFailures + 1);
  ASSERT_TRUE(eventually([&] { return ear_.gone() == 1; }));
  EXPECT_FALSE(link_->submit(buzz(1))) << "not the sampling thread's, but nothing else uses the pipe now";
  link_.reset();
  const auto again = bus_ear_.wait_for("KB0001", 2);
  LinkEar second;  // outlives the link that calls it
  auto reopened = bus_->open(again.id);
  ASSERT_TRUE(reopened.has_value()) << reopened.error().message();
  ASSERT_TRUE((*reopened)->start(second).has_value());
  EXPECT_TRUE(eventually([&] { return second.count() > 20; }));
}

TEST_F(UsbLink, R4_TurnsTheMotorOffBeforeItGivesUpABallThatCanStillHear) {
  start();
  on_sampling_thread([&] { EXPECT_TRUE(link_->submit(buzz(1))); });
  ASSERT_TRUE(eventually([&] { return commands_at_the_ball().size() == 1; }));
  usb_.fail_next_in(device_, EPROTO, hw::kMaxFailures + 1);
  ASSERT_TRUE(eventually([&] { return ear_.gone() == 1; }));
  ASSERT_TRUE(eventually([&] { return commands_at_the_ball().size() == 2; }));
  EXPECT_EQ(commands_at_the_ball().back().level, Level{0});
}

TEST_F(UsbLink, R4_TurnsTheMotorOffEvenWhenACommandIsOnItsWayAsItGivesUp) {
  start();
  wait_for_reports(5);
  usb_.hold_out(device_, true);
  on_sampling_thread([&] { EXPECT_TRUE(link_->submit(buzz(1))); });
  usb_.fail_next_in(device_, EPROTO, hw::kMaxFailures + 1);
  ASSERT_TRUE(eventually([&] { return ear_.gone() == 1; }));
  usb_.hold_out(device_, false);
  ASSERT_TRUE(eventually([&] { return commands_at_the_ball().size() == 2; }));
  EXPECT_EQ(commands_at_the_ball().back().level, Level{0});
}

TEST_F(UsbLink, ClearsAStallAndStreamsOn) {
  start();
  wait_for_reports(5);
  usb_.halt(device_, protocol::kEndpointIn);
  ASSERT_TRUE(eventually([&] { return ear_.errors() == 1; }));
  wait_for_reports(20);
  EXPECT_EQ(ear_.gone(), 0);
  EXPECT_TRUE(eventually([&] { return usb_.transfers_in_flight(device_) == hw::kTransfersInFlight; }));
}

TEST_F(UsbLink, BringsAMotorCommandToTheBall) {
  start();
  on_sampling_thread([&] { EXPECT_TRUE(link_->submit(buzz(1))); });
  ASSERT_TRUE(eventually([&] { return !commands_at_the_ball().empty(); }));
  EXPECT_EQ(commands_at_the_ball().front(), buzz(1));
  usb_.with_ball(device_, [](ball::Ball& ball) { EXPECT_FALSE(ball.motor().trace().empty()); });
}

TEST_F(UsbLink, LetsTheNewestCommandWinWhileOneIsOnItsWay) {
  start();
  on_sampling_thread([&] {
    for (std::uint32_t seq = 1; seq <= 10; ++seq) link_->submit(buzz(seq));
  });
  ASSERT_TRUE(eventually([&] { return commands_at_the_ball().size() == 2; }));
  wait_for_reports(20);
  EXPECT_EQ(commands_at_the_ball(), (std::vector{buzz(1), buzz(10)}));
}

TEST_F(UsbLink, SendsTheNewestCommandTwiceAfterAStallOfTheOutEndpoint) {
  start();
  usb_.halt(device_, protocol::kEndpointOut);
  on_sampling_thread([&] { link_->submit(buzz(7)); });
  ASSERT_TRUE(eventually([&] { return commands_at_the_ball().size() == 2; }));
  EXPECT_EQ(commands_at_the_ball(), (std::vector{buzz(7), buzz(7)}));
  EXPECT_EQ(ear_.errors(), 1);
  wait_for_reports(20);
}

TEST_F(UsbLink, BringsAnEmergencyStopToTheBallFromAnyThread) {
  start();
  std::thread([&] { link_->emergency_stop(); }).join();
  EXPECT_TRUE(eventually([&] { return stop_latched(); }));
}

TEST_F(UsbLink, StopsABallThatDoesNotStreamToo) {
  link_->emergency_stop();
  EXPECT_TRUE(eventually([&] { return stop_latched(); }));
}

TEST_F(UsbLink, RepeatsAnEmergencyStopThatFailed) {
  start();
  usb_.ignore_control(device_, 3);
  link_->emergency_stop();
  EXPECT_TRUE(eventually([&] { return stop_latched(); }));
}

TEST_F(UsbLink, R3_AStopThatFailsFastIsNotGivenUp) {
  start();
  usb_.fail_control(device_, 100);
  link_->emergency_stop();
  EXPECT_TRUE(eventually([&] { return stop_latched(); }));
}

TEST_F(UsbLink, SendsAStopAskedForWhileOneIsOnItsWay) {
  usb_.ignore_control(device_, 1);
  link_->emergency_stop();
  link_->emergency_stop();
  link_->emergency_stop();
  ASSERT_TRUE(eventually([&] { return !usb_.control_requests(device_).empty(); }));
  EXPECT_TRUE(eventually([&] { return stop_latched(); }));
}

TEST_F(UsbLink, ReadsFromTheBallOverTheControlPipe) {
  std::array<std::byte, protocol::kInfoSize> bytes{};
  const auto size = link_->control_in(Request::kGetInfo, 0, bytes, kControlTimeout);
  ASSERT_TRUE(size.has_value()) << size.error().message();
  EXPECT_EQ(*size, bytes.size());
  const auto info = protocol::decode_info(bytes);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->version_major, protocol::kVersionMajor);
}

TEST_F(UsbLink, WritesToTheBallOverTheControlPipeWhileItStreams) {
  start();
  wait_for_reports(5);
  std::array<std::byte, protocol::kCalibrationSize> bytes{};
  const protocol::Calibration calibration{
      .calibrated = true, .point_a_raw = 0, .point_a_mn = 0, .point_b_raw = 100'000, .point_b_mn = 50'000};
  protocol::encode_calibration(calibration, bytes);
  const auto written = link_->control_out(Request::kSetCalibration, 0, bytes, kControlTimeout);
  ASSERT_TRUE(written.has_value()) << written.error().message();
  usb_.with_ball(device_, [&](ball::Ball& ball) { EXPECT_EQ(ball.calibration(), calibration); });
  wait_for_reports(20);
  EXPECT_TRUE(heard_all(ear_, device_));
}

TEST_F(UsbLink, SaysThatTheBallRefusedAControlRequestItStalled) {
  const auto refused = link_->control_out(Request::kClearStop, 0x1234, {}, kControlTimeout);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::kRefused);
  std::array<std::byte, protocol::kInfoSize> bytes{};
  EXPECT_TRUE(link_->control_in(Request::kGetInfo, 0, bytes, kControlTimeout).has_value()) << "the pipe is as before";
}

TEST_F(UsbLink, GivesUpOnAControlRequestWithoutAnswerAndCanAskAgain) {
  usb_.ignore_control(device_, 1);
  std::array<std::byte, protocol::kInfoSize> bytes{};
  const auto silent = link_->control_in(Request::kGetInfo, 0, bytes, milliseconds(30));
  ASSERT_FALSE(silent.has_value());
  EXPECT_EQ(silent.error().code, Errc::kTimeout);
  ASSERT_TRUE(eventually([&] { return link_->control_in(Request::kGetInfo, 0, bytes, kControlTimeout).has_value(); }));
}

TEST_F(UsbLink, EndsInMidStreamWithoutAnotherCallback) {
  start();
  wait_for_reports(20);
  link_.reset();
  const std::size_t count = ear_.count();
  EXPECT_EQ(usb_.transfers_in_flight(device_), 0U);
  std::size_t seq = 0;
  usb_.with_ball(device_, [&](ball::Ball& ball) { seq = ball.status().uptime_us; });
  ASSERT_TRUE(eventually([&] {
    std::size_t now = 0;
    usb_.with_ball(device_, [&](ball::Ball& ball) { now = ball.status().uptime_us; });
    return now > seq + 20'000;
  }));
  EXPECT_EQ(ear_.count(), count);
  EXPECT_EQ(ear_.gone(), 0) << "the ball is not gone: its link was given up";
}

TEST_F(UsbLink, EndsAfterTheSamplingThreadHasEnded) {
  start();
  wait_for_reports(5);
  stop_sampling();
  link_.reset();
  EXPECT_EQ(usb_.transfers_in_flight(device_), 0U);
}

TEST_F(UsbLink, CanBeOpenedAndEndedManyTimes) {
  for (int round = 0; round < 20; ++round) {
    LinkEar ear;
    if (!link_) link_ = open();
    ASSERT_NE(link_, nullptr);
    ASSERT_TRUE(link_->start(ear).has_value());
    ASSERT_TRUE(eventually([&] { return ear.count() > 3; }));
    link_->emergency_stop();
    link_.reset();
  }
}

TEST_F(UsbLink, StreamsOnlyOnce) {
  start();
  EXPECT_EQ(link_->start(ear_).error().code, Errc::kInternal);
}

TEST_F(UsbLink, OfTwoBallsKeepsEachToItsOwn) {
  const int second = usb_.plug({.serial = "KB0002", .port = 2});
  LinkEar other_ear;
  auto other = open("KB0002");
  ASSERT_NE(other, nullptr);
  start();
  ASSERT_TRUE(other->start(other_ear).has_value());
  wait_for_reports(50);
  ASSERT_TRUE(eventually([&] { return other_ear.count() > 50; }));
  other->emergency_stop();
  ASSERT_TRUE(eventually([&] {
    bool latched = false;
    usb_.with_ball(second, [&](ball::Ball& ball) { latched = ball.stop_latched(); });
    return latched;
  }));
  EXPECT_FALSE(stop_latched());
  EXPECT_TRUE(heard_all(ear_, device_));
  EXPECT_TRUE(heard_all(other_ear, second));
  other.reset();
  wait_for_reports(20);
}

}  // namespace
}  // namespace knead::test
