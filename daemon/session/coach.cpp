// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/coach.hpp"

namespace knead::session {
namespace {

Cue words_for(CueKind kind) {
  switch (kind) {
    case CueKind::kPress:
      return {.kind = kind, .text = "Lean on the ball."};
    case CueKind::kHarder:
      return {.kind = kind, .text = "A little harder."};
    case CueKind::kLighter:
      return {.kind = kind, .text = "A little lighter.", .urgency = Urgency::kHigh};
    default:
      return {.kind = CueKind::kHold, .text = "Good. Hold it there.", .urgency = Urgency::kLow};
  }
}

CueKind advice_for(Newtons force, bool in_band, const Band& band, Newtons contact) {
  if (in_band) return CueKind::kHold;
  if (force < contact) return CueKind::kPress;
  if (force > band.hi) return CueKind::kLighter;
  return CueKind::kHarder;
}

}  // namespace

std::optional<Cue> Coach::feed(SessionTime t, Newtons force, bool in_band, const Band& band, Newtons contact) {
  const CueKind advice = advice_for(force, in_band, band, contact);
  if (advice != advice_) {
    advice_ = advice;
    since_ = t;
  }
  const bool hold = advice == CueKind::kHold;
  if (!hold && t - since_ < kPatience) return std::nullopt;
  if (said_at_ && t - *said_at_ < kBetween) return std::nullopt;
  // "Hold" is praise for coming into the band; repeating it would be noise.
  if (advice == said_ && (hold || t - *said_at_ < kRepeat)) return std::nullopt;
  said_ = advice;
  said_at_ = t;
  return words_for(advice);
}

void Coach::reset(SessionTime t) noexcept {
  advice_.reset();
  said_.reset();
  said_at_ = t;
}

}  // namespace knead::session
