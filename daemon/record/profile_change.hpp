// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "daemon/record/profiles.hpp"

namespace knead::record {

/// What of a profile is to be different; what is empty stays as it is.
struct ProfileChange {
  std::string profile;
  std::optional<session::Band> band{};
  bool no_band = false;
  std::optional<Newtons> soft_cap{};
  bool no_soft_cap = false;
  std::optional<bool> relaxation{};
  std::optional<session::Plan> plan{};
  bool no_plan = false;
};

/// Changes the profile in the store, whole or not at all. @p hard_limit as configured: neither band nor cap may lie
/// above it (R2). @return the profile as it is now. Errors: kInvalidInput (band, plan), kRefused (cap); of the store.
Result<Profile> change_profile(Store& store, const ProfileChange& change, Newtons hard_limit, WallTime now);

}  // namespace knead::record
