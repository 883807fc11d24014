// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "daemon/cli/exit_code.hpp"

namespace knead::cli {

class Context;

/// `knead routine check`: everything that is wrong with the routine @p name (an id or a path), what its plugin says of
/// it, and the dose. @return kFailed when there is an error among the findings.
ExitCode check_routine_file(const Context& context, const std::string& name, bool json);

}  // namespace knead::cli
