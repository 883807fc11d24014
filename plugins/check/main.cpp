// SPDX-License-Identifier: Apache-2.0
// knead-plugin-check: holds a plugin against knead/plugin.h before a person meets it. Each check starts the plugin in
// its real sandboxed process, so whatever it does, this program goes on.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "daemon/host/find_plugin.hpp"
#include "daemon/session/event_json.hpp"
#include "plugins/check/checks.hpp"
#include "plugins/check/report.hpp"
#include "plugins/check/stage.hpp"

namespace {

using namespace knead;
using namespace knead::check;

constexpr int kExitSound = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUse = 2;

struct Options {
  std::string file;
  std::string routine;
  std::vector<std::string> only;
  std::uint64_t seed = 1;
  bool json = false;
  bool list = false;
  bool strict = false;
  bool verbose = false;
};

int wrong_use(const std::string& what) {
  fmt::print(stderr, "knead-plugin-check: {}\n", what);
  return kExitUse;
}

int list_checks() {
  for (const Check& each : all_checks()) fmt::print("{:<15} {}\n", each.id, each.sentence);
  return kExitSound;
}

/// Those of --only, in the usual order; all when there is no --only.
std::vector<const Check*> chosen_checks(const Options& options) {
  std::vector<const Check*> chosen;
  for (const Check& each : all_checks()) {
    if (options.only.empty() || std::ranges::find(options.only, each.id) != options.only.end()) {
      chosen.push_back(&each);
    }
  }
  return chosen;
}

Row run(const Check& check, const Subject& subject) {
  const HostTime began = HostClock::now();
  Judgement judgement = check.run(subject);
  return {&check, std::move(judgement), std::chrono::ceil<std::chrono::milliseconds>(HostClock::now() - began)};
}

int check_plugin(const Options& options) {
  const auto file = host::find_plugin(options.file, host::default_plugin_dirs());
  if (!file) return wrong_use(file.error().message());
  const auto program = host::find_host_program();
  if (!program) return wrong_use(program.error().message());
  auto routine = routine_for(*file, options.routine, routine_folders());
  if (!routine) return wrong_use(routine.error().message());
  const Subject subject{*file, *program, std::move(*routine), options.seed};

  std::optional<host::PluginInfo> info;
  if (const auto stage = Stage::open(subject)) info = (*stage)->info();
  const host::PluginInfo* const who = info ? &*info : nullptr;
  if (!options.json) fmt::print("{}", heading(subject, who));

  std::vector<Row> rows;
  for (const Check* each : chosen_checks(options)) {
    rows.push_back(run(*each, subject));
    if (options.json) continue;
    fmt::print("{}", line(rows.back(), options.verbose));
    (void)std::fflush(stdout);  // some take a second
  }
  if (options.json) {
    fmt::print("{}\n", session::serialize(to_json(subject, who, rows)));
  } else {
    fmt::print("{}", closing(subject, rows));
  }
  const Summary sum = summary_of(rows);
  return sum.failed > 0 || (options.strict && sum.warned > 0) ? kExitFailed : kExitSound;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("knead-plugin-check: holds a plugin against knead/plugin.h, each check in a fresh sandboxed process.",
               "knead-plugin-check");
  app.set_version_flag("--version", "knead-plugin-check " KNEAD_VERSION);
  app.add_option("plugin", options.file, "The plugin's .so, or the id of an installed one")->type_name("FILE");
  app.add_option("--routine", options.routine,
                 "Rehearse with this routine's values (default: the first one found that names the plugin, else "
                 "plain values)")
      ->type_name("FILE");
  app.add_option("--only", options.only, "Run this check alone; may be given several times")
      ->allow_extra_args(false)  // or it would take the plugin for another check
      ->type_name("NAME");
  app.add_option("--seed", options.seed, "Of everything that is random; a failure says which to use again")
      ->capture_default_str()
      ->type_name("N");
  app.add_flag("--strict", options.strict, "A warning counts as a failure");
  app.add_flag("--json", options.json, "Print JSON");
  app.add_flag("--list", options.list, "Print the checks and what each holds, and run none");
  app.add_flag("--verbose", options.verbose, "Also print what each check holds, and how long it took");
  app.footer(
      "Exit codes: 0 no check failed, 1 one did, 2 wrong use.\n"
      "What each check means and how to mend it: docs/authors/check.md.\n\n"
      "Examples:\n"
      "  knead-plugin-check build/my-plugin.so\n"
      "  knead-plugin-check build/my-plugin.so --routine my-routine.toml --strict\n"
      "  knead-plugin-check build/my-plugin.so --only random-events --seed 7");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return wrong_use(fmt::format("{}; `knead-plugin-check --help` shows how it is used", error.what()));
  }
  if (options.list) return list_checks();
  if (options.file.empty()) {
    return wrong_use("no plugin is named; `knead-plugin-check --help` shows how it is used");
  }
  for (const std::string& each : options.only) {
    if (find_check(each) == nullptr) {
      return wrong_use(fmt::format("there is no check \"{}\"; --list shows what there is", each));
    }
  }
  const int exit = check_plugin(options);
  if (std::fflush(stdout) != 0 && exit == kExitSound) return kExitFailed;  // a full disk must not look like success
  return exit;
}
