// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/api/client.hpp"
#include "daemon/api/discomfort_messages.hpp"
#include "daemon/core/error.hpp"

namespace knead::cli {

/// Leads through one set of discomfort trials: a view on a terminal, plain lines of cues elsewhere. Space is the second
/// way to press; a signal or `q` ends the set. @return how it ended.
Result<api::DiscomfortEnd> run_discomfort(api::Client client, const api::DiscomfortRequest& request);

}  // namespace knead::cli
