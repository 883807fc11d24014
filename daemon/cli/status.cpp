// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string_view>

#include "daemon/api/messages.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/text.hpp"

namespace knead::cli {
namespace {

std::string processors(const api::DaemonStatus::Realtime& realtime) {
  std::string text;
  if (realtime.cpu >= 0) text += fmt::format(", on processor {}", realtime.cpu);
  if (realtime.cpu_latency_held) text += ", processors kept awake";
  return text;
}

std::string spread(const api::LatencyStatus& latency, std::string_view what) {
  return fmt::format("{:.3g} µs {}, 99 % within {:.3g} µs, worst {:.3g} µs", latency.p50_us, what, latency.p99_us,
                     latency.worst_us);
}

void print_latency(const api::BallStatus& ball) {
  if (ball.jitter.count == 0) return;  // too early to tell
  fmt::print("    reports  {}; longest gap {:.3g} ms\n", spread(ball.jitter, "off the ball's clock"),
             ball.longest_gap_us / 1e3);
  fmt::print("    delay    {}\n", spread(ball.delay, "from ball to daemon"));
  if (ball.reaction.count > 0) fmt::print("    reaction {}\n", spread(ball.reaction, "from report to motor command"));
}

void print(const api::DaemonStatus& status) {
  fmt::print("kneadd {}, process {}, running for {}\n", status.version, status.pid, clock_text(status.uptime_s));
  const auto& realtime = status.realtime;
  fmt::print("  real-time  {}{}{}{}\n",
             realtime.priority > 0 ? fmt::format("priority {}", realtime.priority) : "ordinary scheduling",
             realtime.memory_locked ? ", memory locked" : "", processors(realtime),
             realtime.detail.empty() ? std::string() : "; " + realtime.detail);
  fmt::print("  record     {}{}\n", status.record.database,
             status.record.problem.empty() ? std::string() : "; " + status.record.problem);
  if (status.stop_latched) fmt::print("  motor      held off until `knead clear`\n");
  if (status.session) {
    const auto& s = *status.session;
    fmt::print("  session    {}: {}, {}, {}{}, {}\n", s.session_id, s.routine, session::to_string(s.side),
               session::to_string(s.phase), s.paused ? ", paused" : "", clock_text(s.t_s));
  } else {
    fmt::print("  session    none\n");
  }
  if (status.discomfort) {
    const auto& d = *status.discomfort;
    fmt::print("  trials     discomfort, {}, {} of {} done, on {}\n", session::to_string(d.side), d.good, d.trials,
               d.ball);
  }
  if (status.balls.empty()) fmt::print("  ball       none\n");
  for (const auto& ball : status.balls) {
    fmt::print("  ball       {}\n", describe(ball));
    print_latency(ball);
  }
  if (status.dropped_clients > 0)
    fmt::print("  clients    {} cut off because they did not read\n", status.dropped_clients);
}

ExitCode print_status(const Context& context, bool json) {
  const auto answer = context.ask("daemon.status");
  if (!answer) return report(answer.error());
  if (!answer->is_object())
    return report(Error{.code = Errc::kProtocol, .context = "the status is no object", .remedy = {}});
  if (json)
    print_json(*answer);
  else
    print(api::daemon_status_from(answer->get_object()));
  return ExitCode::kDone;
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("status", "What the daemon does and what it has");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->callback([&context, json] { context.action = [&context, json] { return print_status(context, *json); }; });
}

}  // namespace knead::cli
