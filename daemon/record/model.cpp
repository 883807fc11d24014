// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/model.hpp"

namespace knead::record {

std::string_view to_string(GapKind kind) noexcept {
  switch (kind) {
    case GapKind::kSequence:
      return "sequence";
    case GapKind::kRing:
      return "ring";
    case GapKind::kWrite:
      return "write";
    case GapKind::kEvent:
      return "event";
  }
  return "write";
}

std::optional<GapKind> gap_kind_from(std::string_view name) noexcept {
  for (const GapKind kind : {GapKind::kSequence, GapKind::kRing, GapKind::kWrite, GapKind::kEvent}) {
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string_view to_string(Origin origin) noexcept { return origin == Origin::kBall ? "ball" : "simulation"; }

SessionSummary summary_of(const session::SessionReport& report) {
  return {.outcome = report.outcome,
          .reason = report.reason,
          .elapsed = report.elapsed,
          .activation_completed = report.activation_completed,
          .steps = report.steps,
          .measures = report.measures};
}

}  // namespace knead::record
