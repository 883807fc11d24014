// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "daemon/session/cue.hpp"
#include "hw/ball/person.hpp"

namespace knead::live {

/// What a virtual person does on hearing a cue; empty for cues that move no hand.
constexpr std::optional<ball::PersonCue> person_cue(session::CueKind kind) noexcept {
  using session::CueKind;
  switch (kind) {
    case CueKind::kPress:
      return ball::PersonCue::kPress;
    case CueKind::kHarder:
      return ball::PersonCue::kHarder;
    case CueKind::kLighter:
      return ball::PersonCue::kLighter;
    case CueKind::kHold:
      return ball::PersonCue::kHold;
    case CueKind::kLetGo:
      return ball::PersonCue::kLetGo;
    case CueKind::kRepUp:
      return ball::PersonCue::kRepUp;
    case CueKind::kRepHold:
      return ball::PersonCue::kRepHold;
    case CueKind::kRepDown:
      return ball::PersonCue::kRepDown;
    case CueKind::kRest:
      return ball::PersonCue::kRest;
    case CueKind::kDone:
      return ball::PersonCue::kDone;
    case CueKind::kInfo:
    case CueKind::kSide:
    case CueKind::kCountdown:
    case CueKind::kWarning:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace knead::live
