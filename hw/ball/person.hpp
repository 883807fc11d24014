// SPDX-License-Identifier: Apache-2.0
// Persons press a ball that has nobody to press it: in demos, in tests, in `knead simulate`.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "daemon/core/error.hpp"
#include "hw/ball/touch.hpp"

namespace knead::ball {

/// What a person can be told. The ball's side knows nothing of sessions, so this is a small copy of the cues that move
/// a hand; whoever has the real cue translates.
enum class PersonCue : std::uint8_t {
  kPress,    ///< lean on the ball, into the band
  kHarder,   ///< more
  kLighter,  ///< less
  kHold,     ///< stay as you are
  kLetGo,    ///< take the pressure off
  kRepUp,    ///< begin a light rep
  kRepHold,
  kRepDown,
  kRest,
  kDone,
  kRamp,  ///< lean on slowly, press the button at the first discomfort, let go
};

/// Somebody with a ball. Deterministic: the same seed, the same cues at the same times, the same force.
/// One thread. Times never go back; they are the person's own (0 when the person begins) and run on when the ball is
/// unplugged.
class Person : public Touch {
 public:
  /// Hears a cue at @p now. Most take no notice.
  virtual void hear(DeviceTime now, PersonCue cue) {
    static_cast<void>(now);
    static_cast<void>(cue);
  }
};

/// The names make_person knows: "steady", "too-hard", "falls-asleep", "never-touches", "compliant".
std::span<const std::string_view> person_names() noexcept;

/// A scripted person by name. Errors: kNotFound, whose remedy lists the names.
Result<std::unique_ptr<Person>> make_person(std::string_view name, std::uint64_t seed);

}  // namespace knead::ball
