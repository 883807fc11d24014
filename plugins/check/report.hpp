// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "daemon/host/plugin_process.hpp"
#include "plugins/check/checks.hpp"

namespace knead::check {

/// A check that was run.
struct Row {
  const Check* check;
  Judgement judgement;
  std::chrono::milliseconds took{};
};

struct Summary {
  int passed = 0;
  int warned = 0;
  int failed = 0;
  int skipped = 0;
};
Summary summary_of(std::span<const Row> rows);

/// Who the plugin is, in lines. @p info is null when it does not load.
std::string heading(const Subject& subject, const host::PluginInfo* info);
/// One line, and one more with the remedy where there is one. @p verbose: also the sentence and the time.
std::string line(const Row& row, bool verbose);
/// "18 passed, 1 warning, 0 failed, 0 skipped", with what reproduces a failure.
std::string closing(const Subject& subject, std::span<const Row> rows);
boost::json::object to_json(const Subject& subject, const host::PluginInfo* info, std::span<const Row> rows);

}  // namespace knead::check
