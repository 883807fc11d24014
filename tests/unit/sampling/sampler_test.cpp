// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/sampler.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "hw/protocol/codec.hpp"

namespace knead::sampling {
namespace {

using namespace std::chrono_literals;

class RecordingLink final : public hw::Link {
 public:
  Result<> start(hw::ReportSink&) override { return {}; }
  bool submit(const protocol::MotorCommand& command) noexcept override {
    commands.push_back(command);
    return true;
  }
  void emergency_stop() noexcept override {}
  Result<std::size_t> control_in(protocol::Request, std::uint16_t, std::span<std::byte>,
                                 std::chrono::milliseconds) override {
    return std::size_t{0};
  }
  Result<> control_out(protocol::Request, std::uint16_t, std::span<const std::byte>,
                       std::chrono::milliseconds) override {
    return {};
  }
  std::vector<protocol::MotorCommand> commands;
};

class SamplerTest : public testing::Test {
 protected:
  SamplerTest() { sampler.attach(link, kCalibration); }

  // One report of one reading, one millisecond later, with a renewed request.
  void send(protocol::Report report) {
    std::array<std::byte, protocol::kPacketSize> bytes{};
    const std::size_t size = protocol::encode_report(report, bytes);
    if (renew) controls.set_request({.level = Level{100}, .expires = now + 200ms});
    sampler.on_report(std::span(bytes).first(size), now);
    now += 1ms;
    next.seq = report.seq + report.count;
    next.time_us = report.time_us + report.count * std::uint32_t{report.period_us};
    if (!link.commands.empty()) next.motor_level = link.commands.back().level.value;
    next.raw[0] = 20'000 + static_cast<std::int32_t>(next.seq % 5);
  }
  void send_good(int n) {
    for (int i = 0; i < n; ++i) send(next);
  }
  std::vector<Sample> taken() {
    std::vector<Sample> out(1024);
    out.resize(reader.read(out));
    return out;
  }

  static constexpr protocol::Calibration kCalibration{.calibrated = true,
                                                      .point_a_raw = 0,
                                                      .point_a_mn = 0,
                                                      .point_b_raw = 50'000,
                                                      .point_b_mn = 50'000,
                                                      .tare_raw = 0,
                                                      .reference_raw = 0};
  Controls controls;
  SampleRing ring = SampleRing::create(1024).value();
  RingReader reader{ring};
  RecordingLink link;
  Sampler sampler{controls, ring, Limits{}};
  HostTime now{1h};
  bool renew = true;
  protocol::Report next{
      .count = 1, .seq = 10, .time_us = 1'000'000, .period_us = 1000, .temperature_c = 25, .raw = {20'000}};
};

TEST_F(SamplerTest, CalibratesAReportAndPushesItsSamples) {
  next.count = 3;
  next.raw = {20'000, 21'000, 22'000};
  send(next);
  const auto samples = taken();
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[2].seq, 12U);
  EXPECT_EQ(samples[2].device_time, DeviceTime(1'002'000us));
  EXPECT_DOUBLE_EQ(samples[2].force.value, 22.0);
  EXPECT_EQ(samples[2].quality, Quality::kGood);
}

TEST_F(SamplerTest, SubmitsTheRequestOnceAndRefreshesItAfterAThirdOfItsTtl) {
  send_good(300);  // the ramp is done
  ASSERT_FALSE(link.commands.empty());
  EXPECT_EQ(link.commands.back().level, Level{100});
  EXPECT_EQ(link.commands.back().ttl_ms, 500);
  const std::size_t said = link.commands.size();
  send_good(150);
  EXPECT_EQ(link.commands.size(), said + 1);
}

TEST_F(SamplerTest, CountsMissingSequenceNumbersAndMarksTheSampleAfterThem) {
  send_good(5);
  next.seq += 4;
  next.time_us += 4000;
  send_good(1);
  EXPECT_EQ(sampler.counters().lost.load(), 4U);
  EXPECT_TRUE(has(taken().back().quality, Quality::kGapBefore));
}

TEST_F(SamplerTest, ARepeatedReportIsTakenOnce) {
  send_good(2);
  protocol::Report again = next;
  again.seq -= 1;
  again.time_us -= 1000;
  send(again);
  EXPECT_EQ(taken().size(), 2U);
  EXPECT_EQ(sampler.counters().duplicates.load(), 1U);
}

TEST_F(SamplerTest, SequenceAndClockGoOnOverTheir32BitWrap) {
  next.seq = 0xFFFFFFFE;
  next.time_us = 0xFFFFFC00;
  send_good(4);
  const auto samples = taken();
  ASSERT_EQ(samples.size(), 4U);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].seq, samples[i - 1].seq + 1);
    EXPECT_EQ(samples[i].device_time - samples[i - 1].device_time, 1ms);
    EXPECT_EQ(samples[i].quality, Quality::kGood);
  }
}

TEST_F(SamplerTest, ReadingsOfOneReportAreSpreadOverTheTimeInWhichTheyWereTakenAlsoOverAWrap) {
  next.count = 8;
  next.period_us = 125;
  for (std::size_t i = 0; i < next.raw.size(); ++i) next.raw[i] = 20'000 + static_cast<std::int32_t>(i);
  next.time_us = 0xFFFFFFFF - 1'900'000;  // the clock wraps 1.9 s on, long after the first fit
  HostTime last{};
  for (int report = 0; report < 2000; ++report) {
    send(next);
    const HostTime arrived = now - 1ms;
    for (const Sample& s : taken()) {
      ASSERT_EQ(s.quality, Quality::kGood);
      ASSERT_LE(s.host_time, arrived);
      if (report > 0) {
        ASSERT_NEAR(std::chrono::duration<double>(s.host_time - last).count() * 1e6, 125.0, 10.0) << report;
      }
      last = s.host_time;
    }
  }
}

TEST_F(SamplerTest, ABallThatBeganAnewIsReanchoredEvenWhenItsFirstReportWasLost) {
  next.seq = 5000;
  send_good(3);
  next.seq = 2;
  next.time_us = 2000;
  send_good(1);
  EXPECT_TRUE(has(taken().back().quality, Quality::kReanchored));
  EXPECT_EQ(sampler.counters().lost.load(), 0U);
}

TEST_F(SamplerTest, R7_AClockThatJumpsAheadWithoutReadingsIsAnotherTimeLine) {
  send_good(20);
  next.time_us += 10'000'000;
  send_good(1);
  EXPECT_TRUE(has(taken().back().quality, Quality::kReanchored));
  EXPECT_EQ(link.commands.back().level, Level{0}) << "what a ball with such a clock says is not believed at once";
  EXPECT_EQ(sampler.counters().lost.load(), 0U);
}

TEST_F(SamplerTest, R3_AShortPressOfTheButtonLatchesWhileTheMotorIsWanted) {
  next.flags = static_cast<std::uint16_t>(protocol::ReportFlag::kButton);
  renew = false;
  send_good(3);  // held before it was connected, and no vibration wanted
  renew = true;
  send_good(20);
  EXPECT_GT(link.commands.back().level, Level{0});
  next.flags = 0;
  send_good(20);
  EXPECT_FALSE(controls.stop_requested());
  next.flags = static_cast<std::uint16_t>(protocol::ReportFlag::kButton);
  send_good(1);
  EXPECT_EQ(link.commands.back().level, Level{0}) << "at the first sample of it";
  next.flags = 0;
  send_good(500);
  EXPECT_EQ(link.commands.back().level, Level{0});
  EXPECT_TRUE(controls.stop_requested());
}

TEST_F(SamplerTest, AButtonPressedWhereNothingVibratesStopsNothing) {
  renew = false;
  send_good(20);
  next.flags = static_cast<std::uint16_t>(protocol::ReportFlag::kButton);
  send_good(5);
  EXPECT_FALSE(controls.stop_requested());
}

TEST_F(SamplerTest, R4_SilenceIsFoundAmongTransfersThatFailToo) {
  send_good(20);
  sampler.on_transfer_error(now + 10ms);
  EXPECT_GT(link.commands.back().level, Level{0});
  sampler.on_transfer_error(now + 20ms);
  EXPECT_EQ(link.commands.back().level, Level{0});
}

TEST_F(SamplerTest, R4_SilenceIsFoundAmongReportsThatBringNothingNewToo) {
  send_good(20);
  protocol::Report again = next;
  again.seq -= 1;
  again.time_us -= 1000;
  const HostTime last = now - 1ms;
  while (now < last + 12ms) send(again);
  EXPECT_GT(link.commands.back().level, Level{0});
  while (now < last + 20ms) send(again);  // with no on_time() in between: a slow machine has no time for it
  EXPECT_EQ(link.commands.back().level, Level{0});
}

TEST_F(SamplerTest, GarbageIsCountedAndIsNoFreshSample) {
  send_good(20);
  const std::array<std::byte, 5> garbage{std::byte{0xFF}};
  const HostTime until = now + 30ms;
  while (now < until) {
    sampler.on_report(garbage, now);
    now += 1ms;
    sampler.on_time(now);
  }
  EXPECT_EQ(sampler.counters().refused_reports.load(), 30U);
  EXPECT_EQ(link.commands.back().level, Level{0});
}

TEST_F(SamplerTest, StopIsObeyedAtTheNextLookWithoutAReport) {
  send_good(20);
  controls.stop();
  sampler.on_time(now);
  EXPECT_EQ(link.commands.back().level, Level{0});
  TripChange change;
  ASSERT_TRUE(sampler.take_trip(change));
  EXPECT_EQ(change.trip, Trip::kStop);
  EXPECT_TRUE(change.began);
}

TEST_F(SamplerTest, AnOffThatTheBallDoesNotShowIsSaidAgain) {
  send_good(20);
  controls.stop();
  send_good(2);
  const std::size_t said = link.commands.size();
  for (int i = 0; i < 25; ++i) {
    next.motor_level = 100;  // the packet was lost: the ball still vibrates
    send(next);
    next.motor_level = 100;
  }
  EXPECT_GT(link.commands.size(), said);
  EXPECT_EQ(link.commands.back().level, Level{0});
}

TEST_F(SamplerTest, ALeaseThatMainDoesNotRenewStopsTheMotor) {
  send_good(20);
  renew = false;
  send_good(201);
  EXPECT_EQ(link.commands.back().level, Level{0});
}

TEST_F(SamplerTest, ANewCalibrationTakesEffectWithTheNextReport) {
  send_good(1);
  protocol::Calibration tared = kCalibration;
  tared.tare_raw = 5000;
  ASSERT_TRUE(sampler.set_calibration(tared));
  send_good(1);
  const auto samples = taken();
  EXPECT_NEAR(samples[0].force.value - samples[1].force.value, 5.0, 0.01);
}

TEST(Controls, ARequestSurvivesItsWordWithTheLeaseRoundedDownToTheMillisecond) {
  Controls controls;
  const HostTime now{123456789us};
  controls.set_request(
      {.level = Level{77}, .pattern = protocol::Pattern::kWave, .frequency_hz = 38, .expires = now + 250ms});
  const LeasedRequest got = controls.request(now + 100ms);
  EXPECT_EQ(got.level, Level{77});
  EXPECT_EQ(got.pattern, protocol::Pattern::kWave);
  EXPECT_EQ(got.frequency_hz, 38);
  EXPECT_LE(got.expires, now + 250ms);
  EXPECT_GT(got.expires, now + 248ms);
}

TEST(Controls, AnOldRequestStaysExpiredAndAWithdrawnOneIsNone) {
  Controls controls;
  const HostTime now{1h};
  controls.set_request({.level = Level{77}, .expires = now + 250ms});
  const HostTime later = now + 24h;
  EXPECT_LT(controls.request(later).expires, later);
  controls.withdraw_request();
  EXPECT_EQ(controls.request(now).level, Level{0});
}

}  // namespace
}  // namespace knead::sampling
