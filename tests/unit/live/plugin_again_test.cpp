// SPDX-License-Identifier: Apache-2.0
// A live plugin is at times late, and its host acts in its name; asked again it is never late.
#include "daemon/live/plugin_again.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/session/input.hpp"
#include "tests/unit/host/plugin_bench.hpp"

namespace knead::live {
namespace {

using session::input::PluginActed;
using testing::HasSubstr;
namespace what = session::event;

class AskedAgain : public testing::Test {
 protected:
  /// What the fixture does in its second call: motor, and late: motor, cue.
  AskedAgain() {
    const auto process = fixture("late");
    EXPECT_TRUE(process->exchange(bench_.event(what::SessionStarted{}), 0, {}, answers_));
    EXPECT_TRUE(process->exchange(bench_.event(what::ActivationStarted{}), 0, {}, answers_));
    EXPECT_EQ(answers_.size(), 3U);
  }
  /// The first difference from @p stored, "identical" when there is none.
  std::string asked(const std::vector<session::Input>& stored) {
    const auto process = fixture("late");
    PluginAgain again(*process, stored);
    std::vector<PluginActed> none;
    again.deliver(bench_.event(what::SessionStarted{}), 0, {}, none);
    again.deliver(bench_.event(what::ActivationStarted{}), 0, {}, none);
    EXPECT_TRUE(none.empty()) << "they take effect where they did then";
    std::optional<Difference> difference;
    for (const session::Input& input : stored) {
      const auto* acted = std::get_if<PluginActed>(&input.what);
      if (acted != nullptr && !difference) difference = again.meet(*acted);
    }
    if (!difference) difference = again.rest(true);
    return difference ? difference->where + ": " + difference->stored + " / " + difference->replayed : "identical";
  }
  std::unique_ptr<host::PluginProcess> fixture(const std::string& does) {
    bench_.activation.exercise = does;
    return bench_.launch(fmt::format("{}/fixture.so", KNEAD_FIXTURES)).value();
  }
  [[nodiscard]] session::Input answer(std::size_t i) const { return {0, answers_.at(i)}; }

  host::PluginBench bench_;
  std::vector<PluginActed> answers_;
};

TEST_F(AskedAgain, TheRequestsOfALateCallThatTheHostDroppedAreDroppedAgain) {
  const session::Input withdrawn{0, PluginActed{.call = 2, .by_host = true, .action = session::action::RequestMotor{}}};
  EXPECT_EQ(asked({answer(0), withdrawn, answer(2)}), "identical");
  EXPECT_THAT(asked({answer(0), answer(2)}), HasSubstr("action 2 of the plugin")) << "they were not dropped then";
  EXPECT_EQ(asked({answer(0), answer(1), answer(2)}), "identical");
}

TEST_F(AskedAgain, WhatCameTooLateIsNotComparedAndNothingElseIsLetGo) {
  EXPECT_THAT(asked({answer(0)}), HasSubstr("action 2 of the plugin: nothing / "));
  EXPECT_EQ(asked({answer(0), {0, session::input::PluginHeard{1}}}), "identical") << "the second call had not returned";
  EXPECT_THAT(asked({answer(0), {0, session::input::PluginHeard{2}}}), HasSubstr("nothing / "));
  EXPECT_THAT(asked({answer(0), answer(1), answer(2), answer(2)}), HasSubstr("action 4 of the plugin"));
}

TEST_F(AskedAgain, ATickItDidNotHearOfIsNotTold) {
  const auto process = fixture("echo");
  const std::vector<session::Input> stored{{0, session::input::TickSkipped{bench_.now()}}};
  PluginAgain again(*process, stored);
  std::vector<PluginActed> none;
  again.deliver(bench_.event(what::Tick{}), 0, {}, none);
  EXPECT_EQ(process->statistics().events, 0U);
  bench_.press(0, std::chrono::milliseconds(50));
  again.deliver(bench_.event(what::Tick{}), 0, {}, none);
  EXPECT_EQ(process->statistics().events, 1U);
}

}  // namespace
}  // namespace knead::live
