// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/replay.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/live/folders.hpp"

namespace knead::cli {
namespace {

struct ReplayOptions {
  live::ReplayOptions replay;
  std::string db;
  bool json = false;
};

boost::json::value name_json(const std::optional<record::PluginIdentity>& plugin) {
  if (!plugin) return nullptr;
  return boost::json::object{{"id", plugin->id}, {"version", plugin->version}};
}

boost::json::object to_json(std::int64_t id, const live::ReplayResult& result) {
  boost::json::value difference = nullptr;
  if (const auto& found = result.difference) {
    difference = boost::json::object{{"where", found->where}, {"stored", found->stored}, {"replayed", found->replayed}};
  }
  return {{"session", id},
          {"identical", !result.difference.has_value()},
          {"whole", result.whole},
          {"samples", result.samples},
          {"inputs", result.inputs},
          {"events", result.events},
          {"reps", result.reps},
          {"measures", result.measures},
          {"recorded_plugin", name_json(result.recorded_plugin)},
          {"plugin", name_json(result.plugin)},
          {"difference", std::move(difference)}};
}

void print(std::int64_t id, const live::ReplayResult& result) {
  if (const auto& found = result.difference) {
    fmt::print("session {} differs at {}\n  stored:   {}\n  replayed: {}\n", id, found->where, found->stored,
               found->replayed);
  } else {
    fmt::print("session {} is identical{}: {} samples, {} inputs, {} events, {} reps, {} measures\n", id,
               result.whole ? "" : " as far as its record goes", result.samples, result.inputs, result.events,
               result.reps, result.measures);
  }
  if (!result.plugin) return;
  fmt::print("the plugin {} {} was asked again", result.plugin->id, result.plugin->version);
  const auto& recorded = result.recorded_plugin;
  const bool other = recorded && (recorded->id != result.plugin->id || recorded->version != result.plugin->version);
  fmt::print("{}\n", other ? fmt::format("; recorded with {} {}", recorded->id, recorded->version) : "");
}

ExitCode run(const Context& context, ReplayOptions options) {
  const auto loaded = context.config();
  if (!loaded) return report(loaded.error());
  auto database = context.database(options.db);
  if (!database) return report(database.error());
  options.replay.database = *std::move(database);
  options.replay.plugin_folders = live::plugin_folders(loaded->config, context.environment());
  const auto result = live::replay(options.replay);
  if (!result) return report(result.error());
  if (options.json) {
    print_json(to_json(options.replay.id, *result));
  } else {
    print(options.replay.id, *result);
  }
  return result->difference ? ExitCode::kFailed : ExitCode::kDone;
}

}  // namespace

void add_replay(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("replay", "Run a recorded session anew and hold it against its record");
  command->footer(
      "Says \"identical\" when every event, rep, step and measure comes out as it is stored, to the byte;\n"
      "otherwise the first difference, what is stored and what came out, and exits with 1.\n"
      "Without --plugin, what the plugin did then is taken from the record.");
  const auto options = std::make_shared<ReplayOptions>();
  command->add_option("id", options->replay.id, "As `knead sessions` lists it")->required()->type_name("ID");
  command->add_option("--db,--database", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_flag("--plugin", options->replay.plugin,
                    "Run the plugin too, in its sandbox: it must do again what it did then");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
