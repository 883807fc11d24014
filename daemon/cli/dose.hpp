// SPDX-License-Identifier: Apache-2.0
// What a routine does to a person at most: credited release, vibration, reps, and the longest it can take.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>

#include "daemon/session/routine.hpp"

namespace knead::cli {

struct Dose {
  std::chrono::microseconds credit{};     ///< of the routine's own steps
  std::chrono::microseconds further{};    ///< that the plugin may ask for on top
  std::chrono::microseconds vibration{};  ///< the motor may run in the release, at most
  double highest_level = 0.0;             ///< of the vibration, 0..1
  int reps = 0;
  std::chrono::microseconds longest{};  ///< from the first contact, nobody pausing
  std::chrono::microseconds bound{};    ///< that longest is held to
};
[[nodiscard]] Dose dose_of(const session::Routine& routine);

/// In lines, for a person.
[[nodiscard]] std::string dose_text(const session::Routine& routine);
[[nodiscard]] boost::json::object dose_json(const session::Routine& routine);

}  // namespace knead::cli
