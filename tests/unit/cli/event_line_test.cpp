// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/event_line.hpp"

#include <gmock/gmock.h>

#include "daemon/session/event_json.hpp"

namespace knead::cli {
namespace {

using session::Event;
namespace event = session::event;

std::string line_of(decltype(Event::what) what) {
  const Event happened{.t = SessionTime(std::chrono::milliseconds(12'340)), .what = std::move(what)};
  return event_line(session::to_json(happened)).value_or("(nothing)");
}

TEST(EventLineTest, EachEventThatConcernsAPersonIsOnePlainLine) {
  using session::CueKind;
  EXPECT_EQ(line_of(event::Cued{.cue = {.kind = CueKind::kHarder, .text = "Press harder"}, .from_plugin = false}),
            "[  12.3 s] harder     Press harder");
  EXPECT_EQ(line_of(event::StepEnded{.step = 0,
                                     .completed = true,
                                     .credited = std::chrono::seconds(90),
                                     .elapsed = std::chrono::milliseconds(100'500)}),
            "[  12.3 s] release 1 complete: 90.0 s credited in 100.5 s");
  EXPECT_EQ(line_of(event::RepDone{{.n = 3, .start = {}, .duration = {}, .peak = Newtons{9.5}, .too_hard = true}}),
            "[  12.3 s] rep 3: peak 9.5 N, too hard");
  EXPECT_EQ(line_of(event::Tripped{.kind = "stale", .detail = "The ball is silent", .fault = false}),
            "[  12.3 s] motor held off: The ball is silent");
  EXPECT_EQ(line_of(event::Stopped{.by = "button"}), "[  12.3 s] stopped by button");
}

TEST(EventLineTest, EveryEventButThoseForProgramsIsTold) {
  for (const auto& what : std::initializer_list<decltype(Event::what)>{
           event::SessionStarted{}, event::Contact{}, event::StepStarted{}, event::StepEnded{},
           event::ActivationStarted{}, event::RepDone{}, event::ActivationEnded{}, event::Cued{}, event::Tripped{},
           event::TripCleared{}, event::SamplesLost{}, event::Paused{}, event::Resumed{}, event::BallLost{},
           event::BallBack{}, event::PluginFailed{}, event::Stopped{}, event::SessionEnded{}})
    EXPECT_NE(line_of(what), "(nothing)") << session::kind_of({.t = {}, .what = what});
  EXPECT_EQ(line_of(event::BandEntered{}), "(nothing)");
}

TEST(EventLineTest, AnEventOfANewerDaemonOrABrokenOneIsPassedOver) {
  EXPECT_FALSE(event_line({{"kind", "invented_later"}, {"t_s", 1}}));
  EXPECT_FALSE(event_line({}));
  EXPECT_FALSE(event_line({{"kind", "cued"}, {"cue", 7}}));
}

}  // namespace
}  // namespace knead::cli
