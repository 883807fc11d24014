// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "daemon/api/messages.hpp"
#include "daemon/cli/ask_safety.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/run_session.hpp"
#include "daemon/cli/terminal.hpp"

namespace knead::cli {
namespace {

struct RunOptions {
  std::string routine;
  std::string side;
  std::string profile;
  std::string ball;
  std::optional<int> before;
  std::optional<int> after;
  bool detach = false;
};

/// A path is meant against our working directory, not the daemon's.
std::string as_the_daemon_sees(const std::string& routine) {
  const bool path = routine.find('/') != std::string::npos || routine.ends_with(".toml");
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(routine, failed);
  return path && !failed ? absolute.lexically_normal().string() : routine;
}

/// The daemon refused a session: because the safety questions wait to be answered? Then they are, here and now.
/// @return whether it is worth another try.
bool answered_meanwhile(const Context& context, const RunOptions& options, const Error& refused) {
  if (refused.code != Errc::kUnanswered || !somebody_can_answer()) return false;
  const auto may = ask_and_keep(context, options.profile);
  if (!may) report(may.error());
  return may && *may;
}

ExitCode run_once(const Context& context, const RunOptions& options, bool again) {
  const api::RunRequest request{.routine = as_the_daemon_sees(options.routine),
                                .side = session::side_from(options.side),
                                .profile = options.profile,
                                .ball = options.ball,
                                .nrs_before = options.before,
                                .nrs_after = options.after,
                                .own = !options.detach};
  auto client = context.connect();
  if (!client) return report(client.error());
  if (!options.detach) {
    const auto exit = run_session(std::move(*client), request);
    if (exit) return *exit;
    if (!again && answered_meanwhile(context, options, exit.error())) return run_once(context, options, true);
    return report(exit.error());
  }
  const auto answer = client->call("session.run", to_json(request));
  if (!answer) {
    if (!again && answered_meanwhile(context, options, answer.error())) return run_once(context, options, true);
    return report(answer.error());
  }
  const auto reply = answer->is_object() ? api::run_reply_from(answer->get_object()) : api::RunReply{};
  fmt::print("session {} runs on {}; `knead status` follows it, `knead stop` stops it\n", reply.session_id, reply.ball);
  return ExitCode::kDone;
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("run", "Run a session: release, then activation");
  const auto options = std::make_shared<RunOptions>();
  command->add_option("routine", options->routine, "Its id, or a path")->required()->type_name("ROUTINE");
  command->add_option("--side", options->side, "left or right")->check(CLI::IsMember({"left", "right"}));
  command->add_option("--profile", options->profile, "Whose session it is")->type_name("NAME");
  command->add_option("--ball", options->ball, "The ball's serial, when there are several")->type_name("SERIAL");
  command->add_option("--before", options->before, "Pain before, 0 (none) to 10")
      ->check(CLI::Range(0, 10))
      ->type_name("NRS");
  command->add_option("--after", options->after, "Pain after, 0 to 10, where it is known already")
      ->check(CLI::Range(0, 10))
      ->type_name("NRS");
  command->add_flag("--detach", options->detach, "Leave the session to the daemon and return at once");
  command->footer("Keys: space pauses and goes on, q stops. Ctrl-C stops the session; a second one leaves at once.");
  command->callback(
      [&context, options] { context.action = [&context, options] { return run_once(context, *options, false); }; });
}

}  // namespace knead::cli
