// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/findings.hpp"

#include <fmt/core.h>

#include <boost/json/object.hpp>
#include <cstdio>

#include "daemon/cli/context.hpp"

namespace knead::cli {

boost::json::array findings_json(const std::string& file, std::span<const Finding> findings) {
  boost::json::array array;
  for (const auto& finding : findings) {
    array.push_back(
        boost::json::object{{"severity", finding.severity == Finding::Severity::kError ? "error" : "warning"},
                            {"file", file},
                            {"line", finding.line},
                            {"column", finding.column},
                            {"key", finding.key},
                            {"text", finding.text}});
  }
  return array;
}

ExitCode report_findings(const std::string& file, std::span<const Finding> findings, bool json) {
  const bool errors = has_errors(findings);
  if (json) {
    print_json(findings_json(file, findings));
  } else {
    for (const auto& finding : findings) fmt::print(stderr, "{}\n", to_string(finding, file));
    if (!errors) fmt::print("{}: ok\n", file);
  }
  return errors ? ExitCode::kFailed : ExitCode::kDone;
}

}  // namespace knead::cli
