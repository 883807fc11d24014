// SPDX-License-Identifier: Apache-2.0
// The safety questions at a terminal.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "daemon/cli/context.hpp"
#include "daemon/core/error.hpp"
#include "daemon/session/safety_questions.hpp"

namespace knead::cli {

/// What a person must type, whole, to go on against a yes: no key that is hit by mistake.
constexpr std::string_view kClinicianWords = "I asked a clinician";

/// Prints a question; answers with the next line, or nothing at the end of the input.
using AskLine = std::function<std::optional<std::string>(const std::string& question)>;

/// Asks each question until it is answered with yes or no, then for the warnings, then, after a yes, for
/// kClinicianWords. @return the answers, to be kept as they are. Error: kRefused, the warnings were not agreed to;
/// kInvalidInput, the input ended.
Result<session::SafetyAnswers> ask_safety_questions(const AskLine& ask);

/// Asks at the terminal and has the daemon keep the answers. @return whether a session may begin now. Errors: as of the
/// asking and of the daemon.
Result<bool> ask_and_keep(const Context& context, const std::string& profile);

/// The questions and the warnings, for reading.
std::string safety_questions_text();

}  // namespace knead::cli
