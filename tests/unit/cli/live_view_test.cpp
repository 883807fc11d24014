// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/live_view.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <string>

namespace knead::cli {
namespace {

using session::CueKind;
using session::Phase;
using testing::HasSubstr;
using testing::Not;

api::LiveUpdate in_release() {
  api::LiveUpdate live;
  auto& s = live.snapshot;
  s.phase = Phase::kRelease;
  s.t = SessionTime(std::chrono::seconds(65));
  s.force = Newtons{25};
  s.in_band = true;
  s.band = {.lo = Newtons{15}, .hi = Newtons{40}, .hysteresis = Newtons{1}};
  s.steps = 1;
  s.side = session::Side::kRight;
  s.credited = std::chrono::milliseconds(44'900);
  s.target = std::chrono::seconds(90);
  s.reps = 3;
  s.target_reps = 8;
  s.last_cue = {.kind = CueKind::kHold, .text = "Hold it there"};
  live.motor_level = 0.5;
  return live;
}

const LiveTitle kTitle{.title = "Upper-trap release", .ball = "KN-0001"};
constexpr Look kPlain{.width = 60, .utf8 = false, .colour = false};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

/// Columns a line takes: its characters, without escape sequences of ours.
int columns(const std::string& line) {
  int count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
      continue;
    }
    if ((static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U) ++count;
  }
  return count;
}

TEST(LiveViewTest, ItShowsSideTitleCueForceCreditRepsAndMotor) {
  const std::string view = joined(render_live(in_release(), kTitle, kPlain));
  for (const char* part : {"right", "Upper-trap release", "KN-0001", "Hold it there", "25.0 N", "45/90 s",
                           "***ooooo 3/8", "release, 1:05", "motor 50 %"})
    EXPECT_THAT(view, HasSubstr(part));
}

TEST(LiveViewTest, TheGaugeMarksTheBandAndFillsUpToTheForce) {
  auto live = in_release();
  const auto gauge = [&](double newtons) {
    live.snapshot.force = Newtons{newtons};
    return render_live(live, kTitle, kPlain)[4];
  };
  // 60 columns: 10 for the name, 8 for the number, 42 for 0..60 N. The band's ends are cells 11 (rounded) and 28.
  EXPECT_EQ(gauge(0), "Force     ...........[================].............   0.0 N");
  EXPECT_EQ(gauge(25), "Force     ###########[######==========].............  25.0 N");
  EXPECT_EQ(gauge(60), "Force     ###########[################]#############  60.0 N");
  EXPECT_EQ(gauge(500), "Force     ###########[################]############# 500.0 N");
  EXPECT_EQ(gauge(-3), "Force     ...........[================].............  -3.0 N");
}

TEST(LiveViewTest, TheCreditBarIsFullOnlyWhenTheTimeIsEarned) {
  auto live = in_release();
  live.snapshot.credited = std::chrono::milliseconds(89'999);
  EXPECT_THAT(render_live(live, kTitle, kPlain)[5], HasSubstr("."));
  live.snapshot.credited = live.snapshot.target;
  EXPECT_THAT(render_live(live, kTitle, kPlain)[5], Not(HasSubstr(".")));
}

TEST(LiveViewTest, APauseATripAndAStopAreSaidAndTheGravestFirst) {
  auto live = in_release();
  live.snapshot.paused = true;
  EXPECT_THAT(joined(render_live(live, kTitle, kPlain)), HasSubstr("PAUSED"));
  live.trips = {{.kind = "stale", .detail = "The ball has gone silent"}, {.kind = "gap", .detail = ""}};
  EXPECT_THAT(joined(render_live(live, kTitle, {.width = 100, .utf8 = false, .colour = false})),
              AllOf(HasSubstr("motor held off: The ball has gone silent"), HasSubstr("and 1 more")));
  LiveTitle stopping = kTitle;
  stopping.stopping = true;
  EXPECT_THAT(joined(render_live(live, stopping, kPlain)), HasSubstr("stopping"));
}

TEST(LiveViewTest, ACustomRoutineIsShownAsOne) {
  LiveTitle custom = kTitle;
  custom.custom = true;
  EXPECT_THAT(joined(render_live(in_release(), custom, kPlain)), HasSubstr("custom"));
  EXPECT_THAT(joined(render_live(in_release(), kTitle, kPlain)), Not(HasSubstr("custom")));
}

TEST(LiveViewTest, ActivationShowsNoBandToAimAt) {
  auto live = in_release();
  live.snapshot.phase = Phase::kActivation;
  live.snapshot.force = Newtons{5};
  EXPECT_THAT(render_live(live, kTitle, kPlain)[4], AllOf(Not(HasSubstr("[")), HasSubstr("#")));
}

TEST(LiveViewTest, WithoutUtf8OnlyAsciiIsWritten) {
  auto live = in_release();
  live.snapshot.last_cue.text = "Schön ruhig ▶";
  for (const char c : joined(render_live(live, kTitle, kPlain))) ASSERT_LT(static_cast<unsigned char>(c), 0x80U);
}

TEST(LiveViewTest, WithoutColourNoEscapeIsWrittenAndWithItOneIs) {
  EXPECT_THAT(joined(render_live(in_release(), kTitle, {.width = 80, .utf8 = true, .colour = false})),
              Not(HasSubstr("\x1b")));
  EXPECT_THAT(joined(render_live(in_release(), kTitle, {.width = 80, .utf8 = true, .colour = true})),
              HasSubstr("\x1b[1;32m"));
}

TEST(LiveViewTest, AnEscapeSequenceInACueIsNotPassedOn) {
  auto live = in_release();
  live.snapshot.last_cue.text = "a\x1b]0;evil\x07\nb";
  EXPECT_THAT(joined(render_live(live, kTitle, kPlain)), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
  EXPECT_EQ(render_live(live, kTitle, kPlain).size(), kLiveLines);
}

TEST(LiveViewTest, ForAnyUpdateAndAnyTerminalTheBlockKeepsItsShape) {
  const bool held = rc::check("lines and columns", [] {
    const auto odd = [](double value) {
      return *rc::gen::element(value, -value, 0.0, 1e300, std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity());
    };
    api::LiveUpdate live = in_release();
    auto& s = live.snapshot;
    s.phase = *rc::gen::element(Phase::kWaiting, Phase::kRelease, Phase::kActivation, Phase::kEnded);
    s.force = Newtons{odd(*rc::gen::arbitrary<double>())};
    s.band.lo = Newtons{odd(15.0)};
    s.band.hi = Newtons{odd(40.0)};
    s.credited = std::chrono::microseconds(*rc::gen::arbitrary<std::int64_t>());
    s.target = std::chrono::microseconds(*rc::gen::arbitrary<std::int64_t>());
    s.t = SessionTime(std::chrono::microseconds(*rc::gen::arbitrary<std::int64_t>()));
    s.reps = *rc::gen::arbitrary<int>();
    s.target_reps = *rc::gen::arbitrary<int>();
    s.steps = *rc::gen::inRange(0, 9);
    s.last_cue.text = *rc::gen::arbitrary<std::string>();
    s.last_cue.count = *rc::gen::arbitrary<int>();
    live.motor_level = odd(0.5);
    if (*rc::gen::arbitrary<bool>()) live.trips.push_back({.kind = "x", .detail = *rc::gen::arbitrary<std::string>()});
    const Look look{
        .width = *rc::gen::inRange(0, 300), .utf8 = *rc::gen::arbitrary<bool>(), .colour = *rc::gen::arbitrary<bool>()};
    const auto lines = render_live(live, {.title = *rc::gen::arbitrary<std::string>(), .ball = "B"}, look);
    RC_ASSERT(lines.size() == kLiveLines);
    for (const auto& line : lines) RC_ASSERT(columns(line) <= std::clamp(look.width, kMinWidth, kMaxWidth));
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace knead::cli
