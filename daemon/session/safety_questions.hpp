// SPDX-License-Identifier: Apache-2.0
// What is asked once of whoever wants to use a ball, and what is answered with (EVIDENCE, Safety). Pure: the record and
// the asking are somebody else's.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/safety_rule.hpp"

namespace knead::session {

struct SafetyQuestion {
  std::string_view id;    ///< kept in the record; never given another meaning
  std::string_view text;  ///< to be answered with yes or no
  std::string_view name;  ///< within a sentence: "osteoporosis"
  std::string_view source;
};

struct SafetyWarning {
  std::string_view text;
  std::string_view source;
};

/// Counted up when a question or a warning is added or comes to mean something else: then everybody is asked again.
constexpr int kSafetyQuestionsVersion = 1;

std::span<const SafetyQuestion> safety_questions() noexcept;
/// What whoever answers says to have read.
std::span<const SafetyWarning> safety_warnings() noexcept;

struct SafetyAnswers {
  int version = 0;                 ///< of the questions
  std::vector<std::string> yes{};  ///< ids; each other question was answered with no
  /// Where there is a yes: the person says, on purpose, that a clinician was asked and had nothing against it.
  bool clinician_asked = false;
  bool operator==(const SafetyAnswers&) const = default;
};

/// What was answered can be kept: every id is one, of the questions that are asked now. Error: kInvalidInput.
[[nodiscard]] Result<> check_answers(const SafetyAnswers& answers);

/// Whether a session may begin for @p profile, whose newest answers are @p newest. @p simulated: on a virtual ball.
/// Error: kRefused, with what is missing and how to answer.
[[nodiscard]] Result<> may_begin(SafetyRule rule, bool simulated, std::string_view profile,
                                 const std::optional<SafetyAnswers>& newest);

/// The questions that were answered with yes, within a sentence.
[[nodiscard]] std::string named(const std::vector<std::string>& yes);

}  // namespace knead::session
