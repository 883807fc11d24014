// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cli/atomic_file.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/record/bdf.hpp"
#include "daemon/record/export.hpp"
#include "daemon/record/store.hpp"
#include "daemon/record/xdf.hpp"

namespace knead::cli {
namespace {

struct ExportOptions {
  std::int64_t id = 0;
  std::string format;
  std::string what = "samples";
  std::string output;
  std::string db;
  bool force = false;
};

bool is_binary(const std::string& format) { return format == "bdf" || format == "xdf"; }

ExitCode run(const Context& context, const ExportOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto write = [&](std::ostream& out) -> Result<> {
    if (options.format == "json") return record::export_json(*store, options.id, out);
    if (options.format == "bdf") return record::export_bdf(*store, options.id, out);
    if (options.format == "xdf") return record::export_xdf(*store, options.id, out);
    return record::export_csv(*store, options.id, *record::csv_table_from(options.what), out);
  };
  const bool to_screen = options.output.empty() || options.output == "-";
  if (to_screen && is_binary(options.format) && ::isatty(STDOUT_FILENO) == 1) {
    return report(Error{.code = Errc::kInvalidInput,
                        .context = options.format + " is no text for a terminal",
                        .remedy = "name a file with -o"});
  }
  const auto written = to_screen
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
  const auto options = std::make_shared<ExportOptions>();
  command->add_option("id", options->id, "As `knead sessions` lists it")->required()->type_name("ID");
  command->footer(
      "csv   one table (--what): samples by default\n"
      "json  the whole session, with all that a replay needs\n"
      "bdf   BDF+ for EDFbrowser, MNE: signals on an even grid, events as annotations\n"
      "xdf   for pyxdf, EEGLAB: every sample with its own time, events as markers\n"
      "Raw counts are exact in each of them. docs/exports.md says what is in them, and what a gap looks like.\n"
      "`knead report` makes a page for people.");
  command->add_option("--format", options->format, "csv, json, bdf or xdf")
      ->required()
      ->check(CLI::IsMember({"csv", "json", "bdf", "xdf"}));
  const auto tables = record::csv_table_names();
  auto* what = command
                   ->add_option("--what", options->what,
                                fmt::format("For csv: {}", fmt::join(tables.begin(), tables.end(), ", ")))
                   ->check(CLI::IsMember(std::vector<std::string>(tables.begin(), tables.end())))
                   ->capture_default_str();
  command->add_option("-o,--output", options->output, "Write to a file, all of it or nothing (default: print)")
      ->type_name("FILE");
  command->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_flag("--force", options->force, "Replace the file if it exists");
  command->callback([&context, options, what] {
    // The others hold more than one; asking for one of them would silently give more.
    if (options->format != "csv" && what->count() > 0) throw CLI::ValidationError("--what is for --format csv only");
    context.action = [&context, options] { return run(context, *options); };
  });
}

}  // namespace knead::cli
