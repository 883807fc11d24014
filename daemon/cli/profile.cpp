// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/api/profile_messages.hpp"
#include "daemon/cli/change_profile.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"

namespace knead::cli {
namespace {

struct ProfileOptions {
  std::string profile;
  bool json = false;
  std::vector<double> band;
  bool no_band = false;
  std::optional<double> cap;
  bool no_cap = false;
  std::string relaxation;
  [[nodiscard]] bool changes() const { return !band.empty() || no_band || cap || no_cap || !relaxation.empty(); }
};

void print(const record::Profile& p) {
  fmt::print("Profile     {}\n", p.name.empty() ? "(no name)" : p.name);
  fmt::print("  band      {}\n",
             p.band ? fmt::format("{:.1f} to {:.1f} N, in place of every routine's", p.band->lo.value, p.band->hi.value)
                    : std::string("as the routine or the configuration says"));
  fmt::print("  soft cap  {}\n",
             p.soft_cap ? fmt::format("{:.1f} N: no band reaches above it", p.soft_cap->value) : std::string("none"));
  fmt::print("  relaxation (experiment)  {}\n", p.relaxation ? "shown" : "off");
}

ExitCode run(const Context& context, const ProfileOptions& options) {
  if (options.changes()) {
    record::ProfileChange change{.profile = options.profile, .no_band = options.no_band, .no_soft_cap = options.no_cap};
    if (!options.band.empty()) change.band = session::Band{.lo = {options.band[0]}, .hi = {options.band[1]}};
    if (options.cap) change.soft_cap = Newtons{*options.cap};
    if (!options.relaxation.empty()) change.relaxation = options.relaxation == "on";
    // A mistake in the configuration is none of the change, which is all that is left to be wrong then.
    if (const auto loaded = context.config(); !loaded) return report(loaded.error());
    if (const auto changed = change_profile(context, change); !changed) {
      return changed.error().code == Errc::kInvalidInput ? report_wrong_use(changed.error()) : report(changed.error());
    }
  }
  const auto database = context.database({});
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto profile = record::load_profile(*store, options.profile);
  if (!profile) return report(profile.error());
  if (options.json)
    print_json(api::to_json(*profile));
  else
    print(*profile);
  return ExitCode::kDone;
}

}  // namespace

void add_profile(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("profile", "A person's own band and soft cap");
  const auto options = std::make_shared<ProfileOptions>();
  command->add_option("--profile", options->profile, "Whose (default: of who gave no name)")->type_name("NAME");
  auto* band = command->add_option("--band", options->band, "Own band in newtons, lowest and highest")->expected(2);
  command->add_flag("--no-band", options->no_band, "The routine's band again")->excludes(band);
  auto* cap = command->add_option("--cap", options->cap, "Own soft cap in newtons: no band reaches above it");
  command->add_flag("--no-cap", options->no_cap, "No soft cap")->excludes(cap);
  command->add_option("--relaxation", options->relaxation, "Show the relaxation experiment: on or off")
      ->check(CLI::IsMember({"on", "off"}));
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
