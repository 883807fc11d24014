// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "daemon/live/replay.hpp"
#include "daemon/record/model.hpp"
#include "daemon/record/session_buffer.hpp"
#include "daemon/session/event_json.hpp"

namespace knead::live {

/// Holds the rows that a replayed session makes against those of the record: events first, in their order, then reps,
/// steps, measures and the outcome. @p replayed is ended where the stored session is whole; otherwise only as many rows
/// are compared as both have. Pure.
[[nodiscard]] std::optional<Difference> first_difference(const record::StoredSession& stored,
                                                         const record::PendingRows& replayed,
                                                         const session::SessionReport& report, bool whole);

}  // namespace knead::live
