// SPDX-License-Identifier: Apache-2.0
// Plugins in their real sandboxed process, in lockstep.
#include "daemon/host/plugin_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <knead/ext/state.h>
#include <knead/plugin.h>
#include <poll.h>
#include <rapidcheck/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "daemon/host/landlock.hpp"
#include "daemon/host/unique_fd.hpp"
#include "tests/unit/host/plugin_bench.hpp"

namespace knead::host {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace what = session::event;

/// A plugin, and what it did so far.
class Lockstep : public PluginBench {
 public:
  explicit Lockstep(const std::string& file = {}) {
    if (!file.empty()) start(file);
  }
  void start(const std::string& file) { plugin_ = take(launch(file)); }
  void start_fixture(const std::string& does) { plugin_ = take(launch_fixture(does)); }

  Result<> tell(decltype(session::Event::what) event_of_now) {
    auto actions = plugin_->exchange(event(std::move(event_of_now)), head(), kEpoch);
    if (!actions) return std::unexpected(actions.error());
    for (const auto& action : *actions) did.take(action);
    return {};
  }
  /// The session up to the set.
  Result<> begin_set() {
    if (auto ok = tell(what::SessionStarted{}); !ok) return ok;
    return tell(what::ActivationStarted{});
  }
  /// Presses with @p force_n for @p time, with the ticks that fall into it.
  void hold(double force_n, std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= 50ms) {
      press(force_n, std::min<std::chrono::milliseconds>(time, 50ms));
      if (!did.finished.empty()) continue;  // the session would be over
      ASSERT_TRUE(tell(what::Tick{}).has_value());
    }
  }
  PluginProcess& plugin() { return *plugin_; }
  Doings did;

 private:
  static std::unique_ptr<PluginProcess> take(Result<std::unique_ptr<PluginProcess>> launched) {
    if (!launched) throw std::runtime_error(launched.error().message());
    return std::move(*launched);
  }
  std::unique_ptr<PluginProcess> plugin_;
};

std::string failure_of(Lockstep& set) {
  const auto result = set.begin_set();
  return result ? "none" : result.error().context;
}

// ---- Launching -----------------------------------------------------------------------------------------------------

TEST(PluginLaunching, SaysWhoThePluginIsAndWhatItUses) {
  Lockstep set(PluginBench::first_party());
  EXPECT_EQ(set.plugin().info().id, "activation");
  EXPECT_EQ(set.plugin().info().name, "Activation set");
  EXPECT_EQ(set.plugin().info().abi_major, 1U);
  EXPECT_THAT(set.plugin().info().extensions, ElementsAre("knead.samples/1", "knead.log/1"));
}

TEST(PluginLaunching, APluginIsDescribedWithoutBeingCreated) {
  const auto info = PluginProcess::describe(PluginBench::fixture("parameters.so"), find_host_program().value());
  ASSERT_TRUE(info.has_value()) << info.error().message();
  EXPECT_EQ(info->id, "parameters");
  EXPECT_THAT(info->extensions, IsEmpty());
  EXPECT_FALSE(info->parameters.empty());
  // Created without an exercise, this one would refuse.
  EXPECT_TRUE(PluginProcess::describe(PluginBench::first_party(), find_host_program().value()).has_value());
}

TEST(PluginLaunching, WhatIsNoPluginCannotBeDescribedEither) {
  const auto info = PluginProcess::describe(PluginBench::fixture("other_abi.so"), find_host_program().value());
  ASSERT_FALSE(info.has_value());
  EXPECT_EQ(info.error().code, Errc::kProtocol);
}

TEST(PluginLaunching, AMissingFileIsNamed) {
  PluginBench bench;
  const auto launched = bench.launch("/nowhere/x.so");
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kNotFound);
  EXPECT_THAT(launched.error().message(), AllOf(HasSubstr("/nowhere/x.so"), HasSubstr("no such plugin file")));
}

TEST(PluginLaunching, ATextFileIsNotAPlugin) {
  const auto file = std::filesystem::path(testing::TempDir()) / "text.so";
  std::ofstream(file) << "I am a text of some length, and by no means a shared object.\n";
  PluginBench bench;
  const auto launched = bench.launch(file);
  std::filesystem::remove(file);
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kInvalidInput);
  EXPECT_THAT(launched.error().message(),
              AllOf(HasSubstr(file.string()), HasSubstr("not a Knead plugin"), HasSubstr("shared object")));
}

TEST(PluginLaunching, ASharedObjectWithoutTheSymbolIsNotAPlugin) {
  PluginBench bench;
  const auto launched = bench.launch(PluginBench::fixture("no_entry.so"));
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kInvalidInput);
  EXPECT_THAT(launched.error().message(), HasSubstr("exports no symbol knead_entry"));
}

TEST(PluginLaunching, AnotherAbiMajorIsRefusedWithBothNumbers) {
  PluginBench bench;
  const auto launched = bench.launch(PluginBench::fixture("other_abi.so"));
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kProtocol);
  EXPECT_THAT(launched.error().message(), HasSubstr("built for plugin interface 2, and this Knead speaks 1"));
}

TEST(PluginLaunching, APluginMayRefuseARoutineWithAReason) {
  PluginBench bench;
  const auto launched = bench.launch_fixture("refuse");
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), HasSubstr("refuses this routine: not on a Monday"));
}

TEST(PluginLaunching, AnUnknownExerciseIsRefusedWithTheOnesThereAre) {
  PluginBench bench;
  bench.activation.exercise = "handstand";
  const auto launched = bench.launch(PluginBench::first_party());
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), AllOf(HasSubstr("\"handstand\""), HasSubstr("prone_y_lift")));
}

TEST(PluginLaunching, WhatThePluginRefusesIsSaidOfTheRoutinesFileAndLine) {
  PluginBench bench;
  bench.activation.exercise = "handstand";
  bench.activation.line = 16;
  bench.activation.column = 2;
  auto launch = bench.launch_of(PluginBench::first_party());
  launch.routine_file = "mine.toml";
  const auto launched = PluginProcess::launch(launch);
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().message(),
            "mine.toml:16:2: activation: the plugin refuses this routine: there is no exercise called \"handstand\"; "
            "there is prone_y_lift, prone_t_lift, prone_retraction, wall_push_plus, side_lying_external_rotation, "
            "bilateral_external_rotation");
}

TEST(PluginLaunching, ACrashWhileLoadingIsAnError) {
  PluginBench bench;
  const auto launched = bench.launch_fixture("crash-in-create");
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kDisconnected);
  EXPECT_THAT(launched.error().message(), HasSubstr("crashed (SIGSEGV)"));
}

TEST(PluginLaunching, AHangWhileLoadingIsAnError) {
  PluginBench bench;
  const auto launched = bench.launch_fixture("hang-in-create");
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kTimeout);
  EXPECT_THAT(launched.error().message(), HasSubstr("not ready within 2 s"));
}

TEST(PluginLaunching, AMissingHostProgramIsAnErrorAndNotACrash) {
  PluginBench bench;
  auto launch = bench.launch_of(PluginBench::first_party());
  launch.host_program = "/nowhere/knead-plugin-host";
  const auto launched = PluginProcess::launch(launch);
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), HasSubstr("/nowhere/knead-plugin-host"));
}

// ---- Events and samples --------------------------------------------------------------------------------------------

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

// ---- Parameters and further release
// ----------------------------------------------------------------------------------

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

// ---- The first-party plugin ----------------------------------------------------------------------------------------

TEST(ActivationPlugin, CountsAPersonsRepsAndEndsTheSet) {
  Lockstep set;
  set.activation.reps = 3;
  set.start(PluginBench::first_party());
  ASSERT_TRUE(set.begin_set().has_value());
  set.hold(0.0, 7000ms);
  for (int i = 0; i < 3; ++i) {
    set.hold(5.0, 4000ms);
    set.hold(0.0, 2000ms);
  }
  ASSERT_EQ(set.did.reps.size(), 3U);
  EXPECT_EQ(set.did.reps[0].n, 1);
  EXPECT_EQ(set.did.reps[0].start, SessionTime(7s));
  EXPECT_EQ(set.did.reps[0].duration, 4s);
  EXPECT_EQ(set.did.reps[0].peak, Newtons{5.0});
  EXPECT_NEAR(set.did.reps[0].impulse_ns, 20.0, 0.01);
  EXPECT_FALSE(set.did.reps[0].too_hard);
  EXPECT_THAT(set.did.finished, ElementsAre(true));
  EXPECT_EQ(set.did.measure("set_reps"), 3.0);
  EXPECT_EQ(set.did.measure("set_too_hard_pct"), 0.0);
  EXPECT_NEAR(set.did.measure("set_time_under_load_s"), 12.0, 1e-9);
  EXPECT_EQ(set.did.measure("set_mean_peak_n"), 5.0);
  EXPECT_NEAR(set.did.measure("set_impulse_ns"), 60.0, 0.03);
  EXPECT_EQ(set.plugin().statistics().misuses, 0U) << set.plugin().statistics().last_misuse;
}

TEST(ActivationPlugin, EndsTheSetItselfWhenTimeIsUpAndLeavesOutWhatNoRepGives) {
  Lockstep set;
  set.activation.max_elapsed = 15s;
  set.start(PluginBench::first_party());
  ASSERT_TRUE(set.begin_set().has_value());
  set.hold(0.0, 14'700ms);
  EXPECT_THAT(set.did.finished, IsEmpty());
  set.hold(0.0, 50ms);
  EXPECT_THAT(set.did.finished, ElementsAre(false));
  EXPECT_EQ(set.did.cues.back().text, "Time is up. 0 of 8 reps.");
  EXPECT_EQ(set.did.measure("set_reps"), 0.0);
  EXPECT_FALSE(set.did.has("set_mean_peak_n"));
  EXPECT_FALSE(set.did.has("set_too_hard_pct"));
  EXPECT_EQ(set.plugin().statistics().misuses, 0U) << set.plugin().statistics().last_misuse;
}

TEST(ActivationPlugin, TicksShortlyInTheHandAndNotAtAllWhereTheRoutineSaysSo) {
  const auto rep = [](bool haptics) {
    Lockstep set;
    set.activation.parameters = {{"haptics", haptics}};
    set.start(PluginBench::first_party());
    EXPECT_TRUE(set.begin_set().has_value());
    set.hold(0.0, 10'000ms);
    set.hold(5.0, 6000ms);
    EXPECT_EQ(set.plugin().statistics().misuses, 0U) << set.plugin().statistics().last_misuse;
    return set.did.motor;
  };
  const auto ticks = rep(true);
  ASSERT_EQ(ticks.size(), 6U) << "one for up, two for hold, three for down";
  for (const auto& tick : ticks) {
    EXPECT_EQ(tick.duration, 80ms);
    EXPECT_LT(tick.request.level.fraction(), 0.5);
  }
  EXPECT_THAT(rep(false), IsEmpty());
}

TEST(ActivationPlugin, RefusesASetByTempoThatHasNoTimeForItsReps) {
  PluginBench bench;
  bench.activation.detect = session::RepDetection::kTempo;
  bench.activation.max_elapsed = 60s;
  const auto launched = bench.launch(PluginBench::first_party());
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), HasSubstr("give max_elapsed_s = 66 or more"));
}

TEST(ActivationPlugin, SaysWhatThereIsHoweverLongTheNameOfWhatThereIsNot) {
  PluginBench bench;
  bench.activation.exercise = std::string(64, 'x');
  const auto launched = bench.launch(PluginBench::first_party());
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), HasSubstr("bilateral_external_rotation"));
}

TEST(ActivationPlugin, KeepsToItsInterfaceWhateverThePersonDoes) {
  Lockstep set(PluginBench::first_party());
  ASSERT_TRUE(set.begin_set().has_value());
  set.hold(0.0, 10'000ms);
  for (int i = 0; i < 1500; ++i) {  // drums on the ball, far too hard
    set.press(i % 2 == 0 ? 20.0 : 0.0, 1ms);
    if (i % 50 == 0) {
      ASSERT_TRUE(set.tell(what::Tick{}).has_value());
    }
  }
  set.press(0.0, 1ms);
  set.hold(5.0, 2050ms);  // the ticks for "hold" are under way
  ASSERT_TRUE(set.tell(what::Paused{"cli"}).has_value());
  const auto before = set.did.motor.size();
  set.press(5.0, 5000ms);
  ASSERT_TRUE(set.tell(what::Resumed{}).has_value());
  set.hold(5.0, 500ms);
  EXPECT_EQ(set.did.motor.size(), before);
  EXPECT_TRUE(set.did.reps.empty());
  EXPECT_LT(set.did.cues.size(), 15U);
  EXPECT_EQ(set.plugin().statistics().misuses, 0U) << set.plugin().statistics().last_misuse;
}

TEST(ActivationPlugin, WarnsOfARepThatIsTooHard) {
  Lockstep set(PluginBench::first_party());
  ASSERT_TRUE(set.begin_set().has_value());
  set.hold(0.0, 1000ms);
  set.hold(12.0, 1000ms);
  set.hold(0.0, 1000ms);
  ASSERT_EQ(set.did.reps.size(), 1U);
  EXPECT_TRUE(set.did.reps[0].too_hard);
  EXPECT_THAT(set.did.cues,
              testing::Contains(testing::Field(&session::Cue::kind, session::CueKind::kLighter)).Times(1));
}

TEST(ActivationPlugin, SaysTheSameThingsToTheSameSession) {
  const auto run = [] {
    Lockstep set(PluginBench::first_party());
    EXPECT_TRUE(set.begin_set().has_value());
    for (int i = 0; i < 9; ++i) {
      set.hold(0.0, 1500ms);
      set.hold(6.0 + i, 2500ms);
    }
    set.hold(0.0, 1000ms);
    return set.did;
  };
  const Doings first = run();
  const Doings second = run();
  EXPECT_EQ(first.cues, second.cues);
  EXPECT_EQ(first.reps, second.reps);
  EXPECT_EQ(first.reps.size(), 8U);
}

RC_GTEST_PROP(ActivationPlugin, CountsRepsAsAFewIndependentLinesDo, ()) {
  const auto presses = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 60), rc::gen::inRange(1, 800)));
  Lockstep set;
  set.activation.reps = 9;
  set.start(PluginBench::first_party());
  RC_ASSERT(set.begin_set().has_value());
  int expected = 0;
  bool free = false;
  int since = -1;
  int ms = 0;
  for (const auto& [tenths, time] : presses) {
    const double force = tenths / 10.0;
    if (since < 0 && free && force >= 3.0) since = ms;
    if (force <= 1.5) {
      if (since >= 0 && ms - since >= 300) ++expected;
      since = -1;
      free = true;
    }
    set.hold(force, std::chrono::milliseconds(time));
    ms += time;
  }
  RC_ASSERT(static_cast<int>(set.did.reps.size()) == std::min(expected, 9));
}

TEST(SmallestExample, LeadsThroughASet) {
  Lockstep set;
  set.activation.reps = 1;
  set.start(std::string(KNEAD_EXAMPLES) + "/smallest.so");
  ASSERT_TRUE(set.begin_set().has_value());
  set.hold(0.0, 8000ms);
  EXPECT_EQ(set.did.cues.size(), 2U);
  EXPECT_THAT(set.did.finished, ElementsAre(true));
}

// ---- Plugins that misbehave ----------------------------------------------------------------------------------------

TEST(PluginMisuse, IsAnsweredWithAStatusAndCounted) {
  Lockstep set;
  set.start_fixture("misuse");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("cue_null"), KNEAD_NULL);
  EXPECT_EQ(set.did.measure("cue_small"), KNEAD_BAD_SIZE);
  EXPECT_EQ(set.did.measure("cue_no_text"), KNEAD_NULL);
  EXPECT_EQ(set.did.measure("cue_kind"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("cue_escape"), KNEAD_BAD_TEXT);
  EXPECT_EQ(set.did.measure("motor_100"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("motor_nan"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("motor_long"), KNEAD_OK);
  EXPECT_EQ(set.did.measure("rep_2_first"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("refuse_late"), KNEAD_WRONG_STATE);
  EXPECT_EQ(set.did.measure("get_text_number"), KNEAD_WRONG_TYPE);
  EXPECT_EQ(set.did.measure("get_nothing"), KNEAD_NOT_FOUND);
  EXPECT_EQ(set.did.measure("finish_7"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("measure_nan"), KNEAD_OUT_OF_RANGE);
  EXPECT_FALSE(set.did.has("after_finish"));
  EXPECT_THAT(set.did.finished, ElementsAre(false));
  ASSERT_EQ(set.did.motor.size(), 1U) << "a motor request after finish() must not arrive";
  EXPECT_EQ(set.did.motor[0].duration, 250ms);
  EXPECT_THAT(set.did.cues, IsEmpty());
  EXPECT_EQ(set.plugin().statistics().misuses, 13U);
  EXPECT_EQ(set.plugin().statistics().last_misuse, "request_motor() was called in the wrong state");
}

TEST(PluginMisuse, PastABoundEndsThePluginWithAReasonForItsAuthor) {
  Lockstep set;
  set.start_fixture("flood-on");
  EXPECT_EQ(failure_of(set), "the plugin misused its interface 101 times; the last time cue() was called too often");
}

TEST(PluginMisuse, AFloodIsCutOff) {
  Lockstep set;
  set.start_fixture("flood");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.cues.size(), static_cast<std::size_t>(KNEAD_MAX_ACTIONS_PER_EVENT));
}

TEST(PluginSandbox, ACrashIsNamed) {
  Lockstep set;
  set.start_fixture("crash");
  EXPECT_EQ(failure_of(set), "the plugin crashed (SIGSEGV)");
  const auto again = set.tell(what::Tick{});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().context, "the plugin crashed (SIGSEGV)") << "and stays so";
}

TEST(PluginSandbox, AnAbortIsNamed) {
  Lockstep set;
  set.start_fixture("abort");
  EXPECT_EQ(failure_of(set), "the plugin crashed (SIGABRT)");
}

TEST(PluginSandbox, AnExitIsNamed) {
  Lockstep set;
  set.start_fixture("exit");
  EXPECT_EQ(failure_of(set), "the plugin ended its process (exit status 3)");
}

TEST(PluginSandbox, NoProcessOrSocketIsMadeAndTheAuthorLearnsWhichCallItWas) {
  Lockstep forker;
  forker.start_fixture("fork");
  EXPECT_EQ(failure_of(forker), "the plugin called clone(), which plugins may not");
  Lockstep caller;
  caller.start_fixture("socket");
  EXPECT_EQ(failure_of(caller), "the plugin called socket(), which plugins may not");
}

TEST(PluginSandbox, NoThreadIsStarted) {
  Lockstep set;
  set.start_fixture("thread");
  // pthread_create() blocks all signals, so the call's name cannot be told.
  EXPECT_EQ(failure_of(set), "the plugin made a system call that plugins may not make (SIGSYS)");
}

TEST(PluginSandbox, NoFileIsOpened) {
  Lockstep set;
  set.start_fixture("open");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("open"), -1.0);
}

TEST(PluginSandbox, NoFileOfThePersonsIsReadWhileThePluginIsLoaded) {
  if (landlock::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  Lockstep set;
  set.start_fixture("open");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("open_while_loading"), -1.0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(PluginSandbox, MemoryIsBounded) {
  Lockstep set;
  set.start_fixture("memory");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("memory"), 0.0) << "2 GB were handed out";
}
#endif

TEST(PluginSandbox, TheRingCannotBeWritten) {
  Lockstep set;
  set.start_fixture("write-ring");
  set.press(1.0, 10ms);
  const std::uint64_t head = set.head();
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.cues.size(), 1U);
  EXPECT_EQ(set.head(), head);
}

TEST(PluginSandbox, ForgedFramesEndIt) {
  Lockstep set;
  set.start_fixture("forge");
  EXPECT_EQ(failure_of(set), "the plugin sent a malformed frame");
}

// ---- The process ---------------------------------------------------------------------------------------------------

bool ends_within(int pidfd, std::chrono::milliseconds time) {
  pollfd wait{pidfd, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(time.count())) == 1;
}

UniqueFd watch(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

TEST(PluginProcess, EndsWithItsOwner) {
  PluginBench bench;
  auto plugin = bench.launch_fixture("echo").value();
  const UniqueFd process = watch(plugin->pid());
  ASSERT_TRUE(process.valid());
  EXPECT_FALSE(ends_within(process.get(), 0ms));
  plugin.reset();
  EXPECT_TRUE(ends_within(process.get(), 0ms)) << "the destructor returns when it is dead";
}

TEST(PluginProcess, InheritsTheSocketTheRingAndNothingElse) {
  const UniqueFd leak(::open("/etc/hostname", O_RDONLY));  // without O_CLOEXEC, as a careless library would
  PluginBench bench;
  const auto plugin = bench.launch_fixture("echo").value();
  std::vector<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(plugin->pid()) + "/fd")) {
    open.push_back(std::filesystem::read_symlink(entry.path()).string().substr(0, 7));
  }
  EXPECT_THAT(open, testing::UnorderedElementsAre("/dev/nu", "/dev/nu", "/dev/nu", "socket:", HasSubstr("memfd")));
}

TEST(PluginProcess, IsKilledWhenTheDaemonDies) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const UniqueFd from_daemon(pipe[0]);
  UniqueFd to_test(pipe[1]);
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // not left behind by a test that fails
    // The plugin hangs, so that a closed socket does not end it, and its daemon has no chance to.
    PluginBench bench;
    const auto plugin = bench.launch_fixture("motor-then-hang").value();
    boost::asio::io_context io;
    const auto stall = [&](const session::PluginAction&) {
      const pid_t pid = plugin->pid();
      (void)!::write(to_test.get(), &pid, sizeof pid);
      for (;;) ::pause();
    };
    plugin->attach(io, stall, [](const std::string&) {});
    plugin->post(bench.event(what::SessionStarted{}), 0, PluginBench::kEpoch);
    plugin->post(bench.event(what::ActivationStarted{}), 0, PluginBench::kEpoch);
    io.run();
    ::_exit(1);
  }
  to_test.reset();
  pid_t pid = -1;
  ASSERT_EQ(::read(from_daemon.get(), &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  ASSERT_GT(pid, 0);
  const UniqueFd process = watch(pid);
  EXPECT_FALSE(ends_within(process.get(), 0ms));
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
  EXPECT_TRUE(ends_within(process.get(), 10s));
}

}  // namespace
}  // namespace knead::host
