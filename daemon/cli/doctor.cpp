// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/checks.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/host/landlock.hpp"
#include "daemon/live/ball_models.hpp"
#include "daemon/live/folders.hpp"

namespace knead::cli {
namespace {

/// Where the configuration is wrong, another check says so; balls are looked for all the same.
Result<std::vector<hw::BallModel>> ball_models(const Context& context) {
  const auto loaded = context.config();
  if (!loaded) return hw::default_ball_models();
  return live::load_ball_models(live::ball_model_folders(loaded->config, context.environment()));
}

ExitCode examine(const Context& context, bool json) {
  std::vector<Check> checks{{.name = "version", .saw = "knead " KNEAD_VERSION}};
  checks.push_back(check_configuration(context));
  checks.push_back(check_daemon(context));
  for (auto& check : check_usb(ball_models(context))) checks.push_back(std::move(check));
  checks.push_back(check_realtime(context));
  checks.push_back(check_memory_lock(context));
  for (auto& check : check_latency(context)) checks.push_back(std::move(check));
  for (auto& check : check_calibration(context)) checks.push_back(std::move(check));
  checks.push_back(judge_sandbox(host::landlock::version()));
  checks.push_back(check_database(context));
  for (auto& check : check_safety(context)) checks.push_back(std::move(check));
  if (json)
    print_json(checks_json(checks));
  else
    fmt::print("{}\n{}", checks_text(checks), safety_text());
  return exit_code_of_checks(checks);
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("doctor", "What is missing for a session, and how to mend it");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->callback([&context, json] { context.action = [&context, json] { return examine(context, *json); }; });
}

}  // namespace knead::cli
