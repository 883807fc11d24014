// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "daemon/cli/commands.hpp"

namespace knead::cli {

void add_plugin(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("plugin", "List plugins and how they fare; check one; begin a new one");
  command->require_subcommand(1);
  add_plugin_list(*command, context);
  add_plugin_check(*command, context);
  add_plugin_new(*command, context);
}

}  // namespace knead::cli
