// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/own_band.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace knead::session {

namespace {

constexpr double kShare = 0.6;
constexpr double kNarrowestN = 8.0;

/// Where the lowest band of all begins: a contact, the hysteresis below the band, and no less.
double lowest() { return Routine{}.contact.value + Band{}.hysteresis.value; }

}  // namespace

Result<> check_soft_cap(Newtons cap, Newtons hard_limit) {
  // Written so that a NaN fails each of them.
  if (!(cap.value >= lowest() + kNarrowestN)) {
    return fail(Errc::kRefused,
                fmt::format("{:.1f} N leaves no room for a band of {} N above a contact", cap.value, kNarrowestN),
                fmt::format("it takes {} N or more; see a practitioner where less is uncomfortable already",
                            lowest() + kNarrowestN));
  }
  if (!(cap <= hard_limit)) {
    return fail(Errc::kRefused, fmt::format("{:.1f} N is above the hard limit of {} N", cap.value, hard_limit.value),
                "limits can be lowered, never raised");
  }
  return {};
}

Result<Band> band_from_discomfort(Newtons discomfort, Newtons hard_limit) {
  if (auto ok = check_soft_cap(discomfort, hard_limit); !ok) return std::unexpected(std::move(ok.error()));
  Band band;
  band.hi = discomfort;
  band.lo = {std::max(std::min(kShare * discomfort.value, discomfort.value - kNarrowestN), lowest())};
  return band;
}

Band under_cap(const Band& band, Newtons cap) noexcept {
  if (band.hi <= cap) return band;
  Band out = band;
  out.hi = cap;
  out.lo = {std::max(std::min(band.lo.value, cap.value - kNarrowestN), lowest())};
  return out;
}

}  // namespace knead::session
