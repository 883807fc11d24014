// SPDX-License-Identifier: Apache-2.0
// A session out of the store, for other programs and for people. Streams; memory does not grow with the session.
// Numbers are exact: raw counts as stored, and every real in the shortest form that reads back as the same number.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/error.hpp"
#include "daemon/record/model.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

/// Which of a session's tables a CSV file holds.
enum class CsvTable : std::uint8_t {
  kSamples,
  kEvents,
  kReps,
  kSteps,
  kMeasures,
  kGaps,
  kInputs,
  kCalibrations,
  kSession,
};
std::optional<CsvTable> csv_table_from(std::string_view name) noexcept;
/// In the order of CsvTable: "samples", "events", ...
std::span<const std::string_view> csv_table_names() noexcept;

/// One table under a header with its columns' names; docs/exports.md describes them. quality is the bit set of
/// knead::Quality; pressure_kpa is empty where the ball's contact area is not known. Errors: those of the store;
/// kStorage when @p out takes no more.
Result<> export_csv(const Store& store, std::int64_t id, CsvTable what, std::ostream& out);

/// One object: {"session": {...}, "routine_source", "config", "calibrations", "steps", "reps", "measures", "gaps",
/// "events", "inputs": {...}, "samples": {"columns": [...], "rows": [[...], ...]}}. With "inputs" and "samples" it
/// holds all that a replay needs.
Result<> export_json(const Store& store, std::int64_t id, std::ostream& out);

/// The same object without its samples: `knead show --json`.
[[nodiscard]] std::string to_json(const StoredSession& session);
/// One array, an object per session: `knead sessions --json`.
[[nodiscard]] std::string to_json(std::span<const SessionFacts> sessions);

}  // namespace knead::record
