// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <unistd.h>

#include <array>
#include <sstream>
#include <string>

#include "daemon/cues/log_sink.hpp"
#include "daemon/cues/terminal_sink.hpp"

namespace knead::cues {
namespace {

using session::Cue;
using session::CueKind;
using session::Urgency;
using testing::HasSubstr;
using testing::Not;

TEST(TerminalSinkTest, EachCueIsOneLineWithItsKindAndText) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  TerminalSink sink(pipe[1]);
  sink.show({.kind = CueKind::kHarder, .text = "Press a little harder"});
  sink.show({.kind = CueKind::kCountdown, .text = "to go", .urgency = Urgency::kLow, .count = 3});
  std::array<char, 256> out{};
  const auto size = static_cast<std::size_t>(::read(pipe[0], out.data(), out.size()));
  EXPECT_EQ(std::string(out.data(), size), "harder     Press a little harder\ncountdown  to go (3)\n");
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(TerminalSinkTest, ATerminalThatIsHeldHoldsUpNobody) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  TerminalSink sink(pipe[1]);
  // Far more than a pipe takes; a sink that waited would never come back.
  for (int i = 0; i < 10'000; ++i) sink.show({.kind = CueKind::kHarder, .text = "Press a little harder"});
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(TerminalSinkTest, AnUrgentCueIsMarkedWithoutColour) {
  EXPECT_THAT(plain_line({.kind = CueKind::kWarning, .text = "Let go", .urgency = Urgency::kHigh}),
              HasSubstr("! Let go"));
}

TEST(TerminalSinkTest, AnEscapeSequenceInAPluginsTextDoesNotReachTheTerminal) {
  const std::string line = plain_line({.kind = CueKind::kInfo, .text = "a\x1b[2J\nb\u009b31m"});
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_THAT(line, Not(HasSubstr("\u009b")));
}

TEST(LogSinkTest, AWarningIsLoggedAsOneAndTheRestAsInformation) {
  std::ostringstream out;
  auto to_text = std::make_shared<spdlog::sinks::ostream_sink_st>(out);
  to_text->set_pattern("%l %v");
  LogSink sink(std::make_shared<spdlog::logger>("test", to_text));
  sink.show({.kind = CueKind::kPress, .text = "Lean on the ball"});
  sink.show({.kind = CueKind::kWarning, .text = "The ball is too warm"});
  EXPECT_THAT(out.str(), AllOf(HasSubstr("info cue: press"), HasSubstr("warning cue: warning")));
}

}  // namespace
}  // namespace knead::cues
