// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/config.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/findings.hpp"
#include "daemon/core/toml_reader.hpp"

namespace knead::cli {
namespace {

ExitCode show(const Context& context, bool json) {
  const auto loaded = context.config();
  if (!loaded) return report(loaded.error());
  if (!json) {
    fmt::print("{}", render(*loaded));
    return ExitCode::kDone;
  }
  boost::json::object object;
  for (const auto& row : render_keys(*loaded))
    object[row.key] = boost::json::object{{"value", row.value}, {"origin", row.origin}};
  print_json(object);
  return ExitCode::kDone;
}

ExitCode check_file(const std::string& file, bool json) {
  const auto text = TomlDocument::read_text(file);
  if (!text) return report(text.error());
  return report_findings(file, check_config(*text), json);
}

/// Every layer that is there.
ExitCode check_layers(const Context& context, bool json) {
  ExitCode worst = ExitCode::kDone;
  bool any = false;
  for (const auto& file : config_files(context.environment())) {
    const auto text = TomlDocument::read_text(file);
    if (!text && text.error().code == Errc::kNotFound) continue;
    any = true;
    const ExitCode exit = text ? report_findings(file, check_config(*text), json) : report(text.error());
    if (exit != ExitCode::kDone) worst = exit;
  }
  if (!any && !json) fmt::print("no configuration file: the defaults hold; `knead config show` prints them\n");
  return worst;
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("config", "Check and show the configuration");
  command->require_subcommand(1);
  const auto json = std::make_shared<bool>(false);

  auto* show_command = command->add_subcommand("show", "Every value, and where it came from");
  show_command->add_flag("--json", *json, "Print JSON");
  show_command->callback([&context, json] { context.action = [&context, json] { return show(context, *json); }; });

  auto* check_command = command->add_subcommand("check", "Say everything that is wrong with the configuration");
  const auto file = std::make_shared<std::string>();
  check_command->add_option("file", *file, "Default: the files the daemon reads")->type_name("FILE");
  check_command->add_flag("--json", *json, "Print JSON");
  check_command->callback([&context, file, json] {
    context.action = [&context, file, json] {
      return file->empty() ? check_layers(context, *json) : check_file(*file, *json);
    };
  });
}

}  // namespace knead::cli
