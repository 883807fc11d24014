// SPDX-License-Identifier: Apache-2.0
// Each check against a plugin that has just the fault it looks for, and against plugins that have none.
#include "plugins/check/checks.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/host/find_plugin.hpp"

namespace knead::check {
namespace {

using testing::HasSubstr;

Subject subject_of(const std::string& file) {
  return {file, host::find_host_program().value(), routine_for(file, "", {}).value(), 1};
}
Subject faulty(const std::string& fault) { return subject_of(fmt::format("{}/faulty_{}.so", KNEAD_FAULTY, fault)); }
Subject fixture(const std::string& name) { return subject_of(fmt::format("{}/{}", KNEAD_FIXTURES, name)); }

Judgement judge(std::string_view check, const Subject& subject) { return find_check(check)->run(subject); }

struct Case {
  const char* fault;
  const char* check;
  Verdict verdict;
  const char* reason;
};

class EachFault : public testing::TestWithParam<Case> {};

TEST_P(EachFault, IsSeenByItsCheckWithAReasonAndARemedy) {
  const Case& c = GetParam();
  const Judgement seen = judge(c.check, faulty(c.fault));
  EXPECT_EQ(to_string(seen.verdict), to_string(c.verdict)) << seen.reason;
  EXPECT_THAT(seen.reason, HasSubstr(c.reason));
  EXPECT_NE(seen.remedy, "");
}

INSTANTIATE_TEST_SUITE_P(
    Plugins, EachFault,
    testing::Values(
        Case{"open", "exports", Verdict::kWarn, "1 symbol: faulty_helper"},
        Case{"create_crash", "loads", Verdict::kFail, "crashed (SIGABRT)"},
        Case{"id", "descriptor", Verdict::kFail, "its id is \"another\", its file is named faulty_id.so"},
        Case{"name", "descriptor", Verdict::kFail, "its descriptor has no fit name"},
        Case{"vendor", "descriptor", Verdict::kWarn, "it lacks a vendor"},
        Case{"destroy_hang", "lifecycle", Verdict::kFail, "did not answer in time"},
        Case{"destroy_crash", "lifecycle", Verdict::kFail, "on destroy(): the plugin crashed (SIGABRT)"},
        Case{"refusal", "refusal", Verdict::kFail, "gives no reason"},
        Case{"refusal_crash", "refusal", Verdict::kFail, "crashed (SIGABRT)"},
        Case{"reps", "values", Verdict::kFail, "with reps = 1: "},
        Case{"tempo", "values", Verdict::kFail, "with the quickest tempo, create() returns null"},
        Case{"declares", "values", Verdict::kFail,
             "it declares the parameter gain as a number from 0 to 10, and refuses 10"},
        Case{"declares_crash", "values", Verdict::kFail, "with parameters.gain = 10: "},
        Case{"never_finishes", "session", Verdict::kFail, "ended by its time limit"},
        Case{"too_many_reps", "session", Verdict::kFail, "log.rep() was given a number out of range"},
        Case{"gives_up", "session", Verdict::kWarn, "finish(0)"},
        Case{"cue_too_early", "misuse", Verdict::kWarn, "cue() was called in the wrong state"},
        Case{"motor_level", "motor", Verdict::kFail, "request_motor() was given a number out of range"},
        Case{"motor_paused", "motor", Verdict::kFail, "on paused: request_motor() was called in the wrong state"},
        Case{"motor_after_finish", "motor", Verdict::kFail, "request_motor() was called in the wrong state"},
        Case{"inventor", "nobody", Verdict::kFail, "nobody touched the ball, and rep 1 "},
        Case{"bye_on_stop", "stop", Verdict::kFail, "on stopped: cue() was called in the wrong state"},
        Case{"bye_on_end", "early-end", Verdict::kFail, "on session_ended: cue() was called in the wrong state"},
        Case{"early_end", "early-end", Verdict::kFail, "on session_ended: the plugin crashed (SIGABRT)"},
        Case{"pause", "pause", Verdict::kFail, "on paused: the plugin crashed (SIGABRT)"},
        Case{"slow", "deadlines", Verdict::kWarn, "the longest took "},
        Case{"lazy", "deadlines", Verdict::kFail, "on activation_started; after 200 ms"},
        Case{"hang", "session", Verdict::kFail, "did not answer in time"},
        Case{"heavy", "random-sessions", Verdict::kFail, " of --seed 1: at "},
        Case{"order", "random-events", Verdict::kFail, " of --seed 1: at "},
        Case{"gap", "lost-samples", Verdict::kFail, "crashed (SIGABRT)"},
        Case{"negative", "odd-samples", Verdict::kFail, "crashed (SIGABRT)"},
        Case{"saturated", "odd-samples", Verdict::kWarn, "peak 400 N"},
        Case{"random", "determinism", Verdict::kFail, "the first has the measure host = "}),
    [](const auto& param) { return std::string(param.param.fault); });

TEST(PluginCheck, RepsWithoutAPressAreAWarningWhereTheRoutineAsksForPresses) {
  Subject ghosts = faulty("ghost_reps");
  EXPECT_EQ(judge("nobody", ghosts).verdict, Verdict::kPass);
  ghosts.routine.file = "by-press.toml";
  const Judgement seen = judge("nobody", ghosts);
  EXPECT_EQ(seen.verdict, Verdict::kWarn);
  EXPECT_THAT(seen.reason, HasSubstr("nobody pressed, and rep 1 "));
  ghosts.routine.activation->detect = session::RepDetection::kTempo;
  EXPECT_EQ(judge("nobody", ghosts).verdict, Verdict::kPass);
}

TEST(PluginCheck, MemoryThatIsKeptIsAWarningAndMuchOfItAFailure) {
  const Judgement little = judge("memory", faulty("slow_leak"));
  if (little.verdict == Verdict::kSkipped) GTEST_SKIP() << little.reason;
  EXPECT_EQ(little.verdict, Verdict::kWarn) << little.reason;
  const Judgement much = judge("memory", faulty("leak"));
  EXPECT_EQ(much.verdict, Verdict::kFail) << much.reason;
  EXPECT_NE(much.remedy, "");
}

TEST(PluginCheck, ASharedObjectWithoutTheEntryFailsAtItsExports) {
  const Judgement seen = judge("exports", fixture("no_entry.so"));
  EXPECT_EQ(seen.verdict, Verdict::kFail);
  EXPECT_THAT(seen.reason, HasSubstr("exports no symbol knead_entry"));
}

TEST(PluginCheck, AnotherAbiMajorFailsToLoadAndIsSpokenOfNoFurther) {
  const Subject other = fixture("other_abi.so");
  EXPECT_THAT(judge("loads", other).reason, HasSubstr("plugin interface 2"));
  for (const Check& each : all_checks()) {
    if (each.id == "exports" || each.id == "loads") continue;
    EXPECT_EQ(each.run(other).verdict, Verdict::kSkipped) << each.id;
  }
}

class SoundPlugin : public testing::TestWithParam<std::string> {};

TEST_P(SoundPlugin, PassesEveryCheck) {
  for (const Check& each : all_checks()) {
    const Judgement seen = each.run(subject_of(GetParam()));
    EXPECT_TRUE(seen.verdict == Verdict::kPass || seen.verdict == Verdict::kSkipped)
        << each.id << ": " << to_string(seen.verdict) << ": " << seen.reason;
    EXPECT_EQ(seen.remedy, "") << each.id;
  }
}

INSTANTIATE_TEST_SUITE_P(Plugins, SoundPlugin,
                         testing::Values(fmt::format("{}/faulty_none.so", KNEAD_FAULTY),
                                         host::find_plugin("activation", host::default_plugin_dirs()).value_or(""),
                                         fmt::format("{}/smallest.so", KNEAD_EXAMPLES)),
                         [](const auto& param) { return "Number" + std::to_string(param.index); });

}  // namespace
}  // namespace knead::check
