// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/safety_questions.hpp"

#include <gmock/gmock.h>

#include <set>

namespace knead::session {
namespace {

using testing::HasSubstr;

std::string refusal(SafetyRule rule, bool simulated, const std::optional<SafetyAnswers>& newest,
                    std::string_view profile = "anna") {
  const auto may = may_begin(rule, simulated, profile, newest);
  if (may) return "may begin";
  EXPECT_EQ(may.error().code, Errc::kUnanswered);
  EXPECT_THAT(may.error().remedy, HasSubstr("`knead safety"));
  return may.error().context;
}

const SafetyAnswers kAllNo{.version = kSafetyQuestionsVersion};

TEST(SafetyQuestions, AskForEveryContraindicationOfTheEvidenceWithItsSource) {
  std::set<std::string_view> ids;
  for (const auto& question : safety_questions()) {
    EXPECT_TRUE(ids.insert(question.id).second) << question.id;
    EXPECT_EQ(question.id.find(' '), std::string_view::npos) << "ids are kept with a space between them";
    EXPECT_TRUE(question.text.ends_with("?")) << question.text;
    EXPECT_FALSE(question.source.empty()) << question.id;
  }
  EXPECT_THAT(ids, testing::ElementsAre("clots", "fracture", "inflammation", "osteoporosis", "pacemaker", "pregnancy",
                                        "sensation", "surgery", "wound"));
  std::string warnings;
  for (const auto& warning : safety_warnings()) warnings += warning.text;
  for (const char* word : {"front or the side of the neck", "headache, dizziness or numbness", "three months"})
    EXPECT_THAT(warnings, HasSubstr(word));
}

TEST(SafetyQuestions, AreAskedOnceOfWhoUsesARealBall) {
  EXPECT_THAT(refusal(SafetyRule::kAsk, false, std::nullopt), HasSubstr("not answered yet for profile \"anna\""));
  EXPECT_EQ(refusal(SafetyRule::kAsk, false, kAllNo), "may begin");
  EXPECT_EQ(refusal(SafetyRule::kAsk, true, std::nullopt), "may begin") << "nobody's neck is on a virtual ball";
  EXPECT_THAT(refusal(SafetyRule::kAlways, true, std::nullopt), HasSubstr("not answered"));
  EXPECT_EQ(refusal(SafetyRule::kPractitioner, false, std::nullopt), "may begin");
}

TEST(SafetyQuestions, AreAskedAgainWhenTheyHaveChanged) {
  SafetyAnswers old = kAllNo;
  old.version = kSafetyQuestionsVersion - 1;
  EXPECT_THAT(refusal(SafetyRule::kAsk, false, old), HasSubstr("have changed"));
  EXPECT_FALSE(check_answers(old)) << "nor are they kept";
}

TEST(SafetyQuestions, AYesNeedsADeliberateWordThatAClinicianWasAsked) {
  SafetyAnswers yes{.version = kSafetyQuestionsVersion, .yes = {"osteoporosis", "clots", "surgery"}};
  EXPECT_EQ(
      refusal(SafetyRule::kAsk, false, yes, ""),
      "ask a clinician first: osteoporosis, blood clots or blood thinners and recent surgery was answered with yes");
  yes.clinician_asked = true;
  EXPECT_EQ(refusal(SafetyRule::kAsk, false, yes), "may begin");
  EXPECT_FALSE(check_answers({.version = kSafetyQuestionsVersion, .yes = {"headache"}}));
  EXPECT_TRUE(check_answers(yes));
}

TEST(SafetyRuleNames, ComeBackAsTheyWent) {
  for (const SafetyRule rule : {SafetyRule::kAsk, SafetyRule::kAlways, SafetyRule::kPractitioner})
    EXPECT_EQ(safety_rule_from(to_string(rule)), rule);
  EXPECT_FALSE(safety_rule_from("never"));
}

}  // namespace
}  // namespace knead::session
