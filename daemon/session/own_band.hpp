// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {

/// A profile's own band from its force at first discomfort D: it ends at D, since pressure at the threshold did better
/// than less (Hou 2002, EVIDENCE.md "Dose"), and begins at 0.6 D (choice), but is never narrower than 8 N, twice what
/// people miss with live feedback (4.0 N, Snodgrass 2010). The hysteresis is that of a routine.
/// Errors: kRefused when D leaves no room for such a band above the contact force, or lies above @p hard_limit.
[[nodiscard]] Result<Band> band_from_discomfort(Newtons discomfort, Newtons hard_limit);

/// A profile's soft cap: no band of its sessions reaches above it. Errors: kRefused where it leaves no room for a band
/// (as above), or is above @p hard_limit.
[[nodiscard]] Result<> check_soft_cap(Newtons cap, Newtons hard_limit);

/// @p band with nothing above @p cap: it ends there, and where it would be narrower than 8 N it begins lower.
[[nodiscard]] Band under_cap(const Band& band, Newtons cap) noexcept;

/// The band that a step of a session has: the profile's own in place of the routine's, and nothing above its cap.
[[nodiscard]] inline Band band_of(const Band& of_step, const std::optional<Band>& own,
                                  const std::optional<Newtons>& cap) noexcept {
  const Band band = own.value_or(of_step);
  return cap ? under_cap(band, *cap) : band;
}

}  // namespace knead::session
