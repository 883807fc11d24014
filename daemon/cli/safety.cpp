// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "daemon/api/safety_messages.hpp"
#include "daemon/cli/ask_safety.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/terminal.hpp"

namespace knead::cli {
namespace {

struct SafetyOptions {
  std::string profile;
  std::vector<std::string> apply;
  bool show = false;
  bool json = false;
  bool none_apply = false;
  bool read = false;
  bool clinician_asked = false;

  [[nodiscard]] bool answers() const { return none_apply || !apply.empty() || read || clinician_asked; }
};

void print(const api::SafetyStatus& status) {
  if (status.answered) {
    const auto& given = status.answered->given;
    fmt::print("Answered on {:.10} (version {}): {}{}.\n", status.answered->at, given.version,
               given.yes.empty() ? std::string("no to all") : "yes to " + session::named(given.yes),
               given.clinician_asked ? ", and that a clinician was asked" : "");
  }
  if (status.rule == "practitioner") fmt::print("This installation asks nobody: whoever set it up does.\n");
  if (!status.may_begin)
    fmt::print("No session begins on a ball: {}\n", status.why);
  else
    fmt::print("Sessions may begin.\n");
}

Result<boost::json::object> answer_of(const Result<boost::json::value>& answer) {
  if (!answer) return std::unexpected(answer.error());
  if (!answer->is_object()) return fail(Errc::kProtocol, "the daemon's answer about the safety questions is no object");
  return answer->get_object();
}

ExitCode show(const Context& context, const SafetyOptions& options) {
  boost::json::object params;
  if (!options.profile.empty()) params["profile"] = options.profile;
  const auto status = answer_of(context.ask("safety.questions", params));
  if (options.json) {
    if (!status) return report(status.error());
    print_json(*status);
    return ExitCode::kDone;
  }
  fmt::print("{}\n", safety_questions_text());
  if (!status) return report(status.error());
  print(api::safety_status_from(*status));
  return ExitCode::kDone;
}

/// Of answers given as options: do they say something, and one thing?
Result<> check(const SafetyOptions& options) {
  if (!options.read) {
    return fail(Errc::kInvalidInput, "--i-have-read is missing",
                "say it when you have read the questions and warnings of `knead safety --show`");
  }
  if (options.none_apply == !options.apply.empty())
    return fail(Errc::kInvalidInput, "these answers say nothing, or two things", "say either --none-apply or --apply");
  if (options.clinician_asked && options.none_apply) {
    return fail(Errc::kInvalidInput, "there is nothing to ask a clinician about",
                "--asked-a-clinician goes with --apply");
  }
  return {};
}

ExitCode run(const Context& context, const SafetyOptions& options) {
  if (options.show) return show(context, options);
  if (!options.answers()) {
    if (!somebody_can_answer() || options.json) {
      fmt::print(stderr, "{}", safety_questions_text());
      return report_wrong_use({.code = Errc::kInvalidInput,
                               .context = "nobody can be asked here",
                               .remedy = "answer with --i-have-read and --none-apply, or --apply for each question "
                                         "answered with yes"});
    }
    const auto may = ask_and_keep(context, options.profile);
    if (!may) return report(may.error());
    fmt::print("{}\n", *may ? "Kept. Sessions may begin." : "Kept. No session begins until a clinician was asked.");
    return *may ? ExitCode::kDone : ExitCode::kFailed;
  }
  if (const auto right = check(options); !right) return report_wrong_use(right.error());
  const api::SafetyAnswerRequest request{.profile = options.profile,
                                         .given = {.version = session::kSafetyQuestionsVersion,
                                                   .yes = options.apply,
                                                   .clinician_asked = options.clinician_asked}};
  const auto kept = answer_of(context.ask("safety.answer", to_json(request)));
  if (!kept) return report(kept.error());
  if (options.json)
    print_json(*kept);
  else
    print(api::safety_status_from(*kept));
  return api::safety_status_from(*kept).may_begin ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

void add_safety(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("safety", "Answer the safety questions, once for each profile; or show them");
  const auto options = std::make_shared<SafetyOptions>();
  command->add_option("--profile", options->profile, "Whose answers these are")->type_name("NAME");
  command->add_flag("--show", options->show, "Show the questions, the warnings, and what was answered");
  command->add_flag("--i-have-read", options->read, "The questions and the warnings were read, and will be kept to");
  command->add_flag("--none-apply", options->none_apply, "The answer to each question is no");
  command->add_option("--apply", options->apply, "The answer to this question is yes; may be repeated")
      ->type_name("ID");
  command->add_flag("--asked-a-clinician", options->clinician_asked,
                    "A clinician was asked about what applies, and has nothing against it");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Without a flag it asks at the terminal. A session on a ball begins only for who has answered.");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
