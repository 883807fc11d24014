// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/profile_change.hpp"

#include <fmt/format.h>

#include <utility>

#include "daemon/session/own_band.hpp"

namespace knead::record {

Result<Profile> change_profile(Store& store, const ProfileChange& change, Newtons hard_limit, WallTime now) {
  if (change.band) {
    if (auto problem = session::problem_with(*change.band, session::Routine{}.contact)) {
      return fail(Errc::kInvalidInput, *problem);
    }
    if (change.band->hi > hard_limit) {
      return fail(Errc::kInvalidInput,
                  fmt::format("the band reaches to {:.1f} N, above the hard limit of {} N", change.band->hi.value,
                              hard_limit.value),
                  "limits can be lowered, never raised");
    }
  }
  if (change.soft_cap) {
    if (auto ok = session::check_soft_cap(*change.soft_cap, hard_limit); !ok) return std::unexpected(ok.error());
  }
  if (change.plan) {
    if (auto ok = session::check_plan(*change.plan); !ok) return std::unexpected(ok.error());
  }
  auto profile = load_profile(store, change.profile);
  if (!profile) return profile;
  if (change.no_band) profile->band.reset();
  if (change.band) profile->band = change.band;
  if (change.no_soft_cap) profile->soft_cap.reset();
  if (change.soft_cap) profile->soft_cap = change.soft_cap;
  if (change.relaxation) profile->relaxation = *change.relaxation;
  if (change.no_plan) profile->plan.reset();
  if (change.plan) profile->plan = change.plan;
  if (auto saved = save_profile(store, *profile, now); !saved) return std::unexpected(saved.error());
  return load_profile(store, change.profile);
}

}  // namespace knead::record
