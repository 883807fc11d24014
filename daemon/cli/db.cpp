// SPDX-License-Identifier: Apache-2.0
// knead db: whether the record is sound, mending it, copies of it, its size.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/record/check.hpp"
#include "daemon/record/maintain.hpp"
#include "daemon/record/repair.hpp"

namespace knead::cli {
namespace {

struct DbOptions {
  std::string db;
  std::string output;
  bool force = false;
  bool json = false;
};

boost::json::object to_json(const record::DatabaseFinding& finding) {
  return {{"session", finding.session != 0 ? boost::json::value(finding.session) : boost::json::value()},
          {"block", finding.block ? boost::json::value(*finding.block) : boost::json::value()},
          {"when", finding.when},
          {"what", finding.what},
          {"remedy", finding.remedy}};
}

ExitCode check(const Context& context, const DbOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto found = record::check_database(*database);
  if (!found) return report(found.error());
  if (options.json) {
    boost::json::array findings;
    for (const auto& finding : found->findings) findings.push_back(to_json(finding));
    print_json(boost::json::object{{"database", *database},
                                   {"sound", found->sound()},
                                   {"sessions", found->sessions},
                                   {"blocks", found->blocks},
                                   {"samples", found->samples},
                                   {"findings", std::move(findings)}});
  } else {
    for (const auto& finding : found->findings) fmt::print("{}\n", to_string(finding));
    fmt::print("{}: {} sessions, {} samples in {} blocks: {}\n", *database, found->sessions, found->samples,
               found->blocks, found->sound() ? "sound" : "not sound");
  }
  return found->sound() ? ExitCode::kDone : ExitCode::kFailed;
}

ExitCode repair(const Context& context, const DbOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto repaired = record::repair_database(*database);
  if (!repaired) return report(repaired.error());
  if (options.json) {
    boost::json::array done;
    for (const std::string& each : repaired->done) done.push_back(boost::json::string(each));
    print_json(boost::json::object{{"database", *database},
                                   {"needed", repaired->needed},
                                   {"kept_as", repaired->kept_as},
                                   {"samples_lost", repaired->samples_lost},
                                   {"done", std::move(done)}});
  } else if (!repaired->needed) {
    fmt::print("{} is sound and was left as it is\n", *database);
  } else {
    for (const std::string& each : repaired->done) fmt::print("{}\n", each);
    fmt::print("{} is sound again; {} samples could not be read and are on record as gaps\n", *database,
               repaired->samples_lost);
    fmt::print("the damaged file is {}\n", repaired->kept_as);
  }
  return ExitCode::kDone;
}

ExitCode back_up(const Context& context, const DbOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto backup = record::back_up_database(*database, options.output, options.force);
  if (!backup) return report(backup.error());
  if (options.json) {
    print_json(boost::json::object{{"database", *database},
                                   {"backup", options.output},
                                   {"bytes", backup->bytes},
                                   {"sessions", backup->sessions},
                                   {"samples", backup->samples}});
  } else {
    fmt::print("{}: {} sessions, {} samples, {} bytes; checked\n", options.output, backup->sessions, backup->samples,
               backup->bytes);
  }
  return ExitCode::kDone;
}

ExitCode vacuum(const Context& context, const DbOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto vacuumed = record::vacuum_database(*database);
  if (!vacuumed) return report(vacuumed.error());
  if (options.json) {
    print_json(boost::json::object{
        {"database", *database}, {"bytes_before", vacuumed->bytes_before}, {"bytes_after", vacuumed->bytes_after}});
  } else {
    fmt::print("{}: {} bytes before, {} bytes after\n", *database, vacuumed->bytes_before, vacuumed->bytes_after);
  }
  return ExitCode::kDone;
}

}  // namespace

void add_db(CLI::App& app, Context& context) {
  auto* db = app.add_subcommand("db", "Look after the database of sessions");
  db->require_subcommand(1);
  const auto options = std::make_shared<DbOptions>();
  const auto command = [&](const char* name, const char* what, ExitCode (*action)(const Context&, const DbOptions&)) {
    auto* added = db->add_subcommand(name, what);
    added->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
    added->add_flag("--json", options->json, "Print JSON");
    added->callback([&context, options, action] {
      context.action = [&context, options, action] { return action(context, *options); };
    });
    return added;
  };
  command("check", "Whether all that is on record can be read; changes nothing", check)
      ->footer("Also while a session runs. Names each thing that is wrong, and exits with 1 then.");
  command("repair", "Make a sound database of what can be read of a damaged one", repair)
      ->footer(
          "Works on a copy; the damaged file stays beside it under another name. What is lost becomes a gap on\n"
          "record. Not while kneadd runs.");
  auto* backup = command("backup", "A checked copy, also while a session runs", back_up);
  backup->add_option("file", options->output, "Where to")->required()->type_name("FILE");
  backup->add_flag("--force", options->force, "Replace the file if it exists");
  command("vacuum", "Give back the room that deleted sessions left in the file", vacuum)
      ->footer("Takes room for a second copy while it works. Not while kneadd runs.");
}

}  // namespace knead::cli
