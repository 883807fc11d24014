// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/routine.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/routine_check.hpp"
#include "daemon/live/folders.hpp"
#include "daemon/session/routine_library.hpp"

namespace knead::cli {
namespace {

ExitCode list(const Context& context, bool json) {
  const auto loaded = context.config();
  if (!loaded) return report(loaded.error());
  const auto routines = session::list_routines(live::routine_folders(loaded->config, context.environment()));
  boost::json::array array;
  for (const auto& routine : routines) {
    if (json) {
      array.push_back(boost::json::object{{"id", routine.id},
                                          {"title", routine.title},
                                          {"path", routine.path},
                                          {"custom", routine.custom},
                                          {"problem", routine.problem}});
    } else if (!routine.problem.empty()) {
      fmt::print("{:<20} cannot be run: {}\n", routine.id, routine.problem);
    } else {
      fmt::print("{:<20} {}{}\n", routine.id, routine.title, routine.custom ? "  (custom: leaves the method)" : "");
    }
  }
  if (json) print_json(array);
  return ExitCode::kDone;
}

}  // namespace

void add_routine(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("routine", "List, check and make routines");
  command->require_subcommand(1);

  auto* list_command = command->add_subcommand("list", "The routines that can be run");
  const auto json = std::make_shared<bool>(false);
  list_command->add_flag("--json", *json, "Print JSON");
  list_command->callback([&context, json] { context.action = [&context, json] { return list(context, *json); }; });

  auto* check_command =
      command->add_subcommand("check", "Say everything that is wrong with a routine, its dose and its longest course");
  const auto name = std::make_shared<std::string>();
  check_command->add_option("routine", *name, "A file, or an id")->required()->type_name("FILE");
  check_command->add_flag("--json", *json, "Print JSON");
  check_command->callback([&context, name, json] {
    context.action = [&context, name, json] { return check_routine_file(context, *name, *json); };
  });

  add_routine_new(*command, context);
}

}  // namespace knead::cli
