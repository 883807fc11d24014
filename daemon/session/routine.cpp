// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/routine.hpp"

#include <fmt/format.h>

namespace knead::session {

std::string_view to_string(Method method) noexcept { return method == Method::kCustom ? "custom" : "release-activate"; }

std::string_view to_string(Side side) noexcept { return side == Side::kLeft ? "left" : "right"; }

std::optional<Side> side_from(std::string_view name) noexcept {
  if (name == "left") return Side::kLeft;
  if (name == "right") return Side::kRight;
  return std::nullopt;
}

std::string_view to_string(StepSide side) noexcept {
  switch (side) {
    case StepSide::kLeft:
      return "left";
    case StepSide::kRight:
      return "right";
    case StepSide::kChosen:
      return "chosen";
  }
  return "chosen";
}

std::string_view to_string(RepDetection detection) noexcept {
  return detection == RepDetection::kTempo ? "tempo" : "press";
}

std::chrono::microseconds Routine::longest_course() const {
  std::chrono::microseconds sum{};
  for (const ReleaseStep& step : release) sum += step.max_elapsed;
  if (release.size() > 1) sum += kSideChangeWait * (release.size() - 1);
  if (activation) {
    sum += activation->max_elapsed;
    if (activation->further_release.count() > 0) {
      sum += usual_elapsed(activation->further_release) + kSideChangeWait * kMaxFurtherSteps;
    }
  }
  return sum;
}

std::chrono::microseconds Routine::worst_case() const {
  return method == Method::kCustom ? longest_course() : std::chrono::microseconds(kMaxSession);
}

std::optional<std::string> problem_with(const Band& band, Newtons contact) {
  const double lo = band.lo.value;
  const double hi = band.hi.value;
  const double hysteresis = band.hysteresis.value;
  // Written so that a NaN fails each of them.
  if (!(lo < hi)) {
    return fmt::format("the band is upside down: it begins at {} N and ends at {} N; give the lower force first", lo,
                       hi);
  }
  if (!(hi <= kHardLimit.value)) {
    return fmt::format("the band reaches to {} N, above the hard limit; end it at {} N or below", hi, kHardLimit.value);
  }
  if (!(hysteresis >= 0 && hysteresis <= (hi - lo) / 2)) {
    return fmt::format("a hysteresis of {} N does not fit a band {} N wide; give one from 0 to {} N", hysteresis,
                       hi - lo, (hi - lo) / 2);
  }
  if (!(lo - hysteresis >= contact.value)) {
    return fmt::format("the band counts from {} N, less than the {} N of a contact; begin it at {} N or above",
                       lo - hysteresis, contact.value, contact.value + hysteresis);
  }
  return std::nullopt;
}

Result<> check_own_band(const std::optional<Band>& band, const Routine& routine) {
  if (!band) return {};
  const auto problem = problem_with(*band, routine.contact);
  if (!problem) return {};
  return fail(Errc::kInvalidInput,
              fmt::format("your own band (session.band_n of the configuration, or the profile's), for {}: {}",
                          routine.id, *problem),
              "`knead profile` shows the profile's, `knead config show` where the other is written");
}

}  // namespace knead::session
