// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "daemon/core/units.hpp"
#include "daemon/session/cue.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {

/// Says what to do about the force: press, harder, lighter, hold. Patient, so that a breath or a tremor draws no
/// remark, and never chatty: spoken words must end before the next begin.
///
/// Pure. Knows nothing of credit.
class Coach {
 public:
  /// Out of band for this long before a word is said. (choice)
  static constexpr std::chrono::milliseconds kPatience{700};
  /// Between any two words. (choice; the longest cue takes about that long to say)
  static constexpr std::chrono::seconds kBetween{2};
  /// Before the same word again. (choice)
  static constexpr std::chrono::seconds kRepeat{6};

  /// @p in_band as the release timer has it, with hysteresis.
  std::optional<Cue> feed(SessionTime t, Newtons force, bool in_band, const Band& band, Newtons contact);
  /// Something else was said, or the situation is new: patience starts over.
  void reset(SessionTime t) noexcept;

 private:
  std::optional<CueKind> advice_;  ///< what the force asks for since since_
  SessionTime since_{};
  std::optional<CueKind> said_;  ///< the last word
  std::optional<SessionTime> said_at_;
};

}  // namespace knead::session
