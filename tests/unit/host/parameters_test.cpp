// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/parameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <limits>

namespace knead::host {
namespace {

using testing::HasSubstr;

knead_parameter_t number(const char* key, double minimum, double maximum, double fallback) {
  knead_parameter_t p{};
  p.size = sizeof p;
  p.type = KNEAD_PARAMETER_NUMBER;
  p.key = key;
  p.summary = "How much.";
  p.unit = "N";
  p.minimum = minimum;
  p.maximum = maximum;
  p.default_number = fallback;
  return p;
}
knead_parameter_t on_off(const char* key, double fallback) {
  knead_parameter_t p = number(key, 0, 0, fallback);
  p.type = KNEAD_PARAMETER_SWITCH;
  return p;
}
constexpr std::array<const char*, 3> kVoices{"low", "high", nullptr};
knead_parameter_t text(const char* key, const char* fallback, bool any = false) {
  knead_parameter_t p = number(key, 0, 0, 0);
  p.type = KNEAD_PARAMETER_TEXT;
  p.default_text = fallback;
  p.allowed_texts = any ? nullptr : kVoices.data();
  return p;
}

std::expected<std::vector<DeclaredParameter>, std::string> read(const std::vector<knead_parameter_t>& parameters) {
  std::vector<const knead_parameter_t*> list;
  for (const auto& each : parameters) list.push_back(&each);
  list.push_back(nullptr);
  knead_descriptor_t descriptor{};
  descriptor.parameters = list.data();
  return read_declarations(descriptor);
}
std::string flaw(knead_parameter_t parameter) {
  const auto declared = read({parameter});
  return declared ? "none" : declared.error();
}

const std::vector<DeclaredParameter>& some() {
  static const auto declared = read({number("gain", 0, 20, 5), on_off("haptics", 1), text("voice", "low")}).value();
  return declared;
}
std::string fault(const std::string& key, ParameterValue value) {
  std::vector<Parameter> given{{"parameters." + key, std::move(value)}};
  const auto found = settle(given, some());
  return found ? found->key + " " + found->text : "none";
}

TEST(Declarations, NoneIsFine) { EXPECT_TRUE(read_declarations(knead_descriptor_t{}).value().empty()); }

TEST(Declarations, AreDescribedForPeople) {
  EXPECT_EQ(describe_values(some()[0]), "a number from 0 to 20 N");
  EXPECT_EQ(describe_default(some()[0]), "5");
  EXPECT_EQ(describe_values(some()[1]), "true or false");
  EXPECT_EQ(describe_default(some()[1]), "true");
  EXPECT_EQ(describe_values(some()[2]), "one of \"low\", \"high\"");
  EXPECT_EQ(describe_default(some()[2]), "\"low\"");
}

TEST(Declarations, EveryFlawIsNamed) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(flaw(number("Gain", 0, 1, 0)), HasSubstr("a-z, 0-9 and _"));
  EXPECT_THAT(flaw(number(nullptr, 0, 1, 0)), HasSubstr("a-z, 0-9 and _"));
  EXPECT_THAT(flaw(number("gain", 2, 1, 1)), HasSubstr("no fit range"));
  EXPECT_THAT(flaw(number("gain", kNan, 1, 1)), HasSubstr("no fit range"));
  EXPECT_THAT(flaw(number("gain", 0, 1, 2)), HasSubstr("default out of its range"));
  EXPECT_THAT(flaw(number("gain", 0, 1, kNan)), HasSubstr("default out of its range"));
  EXPECT_THAT(flaw(on_off("haptics", 2)), HasSubstr("neither 0 nor 1"));
  EXPECT_THAT(flaw(text("voice", "shrill")), HasSubstr("does not allow"));
  EXPECT_THAT(flaw(text("voice", nullptr)), HasSubstr("no fit default"));
  EXPECT_THAT(flaw(text("voice", "\033[2J", true)), HasSubstr("no fit default"));
  knead_parameter_t odd = number("gain", 0, 1, 0);
  odd.type = 99;
  EXPECT_THAT(flaw(odd), HasSubstr("does not know"));
  odd = number("gain", 0, 1, 0);
  odd.size = 8;
  EXPECT_THAT(flaw(odd), HasSubstr("too small"));
  odd = number("gain", 0, 1, 0);
  odd.summary = nullptr;
  EXPECT_THAT(flaw(odd), HasSubstr("summary"));
  EXPECT_THAT(read({number("a", 0, 1, 0), number("a", 0, 1, 0)}).error(), HasSubstr("twice"));
}

TEST(Declarations, TheirNumberIsBounded) {
  std::vector<std::string> keys;
  for (int i = 0; i <= KNEAD_MAX_PARAMETERS; ++i) keys.push_back("p" + std::to_string(i));
  std::vector<knead_parameter_t> parameters;
  for (const std::string& key : keys) parameters.push_back(number(key.c_str(), 0, 1, 0));
  EXPECT_THAT(read(parameters).error(), HasSubstr("more than 16"));
  parameters.pop_back();
  EXPECT_TRUE(read(parameters).has_value());
}

TEST(Settling, WhatIsNotWrittenHasItsDefault) {
  std::vector<Parameter> given{{"reps", 8.0}, {"parameters.gain", 7.0}};
  EXPECT_FALSE(settle(given, some()).has_value());
  EXPECT_EQ(given, (std::vector<Parameter>{{"reps", 8.0},
                                           {"parameters.gain", 7.0},
                                           {"parameters.haptics", true},
                                           {"parameters.voice", std::string("low")}}));
}

TEST(Settling, WhatDoesNotFitIsNamedWithTheRemedy) {
  EXPECT_EQ(fault("gain", 90.0), "gain is 90; give a number from 0 to 20 N");
  EXPECT_EQ(fault("gain", true), "gain is true; give a number from 0 to 20 N");
  EXPECT_EQ(fault("haptics", 1.0), "haptics is 1; give true or false");
  EXPECT_EQ(fault("voice", std::string("shrill")), "voice is \"shrill\"; give one of \"low\", \"high\"");
  EXPECT_EQ(fault("gian", 1.0), "gian is not a parameter of this plugin; did you mean \"gain\"?");
  EXPECT_EQ(fault("colour", 1.0), "colour is not a parameter of this plugin; its parameters are gain, haptics, voice");
}

TEST(Settling, APluginWithoutParametersTakesNone) {
  std::vector<Parameter> given{{"parameters.gain", 1.0}};
  EXPECT_THAT(settle(given, {})->text, HasSubstr("has none; remove it"));
}

RC_GTEST_PROP(Settling, LeavesOnlyNumbersWithinTheirRange, (double value)) {
  std::vector<Parameter> given{{"parameters.gain", value}};
  const bool refused = settle(given, some()).has_value();
  RC_ASSERT(refused != (value >= 0.0 && value <= 20.0));
}

}  // namespace
}  // namespace knead::host
