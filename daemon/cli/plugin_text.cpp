// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/plugin_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <filesystem>
#include <vector>

namespace knead::cli {
namespace {

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

std::string conduct_text(const record::PluginConduct& conduct) {
  std::vector<std::string> parts;
  if (conduct.slow_calls > 0) parts.push_back(plural(conduct.slow_calls, "call", "calls") + " over 50 ms");
  if (conduct.misuses > 0) {
    std::string part = plural(conduct.misuses, "misuse", "misuses") + " of the interface";
    if (!conduct.last_misuse.empty()) part += ", the last: " + conduct.last_misuse;
    parts.push_back(std::move(part));
  }
  if (!conduct.ended.empty()) parts.push_back("ended early: " + conduct.ended);
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string plugin_text(const PluginEntry& entry) {
  std::string text;
  if (!entry.info) {
    text = fmt::format("{:<20} cannot be used: {}\n", std::filesystem::path(entry.file).stem().string(),
                       entry.info.error().message());
  } else {
    const host::PluginInfo& info = *entry.info;
    text = fmt::format("{:<20} {} {}{}\n", info.id, info.name, info.version,
                       info.vendor.empty() ? "" : ", by " + info.vendor);
    if (!info.summary.empty()) text += fmt::format("  {}\n", info.summary);
    text += fmt::format("  {}\n", entry.file);
    for (const host::ParameterInfo& parameter : info.parameters) {
      text += fmt::format("  parameters.{} = {}: {} ({})\n", parameter.key, parameter.fallback, parameter.summary,
                          parameter.values);
    }
  }
  if (entry.last_run) {
    const std::string conduct = conduct_text(entry.last_run->conduct);
    text += fmt::format("  last in session {} ({}): {}\n", entry.last_run->session_id,
                        entry.last_run->started_at.substr(0, 10), conduct.empty() ? "nothing to report" : conduct);
  }
  return text;
}

boost::json::object plugin_json(const PluginEntry& entry) {
  boost::json::object json{{"file", entry.file}, {"problem", nullptr}, {"last_run", nullptr}};
  if (!entry.info) {
    json["problem"] = entry.info.error().message();
  } else {
    const host::PluginInfo& info = *entry.info;
    json["id"] = info.id;
    json["name"] = info.name;
    json["version"] = info.version;
    json["vendor"] = info.vendor;
    json["summary"] = info.summary;
    json["abi"] = fmt::format("{}.{}", info.abi_major, info.abi_minor);
    boost::json::array parameters;
    for (const host::ParameterInfo& p : info.parameters) {
      parameters.push_back(
          boost::json::object{{"key", p.key}, {"summary", p.summary}, {"values", p.values}, {"default", p.fallback}});
    }
    json["parameters"] = std::move(parameters);
  }
  if (entry.last_run) {
    const record::StoredPluginRun& run = *entry.last_run;
    json["last_run"] = boost::json::object{{"session", run.session_id},      {"started_at", run.started_at},
                                           {"version", run.plugin.version},  {"slow_calls", run.conduct.slow_calls},
                                           {"misuses", run.conduct.misuses}, {"last_misuse", run.conduct.last_misuse},
                                           {"ended", run.conduct.ended}};
  }
  return json;
}

}  // namespace knead::cli
