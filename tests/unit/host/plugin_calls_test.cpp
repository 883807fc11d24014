// SPDX-License-Identifier: Apache-2.0
// What a plugin is told and what it may ask for, in its real sandboxed process, in lockstep.
#include "daemon/host/plugin_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <knead/ext/state.h>
#include <knead/plugin.h>

#include "tests/unit/host/lockstep.hpp"

namespace knead::host {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
namespace what = session::event;

TEST(PluginEvents, ArriveWithTheirFields) {
  Lockstep set;
  set.start_fixture("echo");
  ASSERT_TRUE(set.tell(what::SessionStarted{}).has_value());
  set.press(1.0, 2ms);
  ASSERT_TRUE(set.tell(what::StepStarted{1, session::Side::kLeft}).has_value());
  ASSERT_TRUE(set.tell(what::StepEnded{1, true, 90s, 95s}).has_value());
  ASSERT_TRUE(set.tell(what::ActivationStarted{}).has_value());
  std::vector<std::string> heard;
  for (const auto& note : set.did.notes) heard.push_back(note.text);
  EXPECT_THAT(heard, ElementsAre("1 t=0 side=1 step=0 completed=0 credited=0 elapsed=0",
                                 "2 t=2000 side=0 step=1 completed=0 credited=0 elapsed=0",
                                 "3 t=2000 side=0 step=1 completed=1 credited=90000000 elapsed=95000000",
                                 "4 t=2000 side=0 step=0 completed=1 credited=90000000 elapsed=95000000",
                                 "5 t=2000 side=0 step=0 completed=0 credited=0 elapsed=0"));
}

TEST(PluginSamples, AreThoseBetweenTheStartAndTheEvent) {
  Lockstep set;
  set.start_fixture("samples");
  set.press(9.0, 10ms);  // before the session: not the plugin's business
  const SessionTime start = set.now();
  ASSERT_TRUE(set.tell(what::SessionStarted{}).has_value());
  set.press(2.0, 20ms);
  const std::uint64_t then = set.head();
  set.press(3.0, 20ms);  // in the ring, but after the event's moment
  const auto actions = set.plugin().exchange(set.event(what::Tick{}), then, PluginBench::kEpoch);
  for (const auto& action : actions.value()) set.did.take(action);
  EXPECT_EQ(set.did.measure("count"), 20.0);
  EXPECT_EQ(set.did.measure("lost"), 0.0);
  EXPECT_EQ(set.did.measure("first_us"), static_cast<double>(start.time_since_epoch().count()));
  EXPECT_EQ(set.did.measure("last_us"), static_cast<double>(start.time_since_epoch().count()) + 19'000.0);
  EXPECT_EQ(set.did.measure("last_n"), 2.0);
}

TEST(PluginSamples, TheNumberLostIsTold) {
  Lockstep set;
  set.start_fixture("samples");
  ASSERT_TRUE(set.tell(what::SessionStarted{}).has_value());
  set.press(2.0, std::chrono::milliseconds((1 << 16) + 100));  // laps the ring
  ASSERT_TRUE(set.tell(what::Tick{}).has_value());
  EXPECT_GE(set.did.measure("lost"), 100.0);
}

TEST(PluginParameters, ThatAreNotWrittenHaveTheDeclaredDefault) {
  Lockstep set;
  set.activation.parameters = {{"gain", 7.0, 20, 1}};
  set.start(PluginBench::fixture("parameters.so"));
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("gain"), 7.0);
  EXPECT_EQ(set.did.measure("haptics"), 1.0);
  EXPECT_EQ(set.did.measure("voice_is_low"), 1.0);
  ASSERT_EQ(set.plugin().info().parameters.size(), 3U);
  EXPECT_EQ(set.plugin().info().parameters[0].values, "a number from 0 to 20 N");
}

TEST(PluginParameters, ThatDoNotFitNameTheRoutinesLine) {
  PluginBench bench;
  bench.activation.parameters = {{"gain", 90.0, 20, 5}};
  auto launch = bench.launch_of(PluginBench::fixture("parameters.so"));
  launch.routine_file = "mine.toml";
  const auto launched = PluginProcess::launch(launch);
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kInvalidInput);
  EXPECT_EQ(launched.error().context, "mine.toml:20:5: activation.parameters.gain: is 90");
  EXPECT_EQ(launched.error().remedy, "give a number from 0 to 20 N");
}

TEST(PluginParameters, WithABadDeclarationAreThePluginsFault) {
  PluginBench bench;
  bench.activation.exercise = "declares-badly";
  const auto launched = bench.launch(PluginBench::fixture("bad_parameters.so"));
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), HasSubstr("its parameter gain has no fit range"));
}

TEST(PluginState, IsNothingAtFirst) {
  Lockstep set;
  set.start_fixture("keep");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("kept"), 0.0);
}

TEST(PluginState, IsWhatWasSavedBeforeThenWhatIsSavedNow) {
  Lockstep set;
  set.state = {'\x07', '\0', 'a', 'b'};
  set.start_fixture("keep");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("kept"), 4.0);
  EXPECT_EQ(set.did.measure("kept_first"), 7.0);
  EXPECT_EQ(set.did.measure("load_small"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("save_too_much"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("save_null"), KNEAD_NULL);
  EXPECT_EQ(set.did.measure("save"), KNEAD_OK);
  EXPECT_EQ(set.did.measure("kept_now"), 3.0);
  ASSERT_EQ(set.did.saved.size(), 1U);
  EXPECT_EQ(set.did.saved[0], std::string_view("\x08\x00\xFF", 3));
}

TEST(PluginState, IsSavedSoOftenAndNoOftener) {
  Lockstep set;
  set.start_fixture("save-for-ever");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("saved"), KNEAD_MAX_STATE_SAVES);
  EXPECT_EQ(set.did.saved.size(), std::size_t{KNEAD_MAX_STATE_SAVES});
}

TEST(FurtherRelease, IsGrantedWithinTheRoutinesBoundsAndPutsTheSetBack) {
  Lockstep set;
  set.activation.further_release = 20s;
  set.start(PluginBench::fixture("parameters.so"));
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.releases, (std::vector<std::chrono::microseconds>{15s}));
  EXPECT_EQ(set.did.measure("first"), KNEAD_OK);
  EXPECT_EQ(set.did.measure("motor_after"), KNEAD_WRONG_STATE);
  EXPECT_EQ(set.did.measure("beyond"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("too_short"), KNEAD_OUT_OF_RANGE);
}

}  // namespace
}  // namespace knead::host
