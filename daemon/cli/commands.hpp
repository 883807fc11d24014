// SPDX-License-Identifier: Apache-2.0
// One function per command: each describes its options to CLI11 and, when chosen, sets Context::action.
#pragma once

namespace CLI {
class App;
}

namespace knead::cli {

class Context;

void add_status(CLI::App& app, Context& context);
void add_devices(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
/// pause, resume, stop, clear
void add_controls(CLI::App& app, Context& context);
void add_tare(CLI::App& app, Context& context);
void add_calibrate(CLI::App& app, Context& context);
void add_safety(CLI::App& app, Context& context);
void add_sessions(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_replay(CLI::App& app, Context& context);
void add_simulate(CLI::App& app, Context& context);
void add_routine(CLI::App& app, Context& context);
void add_plugin(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
/// check, repair, backup, vacuum
void add_db(CLI::App& app, Context& context);
void add_discomfort(CLI::App& app, Context& context);
void add_trends(CLI::App& app, Context& context);
void add_plan(CLI::App& app, Context& context);
void add_profile(CLI::App& app, Context& context);

// Commands of a group, one file each.
void add_routine_new(CLI::App& routine, Context& context);
void add_plugin_check(CLI::App& plugin, Context& context);
void add_plugin_list(CLI::App& plugin, Context& context);
void add_plugin_new(CLI::App& plugin, Context& context);

}  // namespace knead::cli
