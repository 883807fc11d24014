// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/plan.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "daemon/api/profile_messages.hpp"
#include "daemon/cli/change_profile.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/core/time_zone.hpp"
#include "daemon/record/trends.hpp"

namespace knead::cli {
namespace {

constexpr std::size_t kWeeksShown = 8;
constexpr std::size_t kDaysAWeek = 7;

struct PlanOptions {
  std::string db;
  std::string profile;
  bool simulated = false;
  bool json = false;
};

/// What is not given stays as it is.
struct NewPlan {
  std::optional<int> weeks;
  std::string first_at;
  std::string second_at;
  bool remind = false;
  bool no_remind = false;
};

session::LocalDay today() {
  return session::local_day(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), utc_offset);
}

ExitCode show(const Context& context, const PlanOptions& options) {
  const auto database = context.database(options.db);
  if (!database) return report(database.error());
  const auto store = record::Store::open_read_only(*database);
  if (!store) return report(store.error());
  const auto profile = record::load_profile(*store, options.profile);
  if (!profile) return report(profile.error());
  const auto sessions = record::session_points(*store, options.profile);
  if (!sessions) return report(sessions.error());
  const auto sets = record::discomfort_points(*store, options.profile);
  if (!sets) return report(sets.error());
  const session::LocalDay now = today();
  const auto trends = record::trends_of(options.profile, *sessions, *sets, now, utc_offset, options.simulated);
  std::vector<session::DayDone> days;
  if (profile->plan) {
    days = session::adherence(*profile->plan, record::days_done(*sessions, utc_offset, options.simulated), now,
                              kWeeksShown * kDaysAWeek);
  }
  fmt::print("{}", options.json ? record::plan_json(*profile, days, now, trends.practitioner) + "\n"
                                : record::plan_text(*profile, days, now, trends.practitioner));
  return ExitCode::kDone;
}

/// The plan that is there, or a new one from today on. Errors: the record cannot be read.
Result<session::Plan> plan_before(const Context& context, const std::string& name) {
  const session::Plan fresh{.first_day = today()};
  const auto database = context.database({});
  if (!database) return std::unexpected(database.error());
  const auto store = record::Store::open_read_only(*database);
  const auto profile = store ? record::load_profile(*store, name) : std::unexpected(store.error());
  if (profile) return profile->plan.value_or(fresh);
  // No record yet: the first plan makes it.
  if (profile.error().code == Errc::kNotFound) return fresh;
  return std::unexpected(profile.error());
}

/// What goes with the calendar alone.
Result<> check_change(const PlanOptions& options) {
  if (options.db.empty() && !options.simulated) return {};
  return fail(Errc::kInvalidInput,
              "--db and --simulated choose what is shown, and a plan is set in the daemon's record", "leave them out");
}

ExitCode set(const Context& context, const PlanOptions& options, const NewPlan& wanted) {
  if (const auto ok = check_change(options); !ok) return report_wrong_use(ok.error());
  auto plan = plan_before(context, options.profile);
  if (!plan) return report(plan.error());
  plan->weeks = wanted.weeks.value_or(plan->weeks);
  plan->remind = (plan->remind || wanted.remind) && !wanted.no_remind;
  for (const auto& [text, into] :
       {std::pair(&wanted.first_at, &plan->at[0]), std::pair(&wanted.second_at, &plan->at[1])}) {
    if (text->empty()) continue;
    const auto minute = api::minute_from(*text);
    if (!minute) return report_wrong_use(minute.error());
    *into = *minute;
  }
  if (const auto ok = session::check_plan(*plan); !ok) return report_wrong_use(ok.error());
  const auto changed = change_profile(context, {.profile = options.profile, .plan = *plan});
  if (!changed) return report(changed.error());
  if (options.json) {
    print_json(*changed);
    return ExitCode::kDone;
  }
  fmt::print("Twice a day for {} weeks from {} on, then once a day; {} and {}, {}.\n", plan->weeks,
             session::date_text(plan->first_day), record::clock_of(plan->at[0]), record::clock_of(plan->at[1]),
             plan->remind ? "with reminders" : "no reminders");
  return ExitCode::kDone;
}

ExitCode clear(const Context& context, const PlanOptions& options) {
  if (const auto ok = check_change(options); !ok) return report_wrong_use(ok.error());
  const auto changed = change_profile(context, {.profile = options.profile, .no_plan = true});
  if (!changed) return report(changed.error());
  if (options.json)
    print_json(*changed);
  else
    fmt::print("No plan any more. The sessions stay on record.\n");
  return ExitCode::kDone;
}

}  // namespace

void add_plan(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("plan", "How often you mean to do it, and what was done");
  const auto options = std::make_shared<PlanOptions>();
  command->add_option("--profile", options->profile, "Whose (default: of who gave no name)")->type_name("NAME");
  command->add_option("--db", options->db, "The database (default: the daemon's)")->type_name("FILE");
  command->add_flag("--simulated", options->simulated, "Count sessions of `knead simulate`");
  command->add_flag("--json", options->json, "Print JSON");
  command->require_subcommand(0, 1);
  command->callback([&context, options, command] {
    if (command->get_subcommands().empty()) context.action = [&context, options] { return show(context, *options); };
  });

  auto* make = command->add_subcommand("set", "Make a plan, or change it");
  const auto wanted = std::make_shared<NewPlan>();
  make->add_option("--weeks", wanted->weeks,
                   fmt::format("Twice a day for so long, then once a day (at first {})", session::Plan{}.weeks))
      ->check(CLI::Range(0, session::kMostWeeks));
  make->add_option("--first-at", wanted->first_at, "Time of day of the first session (07:30)")->type_name("HH:MM");
  make->add_option("--second-at", wanted->second_at, "Of the second, and later of the only one (20:00)")
      ->type_name("HH:MM");
  auto* remind = make->add_flag("--remind", wanted->remind, "The daemon reminds you at these times");
  make->add_flag("--no-remind", wanted->no_remind, "It does not")->excludes(remind);
  make->callback([&context, options, wanted] {
    context.action = [&context, options, wanted] { return set(context, *options, *wanted); };
  });

  auto* none = command->add_subcommand("clear", "Have no plan");
  none->callback([&context, options] { context.action = [&context, options] { return clear(context, *options); }; });
}

}  // namespace knead::cli
