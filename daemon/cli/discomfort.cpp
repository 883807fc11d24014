// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/change_profile.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/run_discomfort.hpp"
#include "daemon/session/own_band.hpp"

namespace knead::cli {
namespace {

struct DiscomfortOptions {
  std::string side = "right";
  std::string profile;
  std::string ball;
  bool set_band = false;
  bool set_cap = false;
  bool json = false;
};

ExitCode take_over(const Context& context, const DiscomfortOptions& options, Newtons discomfort) {
  if (!options.set_band && !options.set_cap) return ExitCode::kDone;
  const auto loaded = context.config();
  if (!loaded) return report(loaded.error());
  record::ProfileChange change{.profile = options.profile};
  if (options.set_band) {
    const auto band = session::band_from_discomfort(discomfort, loaded->config.interlock.hard_limit);
    if (!band) return report(band.error());
    change.band = *band;
  }
  if (options.set_cap) change.soft_cap = discomfort;
  if (const auto changed = change_profile(context, change); !changed) return report(changed.error());
  if (options.json) return ExitCode::kDone;
  if (change.band) fmt::print("  own band  {:.1f} to {:.1f} N\n", change.band->lo.value, change.band->hi.value);
  if (change.soft_cap) fmt::print("  soft cap  {:.1f} N\n", change.soft_cap->value);
  return ExitCode::kDone;
}

ExitCode run(const Context& context, const DiscomfortOptions& options) {
  auto client = context.connect();
  if (!client) return report(client.error());
  const auto ended = run_discomfort(std::move(*client),
                                    {.side = session::side_from(options.side).value_or(session::Side::kRight),
                                     .profile = options.profile,
                                     .ball = options.ball},
                                    options.json ? CuesTo::kStandardError : CuesTo::kStandardOutput);
  if (!ended) return report(ended.error());
  if (options.json) {
    print_json(api::to_json(*ended));
  } else if (ended->mean_n) {
    fmt::print("First discomfort, {}: {:.1f} N, SD {:.1f} N between the trials\n", options.side, *ended->mean_n,
               ended->sd_n.value_or(0));
  } else {
    fmt::print("No result: {}\n", ended->reason);
  }
  if (!ended->problem.empty()) {
    fmt::print(stderr, "knead: not on record: {}\n", ended->problem);
    return ExitCode::kFailed;
  }
  if (!ended->mean_n) return ended->outcome == "stopped" ? ExitCode::kStopped : ExitCode::kFailed;
  return take_over(context, options, Newtons{*ended->mean_n});
}

}  // namespace

void add_discomfort(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("discomfort", "Three slow ramps: at which force does it begin to be uncomfortable?");
  const auto options = std::make_shared<DiscomfortOptions>();
  command->add_option("--side", options->side, "left or right")
      ->check(CLI::IsMember({"left", "right"}))
      ->capture_default_str();
  command->add_option("--profile", options->profile, "Whose it is")->type_name("NAME");
  command->add_option("--ball", options->ball, "The ball's serial, when there are several")->type_name("SERIAL");
  command->add_flag("--set-band", options->set_band, "Make it the profile's own band: 60 % of it up to it");
  command->add_flag("--set-cap", options->set_cap, "Make it the profile's soft cap: no band reaches above it");
  command->add_flag("--json", options->json, "Print JSON after the trials");
  command->footer(
      "Press the ball's button, shortly, or space, at the first discomfort. Never on the front or the side of the "
      "neck.");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
