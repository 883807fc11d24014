// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/record/export.hpp"
#include "daemon/record/report.hpp"
#include "daemon/record/store.hpp"

namespace knead::cli {
namespace {

struct SessionsOptions {
  std::string db;
  std::size_t limit = 20;
  bool json = false;
};

ExitCode run(const Context& context, const SessionsOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto sessions = store->list_sessions(options.limit);
  if (!sessions) return report(sessions.error());
  if (options.json)
    fmt::print("{}\n", record::to_json(*sessions));
  else
    fmt::print("{}", record::list_text(*sessions));
  return ExitCode::kDone;
}

}  // namespace

void add_sessions(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("sessions", "The sessions on record, newest first");
  const auto options = std::make_shared<SessionsOptions>();
  command->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_option("--limit", options->limit, "How many at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
