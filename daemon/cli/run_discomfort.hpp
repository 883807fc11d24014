// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "daemon/api/client.hpp"
#include "daemon/api/discomfort_messages.hpp"
#include "daemon/core/error.hpp"

namespace knead::cli {

/// Where the cues go. To kStandardError, as lines, where standard output is for the result alone.
enum class CuesTo : std::uint8_t { kStandardOutput, kStandardError };

/// Leads through one set of discomfort trials: a view on a terminal, plain lines of cues elsewhere. Space is the second
/// way to press; a signal or `q` ends the set. @return how it ended.
Result<api::DiscomfortEnd> run_discomfort(api::Client client, const api::DiscomfortRequest& request, CuesTo cues_to);

}  // namespace knead::cli
