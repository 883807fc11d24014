// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/simulate.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/summary.hpp"
#include "daemon/live/folders.hpp"
#include "daemon/session/event_json.hpp"
#include "daemon/session/routine.hpp"

namespace knead::cli {
namespace {

struct SimulateOptions {
  live::SimulateOptions simulation;
  std::string side = "right";
  bool json = false;
};

ExitCode run(const Context& context, SimulateOptions options) {
  const auto loaded = context.config();
  if (!loaded) return report(loaded.error());
  auto& simulation = options.simulation;
  simulation.side = session::side_from(options.side).value_or(session::Side::kRight);
  if (const auto& band = loaded->config.session.band)
    simulation.band = session::Band{.lo = band->lo, .hi = band->hi, .hysteresis = session::Band{}.hysteresis};
  simulation.routine_folders = live::routine_folders(loaded->config, context.environment());
  simulation.plugin_folders = live::plugin_folders(loaded->config, context.environment());
  const auto result = live::simulate(simulation);
  if (!result) return report(result.error());
  const auto json = session::to_json(*result);
  if (options.json)
    print_json(json);
  else
    fmt::print("{}", summary_text(json));
  return ExitCode::kDone;
}

}  // namespace

void add_simulate(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("simulate", "Run a whole session on a virtual ball in no time");
  const auto options = std::make_shared<SimulateOptions>();
  auto& simulation = options->simulation;
  command->add_option("--routine", simulation.routine, "Its id, or a path")->required()->type_name("ROUTINE");
  auto* press = command->add_option_group("press", "Who presses the ball");
  press->add_option("--trace", simulation.trace, "A force trace: CSV with the header t_s,force_n")->type_name("FILE");
  press->add_option("--person", simulation.person, "steady, too-hard, falls-asleep, never-touches or compliant")
      ->type_name("NAME");
  press->require_option(1);
  command->add_option("--side", options->side, "left or right")
      ->check(CLI::IsMember({"left", "right"}))
      ->capture_default_str();
  command->add_option("--db", simulation.database, "Record the session there (default: nowhere)")->type_name("FILE");
  command->add_option("--rate", simulation.rate_hz, "Readings a second")
      ->check(CLI::IsMember({1000, 2000, 4000, 8000}))
      ->capture_default_str()
      ->type_name("HZ");
  command->add_option("--seed", simulation.seed, "Of the person's small irregularities")->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
