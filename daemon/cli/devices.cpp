// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <memory>

#include "daemon/api/messages.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/text.hpp"

namespace knead::cli {
namespace {

ExitCode list_devices(const Context& context, bool json) {
  const auto answer = context.ask("devices.list");
  if (!answer) return report(answer.error());
  const auto* balls = answer->is_object() ? answer->get_object().if_contains("balls") : nullptr;
  if (balls == nullptr || !balls->is_array())
    return report(Error{.code = Errc::kProtocol, .context = "the list of balls is no list", .remedy = {}});
  if (json) {
    print_json(*balls);
  } else {
    for (const auto& ball : balls->get_array())
      if (ball.is_object()) fmt::print("{}\n", describe(api::ball_status_from(ball.get_object())));
  }
  if (balls->get_array().empty())
    return report(Error{.code = Errc::kNoBall, .context = "no ball is there", .remedy = {}});
  return ExitCode::kDone;
}

}  // namespace

void add_devices(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("devices", "The balls the daemon sees");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->callback([&context, json] { context.action = [&context, json] { return list_devices(context, *json); }; });
}

}  // namespace knead::cli
