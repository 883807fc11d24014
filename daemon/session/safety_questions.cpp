// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/safety_questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace knead::session {

namespace {

// The precautions on which a panel agreed for such tools, and those of their makers.
constexpr std::string_view kDelphi = "Delphi study, doi 10.3390/jcm10225360";
constexpr std::string_view kMakers = "makers' precaution lists; Delphi study, doi 10.3390/jcm10225360";

constexpr std::array kQuestions{
    SafetyQuestion{"wound", "Is the skin broken, or is there a wound, where you would press?", "a wound", kDelphi},
    SafetyQuestion{"fracture", "Do you have a broken bone, or one that may be broken, near there?", "a fracture",
                   kDelphi},
    SafetyQuestion{"inflammation", "Is anything near there inflamed just now: red, hot or swollen?",
                   "acute inflammation", kDelphi},
    SafetyQuestion{"clots", "Have you had a blood clot, or do you take blood thinners?",
                   "blood clots or blood thinners", kDelphi},
    SafetyQuestion{"osteoporosis", "Have you been told that you have osteoporosis (brittle bones)?", "osteoporosis",
                   kDelphi},
    SafetyQuestion{"pregnancy", "Are you pregnant?", "pregnancy", kMakers},
    SafetyQuestion{"pacemaker", "Do you have a pacemaker or another device implanted?", "a pacemaker", kMakers},
    SafetyQuestion{"sensation", "Do you feel touch, heat or pain less than you used to, anywhere you would press?",
                   "altered sensation", kDelphi},
    SafetyQuestion{"surgery", "Have you had surgery in the last months?", "recent surgery", kMakers},
};

constexpr std::array kWarnings{
    SafetyWarning{"Never press on the front or the side of the neck.",
                  "vertebral artery injury after massage devices, doi 10.5811/cpcem.2022.2.56046"},
    SafetyWarning{"Stop at once on headache, dizziness or numbness.", "EVIDENCE, Safety"},
    SafetyWarning{"See a practitioner about trouble that has lasted more than three months.", "EVIDENCE, Safety"},
    SafetyWarning{"Software cannot limit how hard you lean. It can tell you, and it can stop the motor.",
                  "EVIDENCE, Safety"},
};

std::string how_to_answer(std::string_view profile) {
  return profile.empty() ? std::string("answer them with `knead safety`")
                         : fmt::format("answer them with `knead safety --profile {}`", profile);
}

std::string whose(std::string_view profile) {
  return profile.empty() ? std::string() : fmt::format(" for profile \"{}\"", profile);
}

const SafetyQuestion* question(std::string_view id) {
  const auto* found = std::ranges::find(kQuestions, id, &SafetyQuestion::id);
  return found == kQuestions.end() ? nullptr : found;
}

}  // namespace

std::span<const SafetyQuestion> safety_questions() noexcept { return kQuestions; }
std::span<const SafetyWarning> safety_warnings() noexcept { return kWarnings; }

Result<> check_answers(const SafetyAnswers& answers) {
  constexpr const char* kSee = "`knead safety --show` shows the questions";
  if (answers.version != kSafetyQuestionsVersion) {
    return fail(Errc::kInvalidInput,
                fmt::format("these are answers to version {} of the safety questions, and version {} is asked",
                            answers.version, kSafetyQuestionsVersion),
                kSee);
  }
  for (const std::string& id : answers.yes) {
    if (question(id) == nullptr)
      return fail(Errc::kInvalidInput, fmt::format("there is no safety question \"{}\"", id), kSee);
  }
  return {};
}

Result<> may_begin(SafetyRule rule, bool simulated, std::string_view profile,
                   const std::optional<SafetyAnswers>& newest) {
  if (rule == SafetyRule::kPractitioner || (simulated && rule != SafetyRule::kAlways)) return {};
  if (!newest) {
    return fail(Errc::kUnanswered, fmt::format("the safety questions are not answered yet{}", whose(profile)),
                how_to_answer(profile));
  }
  if (newest->version != kSafetyQuestionsVersion) {
    return fail(Errc::kUnanswered,
                fmt::format("the safety questions have changed since they were answered{}", whose(profile)),
                how_to_answer(profile));
  }
  if (!newest->yes.empty() && !newest->clinician_asked) {
    return fail(Errc::kUnanswered,
                fmt::format("ask a clinician first: {} was answered with yes{}", named(newest->yes), whose(profile)),
                how_to_answer(profile) + " again when a clinician has nothing against it");
  }
  return {};
}

std::string named(const std::vector<std::string>& yes) {
  std::string text;
  for (std::size_t i = 0; i < yes.size(); ++i) {
    if (i > 0) text += i + 1 == yes.size() ? " and " : ", ";
    const SafetyQuestion* const asked = question(yes[i]);
    text += asked != nullptr ? asked->name : std::string_view(yes[i]);
  }
  return text;
}

}  // namespace knead::session
