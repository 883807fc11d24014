// SPDX-License-Identifier: Apache-2.0
// R8: the dose has bounds. R9: bad input gets a clear error.
#include "daemon/session/routine.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

namespace knead::session {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// Line numbers of the tests below count on this text.
constexpr std::string_view kGood = R"([routine]
id = "good"
title = "Good"
method = "release-activate"

[[release]]
muscle = "upper_trapezius"
side = "chosen"
credit_s = 90
max_elapsed_s = 135
band_n = [15.0, 40.0]
hysteresis_n = 1.0
vibration = { level = 0.5, frequency_hz = 38, pattern = "steady" }

[activation]
plugin = "activation"
exercise = "prone_y_lift"
reps = 8
tempo_s = { up = 2, hold = 2, down = 2, rest = 1 }
detect = "press"
press_n = 3.0
ceiling_n = 8.0
)";

std::string with(std::string_view line, std::string_view instead, std::string_view text = kGood) {
  std::string changed(text);
  const std::size_t at = changed.find(line);
  EXPECT_NE(at, std::string::npos) << line;
  return changed.replace(at, line.size(), instead);
}

TEST(Routine, ReadsTheOneWeShip) {
  const auto routine = read_routine(KNEAD_SOURCE_DIR "/config/routines/upper-trap.toml");
  ASSERT_TRUE(routine.has_value()) << routine.error().message();
  EXPECT_EQ(routine->id, "upper-trap");
  EXPECT_EQ(routine->method, Method::kReleaseActivate);
  ASSERT_EQ(routine->release.size(), 1U);
  const ReleaseStep& step = routine->release[0];
  EXPECT_EQ(step.muscle, "upper_trapezius");
  EXPECT_EQ(step.side, StepSide::kChosen);
  EXPECT_EQ(step.credit, 90s);
  EXPECT_EQ(step.max_elapsed, 135s);
  EXPECT_EQ(step.band, (Band{.lo = {15}, .hi = {40}, .hysteresis = {1}}));
  EXPECT_EQ(step.vibration, (MotorRequest{.level = {128}, .pattern = protocol::Pattern::kSteady, .frequency_hz = 38}));
  ASSERT_TRUE(routine->activation.has_value());
  const Activation& activation = *routine->activation;
  EXPECT_EQ(activation.plugin, "activation");
  EXPECT_EQ(activation.reps, 8);
  EXPECT_EQ(activation.tempo.cycle(), 7s);
  EXPECT_EQ(activation.detect, RepDetection::kPress);
  EXPECT_EQ(activation.press, Newtons{3});
  EXPECT_EQ(activation.ceiling, Newtons{8});
  EXPECT_EQ(activation.max_elapsed, 5s + 84s);
  EXPECT_EQ(activation.line, 19) << "where it is told of what the plugin finds wrong";
  EXPECT_EQ(activation.column, 2);
  EXPECT_EQ(routine->contact, Newtons{2});
  EXPECT_EQ(routine->worst_case(), 240s);
  EXPECT_THAT(routine->source, HasSubstr("[routine]"));
}

TEST(Routine, FillsInWhatIsOptional) {
  std::string text = with("vibration = { level = 0.5, frequency_hz = 38, pattern = \"steady\" }\n", "");
  text = with("max_elapsed_s = 135\n", "", text);
  text = with("hysteresis_n = 1.0\n", "", text);
  text = with("side = \"chosen\"\n", "", text);
  const RoutineCheck check = check_routine(text, "good.toml");
  ASSERT_TRUE(check.routine.has_value());
  EXPECT_THAT(check.findings, IsEmpty());
  EXPECT_EQ(check.routine->release[0].max_elapsed, 135s);
  EXPECT_EQ(check.routine->release[0].vibration, MotorRequest{});
  EXPECT_EQ(check.routine->release[0].band.hysteresis, Newtons{1});
}

struct Wrong {
  std::string_view line;
  std::string_view instead;
  int at_line;
  std::string_view key;
  std::string_view says;
};

TEST(Routine, NamesLineKeyAndRemedyOfEachWrongOne) {
  constexpr Wrong kWrong[] = {
      {"reps = 8", "reps = 10", 18, "activation.reps", "is 10; give a whole number from 1 to 9"},
      {"reps = 8", "reps = 0", 18, "activation.reps", "is 0; give a whole number from 1 to 9"},
      {"reps = 8", "reps = -3", 18, "activation.reps", "is -3"},
      {"reps = 8", "reps = 7.5", 18, "activation.reps", "is 7.5; give a whole number"},
      {"reps = 8", "reps = \"8\"", 18, "activation.reps", "is a string"},
      {"credit_s = 90", "credit_s = 30", 9, "release[0].credit_s", "adds up to 30 s; make it 60 to 120 s"},
      {"credit_s = 90", "credit_s = 130", 9, "release[0].credit_s", "is 130; give a number from 1 to 120"},
      {"credit_s = 90", "credit_s = -90", 9, "release[0].credit_s", "is -90"},
      {"credit_s = 90", "credit_s = nan", 9, "release[0].credit_s", "is nan"},
      {"credit_s = 90", "credit_s = inf", 9, "release[0].credit_s", "is inf"},
      {"credit_s = 90", "credit_s = \"90\"", 9, "release[0].credit_s", "is a string"},
      {"credit_s = 90", "credit = 90", 9, "release[0].credit", "did you mean \"credit_s\"?"},
      {"credit_s = 90\n", "", 6, "release[0].credit_s", "is missing"},
      {"max_elapsed_s = 135", "max_elapsed_s = 80", 10, "release[0].max_elapsed_s", "too short to credit 90 s"},
      {"max_elapsed_s = 135", "max_elapsed_s = 170", 15, "activation.max_elapsed_s", "259 s, more than 240 s"},
      {"[15.0, 40.0]", "[40.0, 15.0]", 11, "release[0].band_n", "upside down"},
      {"[15.0, 40.0]", "[15.0, 15.0]", 11, "release[0].band_n", "upside down"},
      {"[15.0, 40.0]", "[15.0, 61.0]", 11, "release[0].band_n", "above the hard limit"},
      {"[15.0, 40.0]", "[2.0, 40.0]", 12, "release[0].hysteresis_n", "begin it at 3 N or above"},
      {"[15.0, 40.0]", "[1.0, 40.0]", 11, "release[0].band_n", "begin it at 3 N or above"},
      {"[15.0, 40.0]", "[-15.0, 40.0]", 11, "release[0].band_n", "value 1 is -15"},
      {"[15.0, 40.0]", "[15.0, nan]", 11, "release[0].band_n", "value 2 is nan"},
      {"[15.0, 40.0]", "[15.0]", 11, "release[0].band_n", "has 1 values"},
      {"hysteresis_n = 1.0", "hysteresis_n = 13", 12, "release[0].hysteresis_n", "give one from 0 to 12.5 N"},
      {"hysteresis_n = 1.0", "hysteresis_n = -1", 12, "release[0].hysteresis_n", "is -1"},
      {"side = \"chosen\"", "side = \"rigth\"", 8, "release[0].side", "did you mean \"right\"?"},
      {"level = 0.5", "level = 1.5", 13, "release[0].vibration.level", "is 1.5; give a number from 0 to 1"},
      {"level = 0.5, ", "", 13, "release[0].vibration.level", "is missing"},
      {"\"steady\"", "\"stedy\"", 13, "release[0].vibration.pattern", "did you mean \"steady\"?"},
      {"\"upper_trapezius\"", "\"upper trapezius\"", 7, "release[0].muscle", "a letter that a name may not have"},
      {"method = \"release-activate\"", "method = \"release\"", 4, "routine.method", "give one of"},
      {"method = \"release-activate\"\n", "", 1, "routine.method", "is missing"},
      {"method = ", "contact_n = 20\nmethod = ", 4, "routine.contact_n", "is 20; give a number from 0.5 to 10"},
      {"id = \"good\"", "id = \"../good\"", 2, "routine.id", "a letter that a name may not have"},
      {"plugin = \"activation\"", "pluggin = \"activation\"", 16, "activation.pluggin", "did you mean \"plugin\"?"},
      {"up = 2", "up = 0", 19, "activation.tempo_s.up", "is 0"},
      {"rest = 1", "rest = -1", 19, "activation.tempo_s.rest", "is -1"},
      {"detect = \"press\"", "detect = \"pres\"", 20, "activation.detect", "did you mean \"press\"?"},
      {"ceiling_n = 8.0", "ceiling_n = 3.0", 22, "activation.ceiling_n", "every rep of 3 N too hard"},
      {"ceiling_n = 8.0", "ceiling_n = 8.0\nmax_elapsed_s = 50", 23, "activation.max_elapsed_s",
       "too short for 8 reps of 7 s; give 56 or more"},
      {"title = \"Good\"", "title = Good", 3, "", "not valid TOML"},
      {"title = \"Good\"", "title = \"Good", 3, "", "not valid TOML"},
      {"[routine]", "[rutine]", 1, "rutine", "did you mean \"routine\"?"},
      {"[activation]", "[activatoin]", 15, "activatoin", "did you mean \"activation\"?"},
      {"[[release]]", "[release]", 6, "release", "give one or more tables: [[release]]"},
  };
  for (const Wrong& wrong : kWrong) {
    const RoutineCheck check = check_routine(with(wrong.line, wrong.instead), "good.toml");
    EXPECT_FALSE(check.routine.has_value()) << wrong.instead;
    bool found = false;
    std::string all;
    for (const Finding& finding : check.findings) {
      found = found || (finding.line == wrong.at_line && finding.key == wrong.key &&
                        finding.text.find(wrong.says) != std::string::npos);
      all += "\n  " + to_string(finding, "good.toml");
    }
    EXPECT_TRUE(found) << '"' << wrong.line << "\" -> \"" << wrong.instead << "\" found only:" << all;
  }
}

TEST(Routine, AccusesOnlyTheWrongKeyAndNotItsNeighbours) {
  for (const auto& [line, instead] :
       {std::pair{"credit_s = 90", "credit_s = nan"}, std::pair{"reps = 8", "reps = 10"},
        std::pair{"[15.0, 40.0]", "[40.0, 15.0]"}, std::pair{"press_n = 3.0", "press_n = -3.0"},
        std::pair{"hysteresis_n = 1.0", "hysteresis_n = \"1\""}}) {
    EXPECT_EQ(check_routine(with(line, instead), "good.toml").findings.size(), 1U) << instead;
  }
}

TEST(Routine, HoldsTheMethodToItsTotalCredit) {
  const std::string two_steps = with(R"([activation])", R"([[release]]
muscle = "levator_scapulae"
credit_s = 40
max_elapsed_s = 40
band_n = [10, 30]
[activation])",
                                     with("max_elapsed_s = 135", "max_elapsed_s = 95"));
  const RoutineCheck check = check_routine(two_steps, "good.toml");
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].key, "release[1].credit_s");
  EXPECT_THAT(check.findings[0].text, HasSubstr("adds up to 130 s"));
}

TEST(Routine, NeedsAnActivationForTheMethodButNotForACustomOne) {
  const std::string released_only(kGood.substr(0, kGood.find("[activation]")));
  const RoutineCheck check = check_routine(released_only, "good.toml");
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].key, "activation");
  const RoutineCheck custom = check_routine(with("\"release-activate\"", "\"custom\"", released_only), "good.toml");
  EXPECT_TRUE(custom.routine.has_value());
}

TEST(Routine, LetsACustomOneLeaveTheMethodWithinTheSafetyLimits) {
  const std::string custom = with("\"release-activate\"", "\"custom\"");
  const RoutineCheck gentle =
      check_routine(with("reps = 8", "reps = 20", with("credit_s = 90", "credit_s = 30", custom)), "good.toml");
  ASSERT_TRUE(gentle.routine.has_value());
  EXPECT_EQ(gentle.routine->worst_case(), 135s + 5s + 210s);

  EXPECT_FALSE(check_routine(with("[15.0, 40.0]", "[15.0, 70.0]", custom), "good.toml").routine.has_value());
  EXPECT_FALSE(check_routine(with("reps = 8", "reps = 51", custom), "good.toml").routine.has_value());
  EXPECT_FALSE(check_routine(with("level = 0.5", "level = 2", custom), "good.toml").routine.has_value());
  EXPECT_FALSE(check_routine(with("max_elapsed_s = 135", "max_elapsed_s = 181", custom), "good.toml").routine);
}

TEST(Routine, LimitsWhatOneSpotGetsAcrossSteps) {
  const std::string again = with("[activation]", R"([[release]]
muscle = "upper_trapezius"
side = "right"
credit_s = 40
band_n = [10, 30]
[activation])",
                                 with("\"release-activate\"", "\"custom\""));
  const RoutineCheck check = check_routine(again, "good.toml");
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].key, "release[1].credit_s");
  EXPECT_THAT(check.findings[0].text, HasSubstr("more than 120 s"));
}

TEST(Routine, LimitsTheVibrationOfASession) {
  const std::string longer = with("[activation]", R"([[release]]
muscle = "levator_scapulae"
credit_s = 90
vibration = { level = 0.2 }
band_n = [10, 30]
[activation])",
                                  with("\"release-activate\"", "\"custom\""));
  const RoutineCheck check = check_routine(longer, "good.toml");
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].key, "release[1].vibration");
  EXPECT_THAT(check.findings[0].text, HasSubstr("270 s"));
}

TEST(Routine, WarnsWhenTheIdIsNotTheFilesName) {
  const RoutineCheck check = check_routine(kGood, "/etc/knead/routines/other.toml");
  EXPECT_TRUE(check.routine.has_value());
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].severity, Finding::Severity::kWarning);
  EXPECT_EQ(check.findings[0].line, 2);
}

TEST(Routine, ReadAsAnErrorNamesFileLineKeyAndRemedy) {
  const auto missing = read_routine("/nowhere/upper-trap.toml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("/nowhere/upper-trap.toml"));
}

TEST(Routine, R7_APersonsOwnBandMayNotHoldTheForceOfNoTouch) {
  const auto routine = read_routine(KNEAD_SOURCE_DIR "/config/routines/upper-trap.toml");
  ASSERT_TRUE(routine) << routine.error().message();
  const auto refused = [&](double lo, double hi) {
    const auto fits = check_own_band(Band{.lo = Newtons{lo}, .hi = Newtons{hi}, .hysteresis = Newtons{1}}, *routine);
    if (fits) return false;
    EXPECT_THAT(fits.error().message(), HasSubstr("session.band_n"));
    return true;
  };
  EXPECT_TRUE(check_own_band(std::nullopt, *routine));
  EXPECT_FALSE(refused(12, 20));
  EXPECT_TRUE(refused(0, 40)) << "it would credit a ball that lies on the table";
  EXPECT_TRUE(refused(20, 12));
  EXPECT_TRUE(refused(12, 500));
}

// ---- What is for the plugin ----------------------------------------------------------------------------------------

TEST(PluginParameters, AreReadWithTheirPlaces) {
  const auto check = check_routine(with("ceiling_n = 8.0\n", R"(ceiling_n = 8.0

[activation.parameters]
gain = 7
haptics = false
  voice = "low"
)"),
                                   "good.toml");
  ASSERT_TRUE(check.routine) << to_string(check.findings.at(0), "good.toml");
  const auto& parameters = check.routine->activation->parameters;
  ASSERT_EQ(parameters.size(), 3U);
  EXPECT_EQ(std::get<double>(parameters[0].value), 7.0);
  EXPECT_EQ(std::get<bool>(parameters[1].value), false);
  EXPECT_EQ(std::get<std::string>(parameters[2].value), "low");
  EXPECT_EQ(parameters[2].key, "voice");
  EXPECT_EQ(parameters[2].line, 27);
  EXPECT_EQ(parameters[2].column, 3);
}

TEST(PluginParameters, OfAnOddShapeAreFindings) {
  const auto text_of = [](std::string_view line) {
    const std::string table = "ceiling_n = 8.0\n[activation.parameters]\n";
    const auto check = check_routine(with("ceiling_n = 8.0\n", table + std::string(line)), "good.toml");
    return check.findings.empty() ? "none" : check.findings[0].key + " " + check.findings[0].text;
  };
  EXPECT_EQ(text_of("gain = [1, 2]"), "activation.parameters.gain is an array; give a number, a text, true or false");
  EXPECT_THAT(text_of("gain = inf"), HasSubstr("activation.parameters.gain is inf; give a number"));
  EXPECT_THAT(text_of("Gain = 1"), HasSubstr("use a-z, 0-9 and '_'"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "p" + std::to_string(i) + " = 1\n";
  EXPECT_THAT(text_of(many), HasSubstr("p16 is one too many"));
}

TEST(FurtherReleaseKey, CountsIntoTheDose) {
  const auto with_further = [](std::string_view seconds) {
    return check_routine(with("ceiling_n = 8.0", "ceiling_n = 8.0\nfurther_release_s = " + std::string(seconds),
                              with("max_elapsed_s = 135", "max_elapsed_s = 110", with("reps = 8", "reps = 4"))),
                         "good.toml");
  };
  const auto good = with_further("20");
  ASSERT_TRUE(good.routine) << to_string(good.findings.at(0), "good.toml");
  EXPECT_EQ(good.routine->activation->further_release, 20s);
  const auto most = with_further("31");
  ASSERT_EQ(most.findings.size(), 1U);
  EXPECT_EQ(most.findings[0].key, "activation.further_release_s");
  EXPECT_THAT(most.findings[0].text, HasSubstr("may add up to 121 s; make it 30 s at most"));
}

TEST(FurtherReleaseKey, CountsIntoTheLongestCourse) {
  const Routine plain = check_routine(kGood, "good.toml").routine.value();
  Routine more = plain;
  more.activation->further_release = 20s;
  EXPECT_EQ(more.longest_course() - plain.longest_course(), 30s + 2 * kSideChangeWait);
}

}  // namespace
}  // namespace knead::session
