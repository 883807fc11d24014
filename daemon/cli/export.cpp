// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "daemon/cli/atomic_file.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/record/export.hpp"
#include "daemon/record/store.hpp"

namespace knead::cli {
namespace {

struct Options {
  std::int64_t id = 0;
  std::string format;
  std::string what = "samples";
  std::string output;
  std::string db;
  bool force = false;
};

ExitCode run(const Context& context, const Options& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto write = [&](std::ostream& out) -> Result<> {
    if (options.format == "json") return record::export_json(*store, options.id, out);
    return record::export_csv(*store, options.id, *record::csv_table_from(options.what), out);
  };
  const auto written = options.output.empty() || options.output == "-"
                           ? write(std::cout)
                           : write_file(options.output, options.force ? Existing::kReplace : Existing::kRefuse, write);
  if (!written) return report(written.error());
  std::cout.flush();
  if (!std::cout) return report(Error{.code = Errc::kStorage, .context = "cannot write the output", .remedy = {}});
  return ExitCode::kDone;
}

}  // namespace

void add_export(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("export", "A session for other programs");
  const auto options = std::make_shared<Options>();
  command->add_option("id", options->id, "As `knead sessions` lists it")->required()->type_name("ID");
  command->add_option("--format", options->format, "csv or json")->required()->check(CLI::IsMember({"csv", "json"}));
  auto* what = command->add_option("--what", options->what, "For csv: samples, events or reps")
                   ->check(CLI::IsMember({"samples", "events", "reps"}))
                   ->capture_default_str();
  command->add_option("-o,--output", options->output, "Write to a file, all of it or nothing (default: print)")
      ->type_name("FILE");
  command->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_flag("--force", options->force, "Replace the file if it exists");
  command->callback([&context, options, what] {
    // JSON holds all three; asking for one of them would silently give more.
    if (options->format == "json" && what->count() > 0) throw CLI::ValidationError("--what is for --format csv only");
    context.action = [&context, options] { return run(context, *options); };
  });
}

}  // namespace knead::cli
