// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/plugin_text.hpp"
#include "daemon/host/find_plugin.hpp"
#include "daemon/live/folders.hpp"
#include "daemon/record/store.hpp"

namespace knead::cli {
namespace {

/// So far back the record is asked how a plugin fared: half a year, twice a day.
constexpr std::size_t kSessionsBack = 365;

struct PluginListOptions {
  std::string db;
  bool json = false;
};

/// Newest first. A record that is not there, or cannot be read, is no reason not to list plugins; `doctor` speaks of
/// it.
std::vector<record::StoredPluginRun> recorded_runs(const Context& context, const std::string& chosen) {
  const auto database = context.database(chosen);
  if (!database) return {};
  const auto store = record::Store::open_read_only(*database);
  if (!store) return {};
  return store->list_plugin_runs(kSessionsBack).value_or(std::vector<record::StoredPluginRun>());
}

std::string canonical(const std::string& file) {
  std::error_code gone;
  const auto path = std::filesystem::weakly_canonical(file, gone);
  return gone ? file : path.string();
}

/// Those in the folders, then those that sessions named by their path.
std::vector<std::string> plugin_files(const std::vector<std::string>& folders,
                                      const std::vector<record::StoredPluginRun>& runs) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& file) {
    const std::string path = canonical(file);
    if (std::ranges::find(files, path) == files.end()) files.push_back(path);
  };
  for (const std::string& id : host::list_plugins(folders)) {
    if (const auto file = host::find_plugin(id, folders)) add(*file);
  }
  for (const record::StoredPluginRun& run : runs) {
    std::error_code gone;
    if (std::filesystem::exists(run.plugin.file, gone)) add(run.plugin.file);
  }
  return files;
}

ExitCode list(const Context& context, const PluginListOptions& options) {
  const auto loaded = context.config();
  if (!loaded) return report(loaded.error());
  const auto program = host::find_host_program();
  if (!program) return report(program.error());
  const auto runs = recorded_runs(context, options.db);
  boost::json::array array;
  for (const std::string& file : plugin_files(live::plugin_folders(loaded->config, context.environment()), runs)) {
    PluginEntry entry{.file = file, .info = host::PluginProcess::describe(file, *program), .last_run = {}};
    const auto last = std::ranges::find_if(runs, [&](const auto& run) { return canonical(run.plugin.file) == file; });
    if (last != runs.end()) entry.last_run = *last;
    if (options.json)
      array.push_back(plugin_json(entry));
    else
      fmt::print("{}", plugin_text(entry));
  }
  if (options.json) print_json(array);
  return ExitCode::kDone;
}

}  // namespace

void add_plugin_list(CLI::App& plugin, Context& context) {
  auto* command =
      plugin.add_subcommand("list", "The plugins there are, what a routine may set for them, how they fared");
  const auto options = std::make_shared<PluginListOptions>();
  command->add_option("--db", options->db, "The record of how they fared (default: the daemon's)")->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([&context, options] { context.action = [&context, options] { return list(context, *options); }; });
}

}  // namespace knead::cli
