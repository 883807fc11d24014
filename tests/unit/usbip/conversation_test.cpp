// SPDX-License-Identifier: Apache-2.0
// Whole dialogues in virtual time: what a host says, what the ball answers, and when.
#include "hw/usbip/conversation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "hw/protocol/codec.hpp"
#include "tests/unit/usbip/scripted_host.hpp"

namespace knead::hw::usbip::scripted {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct Heard {
  Answer answer;
  Bytes data;
};

class UsbipConversation : public ::testing::Test {
 protected:
  UsbipConversation() : ball_(shelf_.add(a_ball(), statue(), now_)) {}

  /// A conversation that has imported 1-1 and configured the ball.
  void import() {
    say(request_import("1-1"));
    (void)talk_.take_output();
    say(set_configuration(1));
    (void)talk_.take_output();
  }
  static Bytes request_import(std::string_view bus_id) {
    Bytes out = bytes({0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0});
    for (const char c : bus_id) out.push_back(static_cast<std::byte>(c));
    out.resize(8 + 32);
    return out;
  }
  void say(const Bytes& message) { talk_.receive(message, now_); }
  void pass(std::chrono::nanoseconds time) {
    now_ += time;
    talk_.advance(now_);
  }
  /// Everything answered since the last look. Only IN answers carry data here.
  std::vector<Heard> heard() {
    const Bytes output = talk_.take_output();
    std::vector<Heard> all;
    for (std::size_t at = 0; at < output.size();) {
      Heard one{answer(std::span(output).subspan(at)), {}};
      at += kHeader;
      if (std::ranges::find(in_, one.answer.seq) != in_.end() && one.answer.command == 3) {
        one.data.assign(output.begin() + static_cast<std::ptrdiff_t>(at),
                        output.begin() + static_cast<std::ptrdiff_t>(at + one.answer.actual));
        at += one.answer.actual;
      }
      all.push_back(one);
    }
    return all;
  }
  void ask_in(std::uint32_t seq, std::uint32_t room = 64) {
    in_.push_back(seq);
    say(submit(seq, true, 1, room));
  }
  [[nodiscard]] int motor_level() const { return ball_.paced().ball().motor().applied().value; }

  HostTime now_{1000s};
  Shelf shelf_;
  ShelfBall& ball_;
  Conversation talk_{shelf_};
  std::vector<std::uint32_t> in_;  // sequence numbers of IN requests
};

TEST_F(UsbipConversation, ListsTheBallsAndIsOver) {
  shelf_.add(a_ball("KB0002"), statue(), now_);
  say(bytes({0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0}));
  const Bytes output = talk_.take_output();
  EXPECT_EQ(get32(output, 8), 2U);
  EXPECT_EQ(output.size(), 12 + 2 * (kDeviceRecordSize + kInterfaceRecordSize));
  EXPECT_TRUE(talk_.over());
  EXPECT_EQ(talk_.complaint(), "");
}

TEST_F(UsbipConversation, TheListSaysWhatTheBallsDescriptorsSay) {
  const DeviceRecord& record = ball_.record();
  EXPECT_EQ(record.bus_id, "1-1");
  EXPECT_EQ(record.vendor_id, protocol::kVendorId);
  EXPECT_EQ(record.product_id, protocol::kProductId);
  EXPECT_EQ(record.speed, Speed::kFull);
  ASSERT_EQ(record.interfaces.size(), 1U);
  EXPECT_EQ(record.interfaces.front().device_class, 0xFF) << "vendor specific";
}

TEST_F(UsbipConversation, TheBallHasPowerOnlyWhileItIsAttached) {
  EXPECT_FALSE(ball_.attached());
  import();
  EXPECT_TRUE(ball_.attached());
  EXPECT_EQ(talk_.ball(), &ball_);
  talk_.hang_up(now_);
  EXPECT_FALSE(ball_.attached());
}

TEST_F(UsbipConversation, ABallHasOneHostAtATime) {
  import();
  Conversation second(shelf_);
  second.receive(request_import("1-1"), now_);
  const Bytes refusal = second.take_output();
  ASSERT_EQ(refusal.size(), 8U);
  EXPECT_EQ(get32(refusal, 4), 2U) << "ST_DEV_BUSY";
  EXPECT_TRUE(second.over());
  EXPECT_TRUE(ball_.attached()) << "the first host keeps it";
}

TEST_F(UsbipConversation, AnUnknownOrPulledBallCannotBeImported) {
  ball_.pull(now_);
  for (const std::string_view bus_id : {"1-1", "1-9", ""}) {
    Conversation other(shelf_);
    other.receive(request_import(bus_id), now_);
    const Bytes refusal = other.take_output();
    ASSERT_EQ(refusal.size(), 8U) << bus_id;
    EXPECT_EQ(get32(refusal, 4), 4U) << "ST_NODEV";
    EXPECT_TRUE(other.over());
  }
}

TEST_F(UsbipConversation, AnswersADescriptorAtOnce) {
  import();
  in_ = {7};
  say(get_device_descriptor(7));
  const auto all = heard();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].answer.seq, 7U);
  EXPECT_EQ(all[0].answer.status, 0);
  ASSERT_EQ(all[0].data.size(), 18U);
  EXPECT_EQ(all[0].data[1], std::byte{1}) << "a device descriptor";
}

TEST_F(UsbipConversation, StallsWhatTheBallDoesNotKnow) {
  import();
  say(submit(7, true, 0, 64, bytes({0xC1, 0x7F, 0, 0, 0, 0, 64, 0})));
  say(submit(8, true, 2, 64));
  say(submit(9, false, 3, 2, {}, bytes({1, 2})));
  const auto all = heard();
  ASSERT_EQ(all.size(), 3U);
  for (const Heard& one : all) EXPECT_EQ(one.answer.status, kPipeError) << one.answer.seq;
}

TEST_F(UsbipConversation, AnInUrbWaitsUntilAReportIsDue) {
  import();
  pass(20ms);
  for (std::uint32_t seq = 10; seq < 30; ++seq) ask_in(seq);  // takes what had been saved up
  const std::size_t saved_up = heard().size();
  ASSERT_LE(saved_up, 8U);
  EXPECT_GT(talk_.next_due(), now_);
  EXPECT_LE(talk_.next_due(), now_ + 1ms);

  pass(talk_.next_due() - now_);
  EXPECT_EQ(heard().size(), 1U) << "one report for one millisecond";
}

TEST_F(UsbipConversation, AThousandReportsASecondInSequence) {
  import();
  std::uint32_t seq = 10;
  for (int i = 0; i < 8; ++i) ask_in(seq++);
  std::uint64_t readings = 0;
  std::uint32_t reports = 0;
  std::uint32_t expected = 0;
  const HostTime end = now_ + 1s;
  while (now_ < end) {
    pass(std::max<std::chrono::nanoseconds>(talk_.next_due() - now_, 1us));
    for (const Heard& one : heard()) {
      const auto report = protocol::decode_report(one.data);
      ASSERT_TRUE(report.has_value());
      if (reports > 0) {
        ASSERT_EQ(report->seq, expected) << "a gap";
      }
      expected = report->seq + report->count;
      readings += report->count;
      ++reports;
      ask_in(seq++);
    }
  }
  EXPECT_NEAR(static_cast<double>(readings), 1000.0, 2.0);
  EXPECT_NEAR(reports, 1000.0, 2.0);
}

TEST_F(UsbipConversation, AnUnlinkedUrbIsTakenBackAndNeverAnswered) {
  import();
  for (std::uint32_t seq = 10; seq < 30; ++seq) ask_in(seq);
  (void)heard();
  say(unlink(40, 29));
  const auto all = heard();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].answer.command, 4U);
  EXPECT_EQ(all[0].answer.seq, 40U);
  EXPECT_EQ(all[0].answer.status, kConnectionReset);

  for (int frame = 0; frame < 100; ++frame) pass(1ms);  // far more than the URBs that wait
  EXPECT_EQ(talk_.next_due(), HostTime::max()) << "none waits any more";
  for (const Heard& one : heard()) EXPECT_NE(one.answer.seq, 29U);
}

TEST_F(UsbipConversation, AnUnlinkThatComesTooLateSaysSo) {
  import();
  ask_in(10);
  pass(5ms);
  ASSERT_EQ(heard().size(), 1U) << "URB 10 was answered";
  say(unlink(11, 10));
  const auto all = heard();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].answer.command, 4U);
  EXPECT_EQ(all[0].answer.status, 0);
}

TEST_F(UsbipConversation, AHaltedEndpointStallsTheUrbsThatWait) {
  import();
  pass(50ms);
  for (std::uint32_t seq = 10; seq < 30; ++seq) ask_in(seq);
  (void)heard();
  say(submit(40, false, 0, 0, bytes({0x02, 3, 0, 0, 0x81, 0, 0, 0})));  // SET_FEATURE ENDPOINT_HALT
  const auto all = heard();
  ASSERT_GE(all.size(), 2U);
  EXPECT_EQ(all.front().answer.seq, 40U);
  EXPECT_EQ(all.back().answer.seq, 29U);
  EXPECT_EQ(all.back().answer.status, kPipeError);
  EXPECT_EQ(talk_.next_due(), HostTime::max());
}

TEST_F(UsbipConversation, TooLittleRoomIsAnOverflow) {
  import();
  ask_in(10, 4);
  pass(5ms);
  const auto all = heard();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].answer.status, kOverflowError);
  EXPECT_EQ(all[0].data.size(), 4U);
}

TEST_F(UsbipConversation, AMotorCommandRunsUntilItsTtl) {
  import();
  say(motor(10, 100, 300));
  ASSERT_EQ(heard().size(), 1U);
  EXPECT_EQ(motor_level(), 100);
  pass(299ms);
  EXPECT_EQ(motor_level(), 100);
  pass(1ms);
  EXPECT_EQ(motor_level(), 0) << "nobody asked, the ball's own clock did it";
  const auto changes = ball_.new_motor_changes();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[1].cause, ball::MotorCause::kTtlExpired);
  EXPECT_EQ(changes[1].at - changes[0].at, 300ms);
  EXPECT_TRUE(ball_.new_motor_changes().empty()) << "each change is told once";
}

TEST_F(UsbipConversation, TheMotorStopsWhenTheHostGoesAway) {
  import();
  say(motor(10, 100, 500));
  ASSERT_EQ(motor_level(), 100);
  talk_.hang_up(now_ + 10ms);
  const auto changes = ball_.new_motor_changes();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[1].level.value, 0);
  EXPECT_EQ(changes[1].cause, ball::MotorCause::kPowerOff);
}

TEST_F(UsbipConversation, MessagesMayArriveInPieces) {
  import();
  in_ = {7};
  Bytes stream = motor(6, 50, 200);
  const Bytes second = get_device_descriptor(7);
  stream.insert(stream.end(), second.begin(), second.end());
  for (const std::byte b : stream) say({b});
  const auto all = heard();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].answer.seq, 6U);
  EXPECT_EQ(all[1].data.size(), 18U);
  EXPECT_EQ(motor_level(), 50);
}

TEST_F(UsbipConversation, GarbageEndsItWithAReason) {
  import();
  say(Bytes(48, std::byte{0xEE}));
  EXPECT_TRUE(talk_.over());
  EXPECT_NE(talk_.complaint(), "");

  Conversation fresh(shelf_);
  fresh.receive(bytes({'G', 'E', 'T', ' ', '/', ' ', 'H', 'T'}), now_);
  EXPECT_TRUE(fresh.over());
  EXPECT_NE(fresh.complaint(), "");
}

TEST_F(UsbipConversation, AnUrbForAnotherDeviceEndsIt) {
  import();
  Bytes message = interrupt_in(10);
  message[11] = std::byte{9};
  say(message);
  EXPECT_TRUE(talk_.over());
}

TEST_F(UsbipConversation, WaitingUrbsAreBounded) {
  import();
  for (std::uint32_t seq = 10; seq < 10 + 2 * UrbEngine::kMaxWaiting && !talk_.over(); ++seq) say(interrupt_in(seq));
  EXPECT_TRUE(talk_.over());
}

/// Remembers the times at which it was asked.
class Watch final : public ball::Person {
 public:
  explicit Watch(DeviceTime& last) : last_(last) {}
  Newtons force(DeviceTime t) override {
    last_ = t;
    return {0.0};
  }
  bool button(DeviceTime) override { return false; }

 private:
  DeviceTime& last_;
};

TEST_F(UsbipConversation, AReplugStartsTheBallsClockAnewButNotThePersons) {
  DeviceTime persons{};
  ShelfBall& watched = shelf_.add(a_ball("KB0002"), [&] { return std::make_unique<Watch>(persons); }, now_);
  now_ += 60s;  // on the shelf: the person has not begun
  {
    Conversation first(shelf_, watched, now_);
    now_ += 2s;
    first.advance(now_);
    EXPECT_EQ(persons.time_since_epoch(), 2s);
  }
  Conversation again(shelf_, watched, now_);
  EXPECT_EQ(watched.paced().ball().now().time_since_epoch(), 0us);
  now_ += 1s;
  again.advance(now_);
  EXPECT_EQ(watched.paced().ball().now().time_since_epoch(), 1s);
  EXPECT_EQ(persons.time_since_epoch(), 3s);
}

}  // namespace
}  // namespace knead::hw::usbip::scripted
