// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/api/client.hpp"
#include "daemon/api/discomfort_messages.hpp"
#include "daemon/core/error.hpp"

namespace knead::cli {

/// Leads through one set of discomfort trials: a view on a terminal, plain lines of cues elsewhere. Space is the second
/// way to press; a signal or `q` ends the set. @p quiet_output: standard output is for the result alone, so the cues
/// go, as lines, to standard error. @return how it ended.
Result<api::DiscomfortEnd> run_discomfort(api::Client client, const api::DiscomfortRequest& request, bool quiet_output);

}  // namespace knead::cli
