// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/ask_safety.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "daemon/api/safety_messages.hpp"
#include "daemon/cli/terminal.hpp"

namespace knead::cli {

namespace {

std::string trimmed(std::string_view line) {
  const auto from = line.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return std::string(line.substr(from, line.find_last_not_of(" \t\r") - from + 1));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::unexpected<Error> input_ended() {
  return fail(Errc::kInvalidInput, "the questions were not all answered, so nothing was kept",
              "answer them with `knead safety`, at a terminal or with its flags");
}

Result<bool> ask_yes_no(const AskLine& ask, const std::string& question) {
  for (;;) {
    const auto line = ask(question + " (y/n) ");
    if (!line) return input_ended();
    const std::string word = lower(trimmed(*line));
    if (word == "y" || word == "yes") return true;
    if (word == "n" || word == "no") return false;
  }
}

}  // namespace

Result<session::SafetyAnswers> ask_safety_questions(const AskLine& ask) {
  session::SafetyAnswers answers{.version = session::kSafetyQuestionsVersion};
  for (const auto& question : session::safety_questions()) {
    const auto yes = ask_yes_no(ask, std::string(question.text));
    if (!yes) return std::unexpected(yes.error());
    if (*yes) answers.yes.emplace_back(question.id);
  }
  std::string warnings = "\n";
  for (const auto& warning : session::safety_warnings()) warnings += fmt::format("  {}\n", warning.text);
  const auto agreed = ask_yes_no(ask, warnings + "Will you keep to this?");
  if (!agreed) return std::unexpected(agreed.error());
  if (!*agreed) {
    return fail(Errc::kRefused, "without that no session begins, and nothing was kept",
                "read docs/safety.md, and answer again with `knead safety`");
  }
  if (answers.yes.empty()) return answers;
  const auto words =
      ask(fmt::format("\nAsk a clinician first: you said yes to {}.\nIf one has nothing against it, type "
                      "\"{}\"; anything else begins no session: ",
                      session::named(answers.yes), kClinicianWords));
  if (!words) return input_ended();
  answers.clinician_asked = lower(trimmed(*words)) == lower(std::string(kClinicianWords));
  return answers;
}

Result<bool> ask_and_keep(const Context& context, const std::string& profile) {
  fmt::print("A few questions, once{}. They are kept on this computer only.\n\n",
             profile.empty() ? std::string() : fmt::format(", for profile \"{}\"", profile));
  const auto given = ask_safety_questions([](const std::string& question) { return ask_at_terminal(question); });
  if (!given) return std::unexpected(given.error());
  const auto kept =
      context.ask("safety.answer", to_json(api::SafetyAnswerRequest{.profile = profile, .given = *given}));
  if (!kept) return std::unexpected(kept.error());
  if (!kept->is_object()) return fail(Errc::kProtocol, "the daemon's answer to safety.answer is no object");
  return given->yes.empty() || given->clinician_asked;
}

std::string safety_questions_text() {
  std::string text = fmt::format("Asked once (version {}):\n", session::kSafetyQuestionsVersion);
  for (const auto& q : session::safety_questions()) text += fmt::format("  {:<13} {}\n", q.id, q.text);
  text += "Yes to any of them: ask a clinician first.\n\n";
  for (const auto& w : session::safety_warnings()) text += fmt::format("{}\n", w.text);
  return text;
}

}  // namespace knead::cli
