// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/trends.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/terminal.hpp"
#include "daemon/core/time_zone.hpp"

namespace knead::cli {
namespace {

struct TrendsOptions {
  std::string db;
  std::string profile;
  bool simulated = false;
  bool json = false;
};

ExitCode run(const Context& context, const TrendsOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto trends =
      record::read_trends(*store, options.profile, session::local_day(now, utc_offset), utc_offset, options.simulated);
  if (!trends) return report(trends.error());
  if (options.json)
    fmt::print("{}\n", record::trends_json(*trends));
  else
    fmt::print("{}", record::trends_text(*trends, look_of_terminal().utf8));
  return ExitCode::kDone;
}

}  // namespace

void add_trends(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("trends", "Your numbers over time, and whether they have changed");
  const auto options = std::make_shared<TrendsOptions>();
  command->add_option("--profile", options->profile, "Whose (default: of who gave no name)")->type_name("NAME");
  command->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_flag("--simulated", options->simulated, "Take in sessions of `knead simulate`");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("A change is named only where it is larger than the numbers vary by themselves: docs/measures.md.");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
