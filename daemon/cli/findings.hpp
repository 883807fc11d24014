// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <span>
#include <string>

#include "daemon/cli/exit_code.hpp"
#include "daemon/core/finding.hpp"

namespace knead::cli {

/// [{"severity", "file", "line", "column", "key", "text"}], as report_findings() prints it.
boost::json::array findings_json(const std::string& file, std::span<const Finding> findings);
/// Prints what is wrong with a file, a line each on stderr, or that nothing is; with @p json an array on stdout.
/// @return kFailed when there is an error among them; warnings alone do no harm.
ExitCode report_findings(const std::string& file, std::span<const Finding> findings, bool json);

}  // namespace knead::cli
