// SPDX-License-Identifier: Apache-2.0
// Who presses the ball in a rehearsal. Pure: what is felt depends on the moment alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "daemon/core/sample.hpp"
#include "daemon/session/routine.hpp"
#include "daemon/session/session.hpp"

namespace knead::check {

/// What a person knows of the session.
struct Moment {
  SessionTime t{};
  session::Phase phase = session::Phase::kWaiting;
  std::chrono::microseconds since{};  ///< the step or the set began
  session::Band band;
  const session::Activation& activation;
};

/// What one sample says.
struct Touch {
  Newtons force{};
  Quality quality{};
  std::uint64_t lost = 0;  ///< samples before it that never arrived
};

using Person = std::function<Touch(const Moment&)>;

/// Presses into the middle of the band, lets go between the steps, and does light reps at the routine's tempo.
Person compliant_person();
/// Earns the release and then does nothing.
Person person_who_rests();
/// Never touches the ball.
Person absent_person();

}  // namespace knead::check
