// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>

#include "daemon/cli/atomic_file.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/core/time_zone.hpp"
#include "daemon/record/page.hpp"
#include "daemon/record/store.hpp"

namespace knead::cli {
namespace {

struct ReportOptions {
  std::int64_t id = 0;
  bool trend = false;
  record::TrendOptions of;
  std::string output;
  std::string db;
  bool force = false;
};

ExitCode run(const Context& context, const ReportOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto write = [&](std::ostream& out) -> Result<> {
    if (!options.trend) return record::write_session_page(*store, options.id, out);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto trends =
        record::read_trends(*store, options.of.profile, session::local_day(now, utc_offset), utc_offset, false);
    if (!trends) return std::unexpected(trends.error());
    return record::write_trend_page(*store, options.of, *trends, out);
  };
  if (options.output == "-") {
    if (const auto written = write(std::cout); !written) return report(written.error());
    std::cout.flush();
    if (!std::cout) return report(Error{.code = Errc::kStorage, .context = "cannot write the output", .remedy = {}});
    return ExitCode::kDone;
  }
  std::string path = options.output;
  if (path.empty()) path = options.trend ? "knead-trend.html" : fmt::format("knead-session-{}.html", options.id);
  const auto written = write_file(path, options.force ? Existing::kReplace : Existing::kRefuse, write);
  if (!written) return report(written.error());
  fmt::print("{}: open it in a browser, or print it\n", path);
  return ExitCode::kDone;
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("report", "A session, or the course of many, as a page to show and to print");
  command->footer(
      "One HTML file that needs nothing else: the curve, the numbers, and what the record misses.\n"
      "Without -o it goes into the folder you are in, as knead-session-ID.html or knead-trend.html.");
  const auto options = std::make_shared<ReportOptions>();
  auto* id = command->add_option("id", options->id, "As `knead sessions` lists it")->type_name("ID");
  auto* trend = command->add_flag("--trend", options->trend, "The measures of all sessions by their dates");
  auto* profile = command->add_option("--profile", options->of.profile, "With --trend: of this profile alone");
  auto* limit = command->add_option("--limit", options->of.limit, "With --trend: how many sessions at most, the newest")
                    ->check(CLI::Range(1, 100'000))
                    ->capture_default_str();
  command->add_option("-o,--output", options->output, "The file, all of it or nothing; - prints")->type_name("FILE");
  command->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_flag("--force", options->force, "Replace the file if it exists");
  id->excludes(trend);
  profile->needs(trend);
  limit->needs(trend);
  command->callback([&context, options, id] {
    if (id->count() == 0 && !options->trend) throw CLI::RequiredError("a session's ID, or --trend,");
    context.action = [&context, options] { return run(context, *options); };
  });
}

}  // namespace knead::cli
