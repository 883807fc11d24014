// SPDX-License-Identifier: Apache-2.0
// knead: the command line. Each command lives in a file of its own; this one only puts them together.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/core/toml_reader.hpp"

namespace {

int code(knead::cli::ExitCode exit) { return static_cast<int>(exit); }

/// What is wrong with the command line, and the remedy. Where a command should stand, CLI11 says only that one is
/// missing; a word that is none is named here, with the nearest right one.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* asked = &app;
  while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
  const auto words = app.remaining(true);
  const auto commands = asked->get_subcommands([](const CLI::App*) { return true; });
  constexpr std::string_view kHelp = "`knead --help` shows how it is used";
  if (words.empty() || commands.empty() || words.front().starts_with('-'))
    return fmt::format("{}; {}", error.what(), kHelp);
  std::vector<std::string> owned;  // get_name() may hand out a copy
  for (const auto* command : commands) owned.push_back(command->get_name());
  const std::vector<std::string_view> names(owned.begin(), owned.end());
  const auto nearest = knead::nearest_name(words.front(), names);
  return fmt::format("there is no command \"{}\"; {}", words.front(),
                     nearest ? fmt::format("did you mean \"{}\"?", *nearest) : std::string(kHelp));
}

}  // namespace

int main(int argc, char** argv) {
  using knead::cli::ExitCode;
  std::setlocale(LC_CTYPE, "");  // for nl_langinfo(CODESET): may the live view draw in UTF-8?

  knead::cli::Context context(knead::Environment::of_process());
  CLI::App app("knead: release a tight neck with the ball, then activate what should work instead.", "knead");
  app.set_version_flag("--version", "knead " KNEAD_VERSION);
  app.add_option("--socket", context.socket, "The daemon's socket (default: as configured)")->type_name("PATH");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong use, 3 stopped by a person, 4 no daemon or no ball.");

  knead::cli::add_status(app, context);
  knead::cli::add_devices(app, context);
  knead::cli::add_doctor(app, context);
  knead::cli::add_run(app, context);
  knead::cli::add_controls(app, context);
  knead::cli::add_tare(app, context);
  knead::cli::add_calibrate(app, context);
  knead::cli::add_safety(app, context);
  knead::cli::add_sessions(app, context);
  knead::cli::add_show(app, context);
  knead::cli::add_export(app, context);
  knead::cli::add_report(app, context);
  knead::cli::add_replay(app, context);
  knead::cli::add_db(app, context);
  knead::cli::add_simulate(app, context);
  knead::cli::add_routine(app, context);
  knead::cli::add_plugin(app, context);
  knead::cli::add_config(app, context);
  knead::cli::add_discomfort(app, context);
  knead::cli::add_trends(app, context);
  knead::cli::add_plan(app, context);
  knead::cli::add_profile(app, context);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "knead: {}\n", complaint(app, error));
    return code(ExitCode::kWrongUse);
  }
  const int exit = code(context.action());
  // A full disk or a closed pipe behind stdout must not look like success.
  if (std::fflush(stdout) != 0 && exit == 0) {
    fmt::print(stderr, "knead: cannot write the output; check the free space\n");
    return code(ExitCode::kFailed);
  }
  return exit;
}
