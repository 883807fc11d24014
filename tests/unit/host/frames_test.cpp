// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knead::host {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> bytes_of(std::span<const std::byte> frame) {
  std::vector<std::uint8_t> bytes;
  for (const std::byte b : frame) bytes.push_back(std::to_integer<std::uint8_t>(b));
  return bytes;
}

template <class Frame>
std::vector<std::uint8_t> encoded(const Frame& frame) {
  FrameBuffer buffer{};
  return bytes_of(encode(frame, buffer));
}

std::span<const std::byte> as_frame(const std::vector<std::uint8_t>& bytes) { return std::as_bytes(std::span(bytes)); }

template <class Frame>
Frame through_the_wire(const Frame& frame) {
  FrameBuffer buffer{};
  const auto bytes = encode(FromPlugin(frame), buffer);
  return std::get<Frame>(decode_from_plugin(bytes).value());
}

EventFrame some_event() {
  EventFrame frame;
  frame.serial = 7;
  frame.kind = EventKind::kReleaseProgress;
  frame.t = SessionTime(1ms);
  frame.ring_head = 258;
  frame.epoch = DeviceTime(-1us);
  frame.side = session::Side::kRight;
  frame.step = 2;
  frame.completed = true;
  frame.credited = 3us;
  frame.elapsed = 4us;
  return frame;
}

TEST(Frames, AnEventHasTheseBytes) {
  const std::vector<std::uint8_t> golden = {
      2,                                               // tag
      7,    0,    0,    0,                             // serial
      3,                                               // release progress
      0xE8, 0x03, 0,    0,    0,    0,    0,    0,     // session time, us
      2,    1,    0,    0,    0,    0,    0,    0,     // ring head
      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,  // epoch, us
      1,                                               // right
      2,    0,    0,    0,                             // step
      1,                                               // completed
      3,    0,    0,    0,    0,    0,    0,    0,     // credited, us
      4,    0,    0,    0,    0,    0,    0,    0,     // elapsed, us
  };
  EXPECT_EQ(encoded(ToPlugin(some_event())), golden);
  EXPECT_EQ(std::get<EventFrame>(decode_to_plugin(as_frame(golden)).value()), some_event());
}

TEST(Frames, ACueHasTheseBytes) {
  const session::Cue cue{session::CueKind::kRepUp, "Up", session::Urgency::kHigh, 3};
  const std::vector<std::uint8_t> golden = {
      5, 9, 0,   0,   0,  // action, serial
      1, 8,               // cue, rep up
      2, 0, 'U', 'p', 2,  // text, urgency
      1, 3, 0,   0,   0,  // count
  };
  EXPECT_EQ(encoded(FromPlugin(ActionFrame{9, session::action::ShowCue{cue}})), golden);
  const auto back = std::get<ActionFrame>(decode_from_plugin(as_frame(golden)).value());
  EXPECT_EQ(std::get<session::action::ShowCue>(back.action).cue, cue);
}

TEST(Frames, ACueWithoutACountHasNoneOnTheWire) {
  auto bytes = encoded(FromPlugin(ActionFrame{9, session::action::ShowCue{}}));
  ASSERT_TRUE(decode_from_plugin(as_frame(bytes)).has_value());
  bytes.back() = 1;
  EXPECT_FALSE(decode_from_plugin(as_frame(bytes)).has_value());
}

TEST(Frames, EveryOtherFrameComesBackAsItWas) {
  const StartFrame start{"build",
                         {{"reps", 8.0}, {"exercise", std::string("prone_y_lift")}, {"parameters.haptics", true}}};
  FrameBuffer buffer{};
  EXPECT_EQ(std::get<StartFrame>(decode_to_plugin(encode(ToPlugin(start), buffer)).value()), start);
  const StartFrame describe{
      .build = "build", .parameters = {}, .state = std::string("\x00\x01", 2), .only_describe = true};
  EXPECT_EQ(std::get<StartFrame>(decode_to_plugin(encode(ToPlugin(describe), buffer)).value()), describe);

  const HelloFrame hello{
      "build",
      1,
      2,
      "id",
      "Name",
      "1.0",
      "Vendor",
      "Words.",
      {"knead.log/1"},
      {{"gain", "How much.", "a number from 0 to 20 N", "5", {0.0, 20.0}},
       {"voice", "Which.", "one of \"low\", \"high\"", "\"low\"", {std::string("low"), std::string("high")}},
       {"haptics", "Ticks.", "true or false", "true", {false, true}}}};
  EXPECT_EQ(through_the_wire(hello), hello);
  const RefusedFrame refused{RefusedFrame::Reason::kParameter, "why", "gain"};
  EXPECT_EQ(through_the_wire(refused), refused);
  const AckFrame ack{5, 6, "cue() was misused"};
  EXPECT_EQ(through_the_wire(ack), ack);
  EXPECT_EQ(through_the_wire(ViolationFrame{"fork"}).call, "fork");

  session::Rep rep{2, SessionTime(3s), 4s, Newtons{5.5}, Newtons{4.5}, 18.0, true};
  EXPECT_EQ(
      std::get<session::action::LogRep>(through_the_wire(ActionFrame{1, session::action::LogRep{rep}}).action).rep,
      rep);
  const session::MotorRequest motor{Level{99}, protocol::Pattern::kWave, 38};
  const auto request = through_the_wire(ActionFrame{1, session::action::RequestMotor{motor, 250ms}});
  EXPECT_EQ(std::get<session::action::RequestMotor>(request.action).request, motor);
  EXPECT_EQ(std::get<session::action::RequestMotor>(request.action).duration, 250ms);
  const auto note = through_the_wire(ActionFrame{1, session::action::Note{"key", -1.5, "N", "text"}});
  EXPECT_EQ(std::get<session::action::Note>(note.action).text, "text");
  const std::string bytes("\x00\xFF\n", 3);
  const auto state = through_the_wire(ActionFrame{1, session::action::SaveState{bytes}});
  EXPECT_EQ(std::get<session::action::SaveState>(state.action).bytes, bytes);
  const auto release = through_the_wire(ActionFrame{1, session::action::RequestRelease{15s}});
  EXPECT_EQ(std::get<session::action::RequestRelease>(release.action).credit, 15s);
  const auto finish = through_the_wire(ActionFrame{1, session::action::Finish{true}});
  EXPECT_TRUE(std::get<session::action::Finish>(finish.action).completed);
}

TEST(Frames, TheLargestHelloOfAPluginFits) {
  const std::string key(KNEAD_MAX_KEY, 'k');
  const std::string sentence(KNEAD_MAX_NOTE_TEXT, 's');
  HelloFrame hello{key, 1, 0, key, key, key, key, sentence, std::vector<std::string>(kMaxExtensions, key)};
  const ParameterInfo parameter{key, std::string(KNEAD_MAX_CUE_TEXT, 's'), sentence, sentence, {key, key}};
  hello.parameters.assign(KNEAD_MAX_PARAMETERS, parameter);
  EXPECT_EQ(through_the_wire(hello), hello);
}

TEST(Frames, AFrameCutShortOrTooLongIsRefused) {
  std::vector<std::uint8_t> bytes = encoded(ToPlugin(some_event()));
  bytes.push_back(0);
  EXPECT_FALSE(decode_to_plugin(as_frame(bytes)).has_value());
  for (bytes.pop_back(); !bytes.empty();) {
    bytes.pop_back();
    EXPECT_FALSE(decode_to_plugin(as_frame(bytes)).has_value()) << bytes.size();
  }
}

TEST(Frames, WhatAPluginMayNotSayIsRefused) {
  const auto refused = [](const session::PluginAction& action) {
    return !decode_from_plugin(as_frame(encoded(FromPlugin(ActionFrame{1, action})))).has_value();
  };
  using namespace session;
  EXPECT_TRUE(refused(action::ShowCue{{CueKind::kInfo, "\x1b[2J", Urgency::kLow, {}}}));
  EXPECT_TRUE(refused(action::ShowCue{{CueKind::kInfo, "\xff", Urgency::kLow, {}}}));
  EXPECT_TRUE(refused(action::ShowCue{{CueKind::kInfo, std::string(121, 'x'), Urgency::kLow, {}}}));
  EXPECT_FALSE(refused(action::ShowCue{{CueKind::kInfo, std::string(120, 'x'), Urgency::kLow, {}}}));
  EXPECT_TRUE(refused(action::ShowCue{{static_cast<CueKind>(14), "x", Urgency::kLow, {}}}));
  EXPECT_TRUE(refused(action::RequestMotor{{}, 251ms}));
  EXPECT_TRUE(refused(action::LogRep{{0, {}, 1s, {}, {}, 0.0, false}}));
  EXPECT_TRUE(refused(action::LogRep{{1, {}, 0s, {}, {}, 0.0, false}}));
  EXPECT_TRUE(refused(action::LogRep{{1, {}, 1s, Newtons{std::nan("")}, {}, 0.0, false}}));
  EXPECT_TRUE(refused(action::RequestRelease{4s}));
  EXPECT_TRUE(refused(action::SaveState{std::string(session::kMaxStateBytes + 1, 'x')}));
  EXPECT_TRUE(refused(action::Note{"k", std::numeric_limits<double>::infinity(), "", ""}));
}

TEST(Frames, AFrameTooBigForTheBufferIsNotWritten) {
  FrameBuffer buffer{};
  EXPECT_TRUE(encode(FromPlugin(AckFrame{1, 1, std::string(kMaxFrameBytes, 'x')}), buffer).empty());
}

RC_GTEST_PROP(Frames, GarbageNeverGetsThroughUnlessItIsWhatWeWouldWrite, (std::vector<std::uint8_t> bytes)) {
  if (!bytes.empty()) bytes.front() = static_cast<std::uint8_t>(bytes.front() % 9);  // tags, and a little more
  FrameBuffer buffer{};
  if (const auto frame = decode_from_plugin(as_frame(bytes))) RC_ASSERT(bytes_of(encode(*frame, buffer)) == bytes);
  if (const auto frame = decode_to_plugin(as_frame(bytes))) RC_ASSERT(bytes_of(encode(*frame, buffer)) == bytes);
}

RC_GTEST_PROP(Frames, AFlippedByteNeverBreaksTheDecoder, (std::uint8_t at, std::uint8_t value)) {
  const session::Cue cue{session::CueKind::kRepUp, "Lift your arms.", session::Urgency::kHigh, 3};
  auto bytes = encoded(FromPlugin(ActionFrame{9, session::action::ShowCue{cue}}));
  bytes[at % bytes.size()] = value;
  FrameBuffer buffer{};
  if (const auto frame = decode_from_plugin(as_frame(bytes))) RC_ASSERT(bytes_of(encode(*frame, buffer)) == bytes);
}

}  // namespace
}  // namespace knead::host
