// SPDX-License-Identifier: Apache-2.0
// The first-party plugin and the smallest example, in their real sandboxed process, in lockstep.
#include "daemon/host/plugin_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/host/lockstep.hpp"

namespace knead::host {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace what = session::event;

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

}  // namespace
}  // namespace knead::host
