// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/routine_check.hpp"

#include <fmt/core.h>

#include <boost/json/object.hpp>

#include "daemon/cli/context.hpp"
#include "daemon/cli/dose.hpp"
#include "daemon/cli/findings.hpp"
#include "daemon/cli/plugin_answer.hpp"
#include "daemon/core/toml_reader.hpp"
#include "daemon/live/folders.hpp"
#include "daemon/session/routine_library.hpp"

namespace knead::cli {

ExitCode check_routine_file(const Context& context, const std::string& name, bool json) {
  const auto loaded = context.config();
  if (!loaded) return report(loaded.error());
  const auto path = session::find_routine(name, live::routine_folders(loaded->config, context.environment()));
  if (!path) return report(path.error());
  const auto text = TomlDocument::read_text(*path);
  if (!text) return report(text.error());
  auto checked = session::check_routine(*text, *path);
  PluginAnswer answer;
  if (checked.routine) {
    answer = ask_plugin(*checked.routine, live::plugin_folders(loaded->config, context.environment()));
    if (answer.finding) checked.findings.push_back(*answer.finding);
  }
  const bool sound = !has_errors(checked.findings);
  if (json) {
    boost::json::object out{{"file", *path}, {"ok", sound}, {"findings", findings_json(*path, checked.findings)}};
    out["dose"] = checked.routine ? boost::json::value(dose_json(*checked.routine)) : nullptr;
    out["plugin"] =
        answer.info
            ? boost::json::value(boost::json::object{{"id", answer.info->id}, {"version", answer.info->version}})
            : nullptr;
    print_json(out);
    return sound ? ExitCode::kDone : ExitCode::kFailed;
  }
  const ExitCode exit = report_findings(*path, checked.findings, false);
  if (!sound) return exit;
  fmt::print("{}", dose_text(*checked.routine));
  if (answer.info) fmt::print("  plugin      {} {} takes it\n", answer.info->id, answer.info->version);
  return exit;
}

}  // namespace knead::cli
