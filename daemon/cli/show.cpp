// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/record/export.hpp"
#include "daemon/record/profiles.hpp"
#include "daemon/record/relaxation_of.hpp"
#include "daemon/record/report.hpp"
#include "daemon/record/store.hpp"

namespace knead::cli {
namespace {

struct ShowOptions {
  std::int64_t id = 0;
  std::string db;
  bool json = false;
};

ExitCode run(const Context& context, const ShowOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto session = store->load_session(options.id);
  if (!session) return report(session.error());
  if (options.json)
    fmt::print("{}\n", record::to_json(*session));
  else
    fmt::print("{}", record::report_text(*session));
  const auto profile = record::load_profile(*store, session->facts.profile);
  if (!options.json && profile && profile->relaxation) {
    const auto relaxation = record::relaxation_of(*store, *session);
    if (!relaxation) return report(relaxation.error());
    fmt::print("{}", record::relaxation_text(*relaxation));
  }
  return ExitCode::kDone;
}

}  // namespace

void add_show(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("show", "One session: what was done, and its numbers");
  const auto options = std::make_shared<ShowOptions>();
  command->add_option("id", options->id, "As `knead sessions` lists it")->required()->type_name("ID");
  command->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
