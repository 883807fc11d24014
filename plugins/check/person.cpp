// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/person.hpp"

#include <algorithm>

namespace knead::check {
namespace {

using namespace std::chrono_literals;

Touch release_touch(const Moment& now) {
  // A step on another spot begins when the person has let go of the one before.
  const bool lets_go = now.phase == session::Phase::kRelease && now.since < 700ms && now.t.time_since_epoch() > 2s;
  if (lets_go || now.t.time_since_epoch() < 500ms) return {};
  return {.force = {(now.band.lo.value + now.band.hi.value) / 2.0}};
}

/// Lightly for the middle half of each cycle of the tempo.
Touch set_touch(const Moment& now) {
  const session::Activation& set = now.activation;
  const auto cycle = std::max<std::chrono::microseconds>(set.tempo.cycle(), 1s);
  const auto within = now.since % cycle;
  if (within < cycle / 10 || within > cycle * 6 / 10) return {};
  return {.force = {set.press.value + 0.4 * (set.ceiling.value - set.press.value)}};
}

}  // namespace

Person compliant_person() {
  return
      [](const Moment& now) { return now.phase == session::Phase::kActivation ? set_touch(now) : release_touch(now); };
}

Person person_who_rests() {
  return [](const Moment& now) { return now.phase == session::Phase::kActivation ? Touch{} : release_touch(now); };
}

Person absent_person() {
  return [](const Moment&) { return Touch{}; };
}

}  // namespace knead::check
