// SPDX-License-Identifier: Apache-2.0
// knead-plugin-check as an author and as a script meet it: the real program.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "plugins/check/checks.hpp"
#include "tests/unit/cli/program_output.hpp"

namespace knead::check {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ProgramOutput run(const std::string& arguments) {
  return run_program(fmt::format("{} {}", KNEAD_PLUGIN_CHECK, arguments));
}

std::string faulty_file(const std::string& fault) { return fmt::format("{}/faulty_{}.so", KNEAD_FAULTY, fault); }

TEST(PluginCheckProgram, ASoundPluginEndsWithZeroAndIsIntroduced) {
  const ProgramOutput out = run("--only loads --only session " + faulty_file("none"));
  EXPECT_EQ(out.exit, 0);
  EXPECT_THAT(out.text, AllOf(HasSubstr("knead.samples/1, knead.log/1"), HasSubstr("PASS    session"),
                              HasSubstr("2 passed, 0 warnings, 0 failed"), Not(HasSubstr("again:"))));
}

TEST(PluginCheckProgram, AFailureEndsWithOneAndSaysWhatReproducesIt) {
  const ProgramOutput out = run(faulty_file("order") + " --seed 3 --only random-events");
  EXPECT_EQ(out.exit, 1);
  EXPECT_THAT(out.text,
              AllOf(HasSubstr("FAIL    random-events"), HasSubstr("of --seed 3"), HasSubstr("-> "),
                    HasSubstr("again: knead-plugin-check " + faulty_file("order") + " --seed 3 --only random-events")));
}

TEST(PluginCheckProgram, TheSameSeedFindsTheSame) {
  const std::string arguments = faulty_file("order") + " --seed 5 --only random-events";
  EXPECT_EQ(run(arguments).text, run(arguments).text);
}

TEST(PluginCheckProgram, AWarningFailsOnlyWhenItIsStrict) {
  EXPECT_EQ(run(faulty_file("vendor") + " --only descriptor").exit, 0);
  EXPECT_EQ(run(faulty_file("vendor") + " --only descriptor --strict").exit, 1);
}

TEST(PluginCheckProgram, WrongUseEndsWithTwoAndASentence) {
  const struct {
    std::string arguments;
    const char* says;
  } cases[] = {{"", "no plugin is named"},
               {"/nowhere/x.so", "there is no such plugin file"},
               {"no-such-plugin", "there is no plugin called"},
               {faulty_file("none") + " --only nothing", "there is no check \"nothing\""},
               {faulty_file("none") + " --routine /nowhere.toml", "/nowhere.toml"},
               {faulty_file("none") + " --sed 1", "--sed"}};
  for (const auto& c : cases) {
    const ProgramOutput out = run(c.arguments);
    EXPECT_EQ(out.exit, 2) << c.arguments;
    EXPECT_THAT(out.text, HasSubstr(c.says));
  }
}

TEST(PluginCheckProgram, ListsEveryCheckAndRunsNone) {
  const ProgramOutput out = run("--list");
  EXPECT_EQ(out.exit, 0);
  for (const Check& each : all_checks()) EXPECT_THAT(out.text, HasSubstr(std::string(each.sentence)));
}

TEST(PluginCheckProgram, AsJsonItIsOneObject) {
  const ProgramOutput out = run(faulty_file("refusal") + " --json --only refusal --only loads");
  EXPECT_EQ(out.exit, 1);
  const boost::json::value value = boost::json::parse(out.text);
  EXPECT_EQ(value.at("plugin").at("id").as_string(), "faulty_refusal");
  EXPECT_EQ(value.at("seed").as_int64(), 1);
  EXPECT_EQ(value.at("checks").as_array().size(), 2U);
  EXPECT_EQ(value.at("checks").at(1).at("id").as_string(), "refusal");
  EXPECT_EQ(value.at("checks").at(1).at("verdict").as_string(), "fail");
  EXPECT_EQ(value.at("summary").at("failed").as_int64(), 1);
}

}  // namespace
}  // namespace knead::check
