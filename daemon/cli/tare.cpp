// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string_view>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"

namespace knead::cli {
namespace {

ExitCode run(const Context& context, const std::string& ball) {
  boost::json::object params;
  if (!ball.empty()) params["ball"] = ball;
  const auto answer = context.ask("ball.tare", params);
  if (!answer) return report(answer.error());
  fmt::print("tared: what lies on the ball now counts as 0 N\n");
  if (!answer->is_object()) return ExitCode::kDone;
  const auto* problem = answer->get_object().if_contains("record_problem");
  if (problem != nullptr && problem->is_string() && !problem->get_string().empty())
    fmt::print(stderr, "knead: this is not on record: {}\n", std::string_view(problem->get_string()));
  return ExitCode::kDone;
}

}  // namespace

void add_tare(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("tare", "Take the force of this moment as zero; the ball lies still with nothing on it");
  const auto ball = std::make_shared<std::string>();
  command->add_option("--ball", *ball, "The ball's serial, when there are several")->type_name("SERIAL");
  command->callback([&context, ball] { context.action = [&context, ball] { return run(context, *ball); }; });
}

}  // namespace knead::cli
