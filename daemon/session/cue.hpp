// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace knead::session {

enum class CueKind : std::uint8_t {
  kInfo,       ///< nothing to do
  kPress,      ///< lean on the ball, into the band
  kHarder,     ///< below the band
  kLighter,    ///< above the band, or a rep was too hard
  kHold,       ///< stay as you are
  kLetGo,      ///< take the pressure off
  kSide,       ///< change to the side named in the text
  kCountdown,  ///< count: seconds to go
  kRepUp,      ///< begin a rep; count: its number
  kRepHold,
  kRepDown,
  kRest,
  kDone,     ///< a step or the session is complete
  kWarning,  ///< something is wrong; the text says what, in plain words
};
std::string_view to_string(CueKind kind) noexcept;
std::optional<CueKind> cue_kind_from(std::string_view name) noexcept;

enum class Urgency : std::uint8_t { kLow, kNormal, kHigh };
std::string_view to_string(Urgency urgency) noexcept;
std::optional<Urgency> urgency_from(std::string_view name) noexcept;

/// One message to the person; sinks turn it into light, sound, speech, vibration.
struct Cue {
  CueKind kind = CueKind::kInfo;
  std::string text;  ///< short, voice-ready, at most 120 bytes of UTF-8
  Urgency urgency = Urgency::kNormal;
  std::optional<int> count{};
  bool operator==(const Cue&) const = default;
};

}  // namespace knead::session
