// SPDX-License-Identifier: Apache-2.0
// `knead routine check` and `knead plugin check` as an author meets them: the real program, and plugins in their real
// process.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/cli/program_output.hpp"

namespace knead::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A home with nothing in it, and a routine of the test's own.
class RoutineCheck : public testing::Test {
 protected:
  RoutineCheck() : home_(std::filesystem::path(testing::TempDir()) / fmt::format("routine_check_{}", ::getpid())) {
    std::filesystem::create_directories(home_);
  }
  ~RoutineCheck() override { std::filesystem::remove_all(home_); }

  [[nodiscard]] ProgramOutput knead(const std::string& arguments) const {
    return run_program(fmt::format("env -i HOME={} {} {}", home_.string(), KNEAD_PROGRAM, arguments));
  }
  /// @p activation: lines 9 and on of the file.
  [[nodiscard]] std::string routine(const std::string& activation,
                                    const std::string& method = "release-activate") const {
    const std::string file = (home_ / "mine.toml").string();
    std::ofstream(file) << "[routine]\nid = \"mine\"\ntitle = \"Mine\"\nmethod = \"" << method
                        << "\"\n[[release]]\nmuscle = \"upper_trapezius\"\ncredit_s = 60\nband_n = [15, 40]\n"
                        << activation;
    return file;
  }
  static std::string set_of(const std::string& plugin, const std::string& exercise = "prone_y_lift") {
    return fmt::format(
        "[activation]\nplugin = \"{}\"\nexercise = \"{}\"\nreps = 8\ntempo_s = {{ up = 2, hold = 2, down = 2, rest = 1 "
        "}}\n",
        plugin, exercise);
  }

 private:
  std::filesystem::path home_;
};

TEST_F(RoutineCheck, SaysTheDoseTheLongestCourseAndThatThePluginTakesIt) {
  const ProgramOutput out = knead("routine check upper-trap");
  EXPECT_EQ(out.exit, 0);
  EXPECT_THAT(out.text, AllOf(HasSubstr("held to the dose of the method"), HasSubstr("90 s credited in all"),
                              HasSubstr("135 s at most in the release"), HasSubstr("8 reps of prone_y_lift"),
                              HasSubstr("224 s from the first contact, of 240 s allowed"), HasSubstr("activation "),
                              HasSubstr(" takes it")));
}

TEST_F(RoutineCheck, TellsTheSameInJson) {
  const boost::json::value value = boost::json::parse(knead("routine check upper-trap --json").text);
  EXPECT_TRUE(value.at("ok").as_bool());
  EXPECT_TRUE(value.at("findings").as_array().empty());
  const boost::json::value& dose = value.at("dose");
  EXPECT_EQ(dose.at("method").as_string(), "release-activate");
  EXPECT_EQ(dose.at("credit_s").to_number<double>(), 90);
  EXPECT_EQ(dose.at("steps").at(0).at("max_elapsed_s").to_number<double>(), 135);
  EXPECT_EQ(dose.at("vibration_s").to_number<double>(), 135);
  EXPECT_EQ(dose.at("reps").as_int64(), 8);
  EXPECT_EQ(dose.at("worst_case_s").to_number<double>(), 224);
  EXPECT_EQ(dose.at("allowed_s").to_number<double>(), 240);
  EXPECT_EQ(value.at("plugin").at("id").as_string(), "activation");
}

TEST_F(RoutineCheck, ACustomRoutineIsShownAsOneAndHeldToAnotherBound) {
  const ProgramOutput out = knead("routine check " + routine("", "custom"));
  EXPECT_EQ(out.exit, 0);
  EXPECT_THAT(out.text, AllOf(HasSubstr("custom: leaves the method"), HasSubstr("activation  none"),
                              HasSubstr("90 s from the first contact, of 900 s allowed")));
}

TEST_F(RoutineCheck, CreditThatThePluginMayAskForIsPartOfTheDose) {
  const ProgramOutput out =
      knead("routine check " + routine(set_of("activation") + "further_release_s = 20\n") + " --json");
  const boost::json::value value = boost::json::parse(out.text);
  EXPECT_EQ(value.at("dose").at("further_release_s").to_number<double>(), 20);
  // 90 of the step, 89 of the set, 30 of the further step and 15 of each change to one.
  EXPECT_EQ(value.at("dose").at("worst_case_s").to_number<double>(), 90 + 89 + 30 + 30);
}

TEST_F(RoutineCheck, AnExerciseThatThePluginDoesNotKnowIsAFindingAtItsLine) {
  const std::string file = routine(set_of("activation", "handstand"));
  const ProgramOutput out = knead("routine check " + file);
  EXPECT_EQ(out.exit, 1);
  EXPECT_THAT(out.text, AllOf(HasSubstr(file + ":11:1: activation.exercise: "), HasSubstr("\"handstand\""),
                              HasSubstr("prone_y_lift"), Not(HasSubstr(": ok"))));
}

TEST_F(RoutineCheck, AParameterThatThePluginDoesNotTakeIsAFindingAtItsLine) {
  const std::string plugin = std::string(KNEAD_FIXTURES) + "/parameters.so";
  const std::string file = routine(set_of(plugin) + "[activation.parameters]\nhaptics = true\ngain = 90\n");
  EXPECT_THAT(knead("routine check " + file).text, HasSubstr(file + ":16:1: activation.parameters.gain: is 90;"));
  const ProgramOutput out = knead("routine check --json " + file);
  EXPECT_EQ(out.exit, 1);
  const boost::json::value value = boost::json::parse(out.text);
  EXPECT_EQ(value.at("findings").at(0).at("line").as_int64(), 16);
  EXPECT_EQ(value.at("findings").at(0).at("severity").as_string(), "error");
  EXPECT_FALSE(value.at("ok").as_bool());
}

TEST_F(RoutineCheck, APluginThatIsNotThereIsAWarning) {
  const std::string file = routine(set_of("elsewhere"));
  const ProgramOutput out = knead("routine check " + file);
  EXPECT_EQ(out.exit, 0);
  EXPECT_THAT(out.text, AllOf(HasSubstr(file + ":10:1: warning: activation.plugin: there is no plugin called"),
                              HasSubstr(": ok"), Not(HasSubstr("takes it"))));
}

TEST_F(RoutineCheck, AFileThatIsNoPluginIsAnErrorAtItsLine) {
  const std::string file = routine(set_of(std::string(KNEAD_FIXTURES) + "/no_entry.so"));
  const ProgramOutput out = knead("routine check " + file);
  EXPECT_EQ(out.exit, 1);
  EXPECT_THAT(out.text, AllOf(HasSubstr(file + ":10:1: activation.plugin: "), HasSubstr("knead_entry")));
}

TEST_F(RoutineCheck, WithAnErrorThereIsNoDose) {
  const ProgramOutput out = knead("routine check --json " + routine("", "release-activate"));
  EXPECT_EQ(out.exit, 1);
  const boost::json::value value = boost::json::parse(out.text);
  EXPECT_TRUE(value.at("dose").is_null());
  EXPECT_EQ(value.at("findings").as_array().size(), 1U);
}

TEST_F(RoutineCheck, PluginCheckIsTheCheckerWithItsOptionsAndExitCodes) {
  const std::string smallest = std::string(KNEAD_EXAMPLES) + "/smallest.so";
  const ProgramOutput sound = knead("plugin check " + smallest + " --only loads");
  EXPECT_EQ(sound.exit, 0);
  EXPECT_THAT(sound.text, HasSubstr("1 passed"));
  const ProgramOutput bad = knead(fmt::format("plugin check --only exports {}/no_entry.so", KNEAD_FIXTURES));
  EXPECT_EQ(bad.exit, 1);
  EXPECT_EQ(knead("plugin check /nowhere.so").exit, 2);
  EXPECT_THAT(knead("plugin check --help").text, HasSubstr("knead-plugin-check"));
  EXPECT_THAT(knead("plugin --help").text, HasSubstr("check"));
}

}  // namespace
}  // namespace knead::cli
