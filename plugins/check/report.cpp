// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <cctype>

namespace knead::check {
namespace {

std::string routine_words(const Subject& subject) {
  const session::Routine& routine = subject.routine;
  return routine.file.empty() ? "one of knead-plugin-check's own; --routine FILE names another"
                              : fmt::format("{} ({})", routine.id, routine.file);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

Summary summary_of(std::span<const Row> rows) {
  Summary sum;
  for (const Row& row : rows) {
    switch (row.judgement.verdict) {
      case Verdict::kPass:
        ++sum.passed;
        break;
      case Verdict::kWarn:
        ++sum.warned;
        break;
      case Verdict::kFail:
        ++sum.failed;
        break;
      case Verdict::kSkipped:
        ++sum.skipped;
        break;
    }
  }
  return sum;
}

std::string heading(const Subject& subject, const host::PluginInfo* info) {
  std::string out = subject.file + "\n";
  if (info != nullptr) {
    out += fmt::format("  plugin      {} {} \"{}\"{}{}\n", info->id, info->version, info->name,
                       info->vendor.empty() ? "" : " by ", info->vendor);
    if (!info->summary.empty()) out += fmt::format("  summary     {}\n", info->summary);
    out += fmt::format("  interface   {}.{}\n", info->abi_major, info->abi_minor);
    out += fmt::format("  extensions  {}\n",
                       info->extensions.empty() ? "none" : fmt::format("{}", fmt::join(info->extensions, ", ")));
    if (info->parameters.empty()) out += "  parameters  none\n";
    for (const host::ParameterInfo& each : info->parameters) {
      out += fmt::format("  parameter   {}: {}, {} unless given. {}\n", each.key, each.values, each.fallback,
                         each.summary);
    }
  }
  out += fmt::format("  routine     {}\n  seed        {}\n\n", routine_words(subject), subject.seed);
  return out;
}

std::string line(const Row& row, bool verbose) {
  std::string out =
      fmt::format("{:<7} {:<15} {}\n", to_string(row.judgement.verdict), row.check->id, row.judgement.reason);
  if (!row.judgement.remedy.empty()) out += fmt::format("{:24}-> {}\n", "", row.judgement.remedy);
  if (verbose) out += fmt::format("{:24}({} {} ms)\n", "", row.check->sentence, row.took.count());
  return out;
}

std::string closing(const Subject& subject, std::span<const Row> rows) {
  const Summary sum = summary_of(rows);
  std::string out = fmt::format("\n{} passed, {} warning{}, {} failed, {} skipped\n", sum.passed, sum.warned,
                                sum.warned == 1 ? "" : "s", sum.failed, sum.skipped);
  for (const Row& row : rows) {
    if (row.judgement.verdict != Verdict::kFail) continue;
    out += fmt::format("again: knead-plugin-check {} --seed {} --only {}{}\n", subject.file, subject.seed,
                       row.check->id, subject.routine.file.empty() ? "" : " --routine " + subject.routine.file);
  }
  return out;
}

boost::json::object to_json(const Subject& subject, const host::PluginInfo* info, std::span<const Row> rows) {
  boost::json::object out{{"file", subject.file},
                          {"seed", subject.seed},
                          {"routine", subject.routine.file.empty() ? boost::json::value(nullptr)
                                                                   : boost::json::value(subject.routine.file)},
                          {"plugin", nullptr}};
  if (info != nullptr) {
    boost::json::array extensions;
    for (const std::string& each : info->extensions) extensions.emplace_back(each);
    boost::json::array parameters;
    for (const host::ParameterInfo& each : info->parameters) {
      parameters.push_back(boost::json::object{
          {"key", each.key}, {"summary", each.summary}, {"values", each.values}, {"default", each.fallback}});
    }
    out["plugin"] = boost::json::object{{"id", info->id},
                                        {"name", info->name},
                                        {"version", info->version},
                                        {"vendor", info->vendor},
                                        {"summary", info->summary},
                                        {"abi", fmt::format("{}.{}", info->abi_major, info->abi_minor)},
                                        {"extensions", std::move(extensions)},
                                        {"parameters", std::move(parameters)}};
  }
  boost::json::array checks;
  for (const Row& row : rows) {
    checks.push_back(boost::json::object{{"id", row.check->id},
                                         {"verdict", lower(to_string(row.judgement.verdict))},
                                         {"sentence", row.check->sentence},
                                         {"reason", row.judgement.reason},
                                         {"remedy", row.judgement.remedy},
                                         {"took_ms", row.took.count()}});
  }
  out["checks"] = std::move(checks);
  const Summary sum = summary_of(rows);
  out["summary"] = boost::json::object{
      {"passed", sum.passed}, {"warnings", sum.warned}, {"failed", sum.failed}, {"skipped", sum.skipped}};
  return out;
}

}  // namespace knead::check
