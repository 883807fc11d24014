// SPDX-License-Identifier: Apache-2.0
// The commands that are one request without parameters.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <array>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"

namespace knead::cli {
namespace {

struct Control {
  const char* name;
  const char* method;
  const char* about;
  const char* done;
};

constexpr std::array kControls{
    Control{"pause", "session.pause", "Pause the session; the motor is off meanwhile",
            "paused; `knead resume` goes on"},
    Control{"resume", "session.resume", "Go on with a paused session", "going on"},
    Control{"stop", "session.stop", "Stop at once: motor off, session over, until `knead clear`",
            "stopped; the motor stays off until `knead clear`"},
    Control{"clear", "interlock.clear", "Let the motor run again after a stop or a fault", "cleared"},
};

ExitCode run(const Context& context, const Control& control) {
  const auto answer = context.ask(control.method);
  if (!answer) return report(answer.error());
  fmt::print("{}\n", control.done);
  return ExitCode::kDone;
}

}  // namespace

void add_controls(CLI::App& app, Context& context) {
  for (const Control& control : kControls) {
    auto* command = app.add_subcommand(control.name, control.about);
    command->callback(
        [&context, &control] { context.action = [&context, &control] { return run(context, control); }; });
  }
}

}  // namespace knead::cli
