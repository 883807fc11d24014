// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "daemon/record/model.hpp"

namespace knead::record {

/// A session on one screen: what was done, the numbers, and what the record misses. `knead show`.
[[nodiscard]] std::string report_text(const StoredSession& session);
/// A line per session under a header. `knead sessions`.
[[nodiscard]] std::string list_text(std::span<const SessionFacts> sessions);

}  // namespace knead::record
