// SPDX-License-Identifier: Apache-2.0
// Profiles and their discomfort sets in the store: people, where sessions are what they did.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/record/store.hpp"
#include "daemon/record/wall_time.hpp"
#include "daemon/session/discomfort.hpp"
#include "daemon/session/plan.hpp"
#include "daemon/session/routine.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::record {

/// A person, by the name that sessions are begun with; "" is whoever gave none. A row is made with the first session or
/// the first thing that is set.
struct Profile {
  std::string name;
  std::optional<WallTime> created{};    ///< empty: there is no row yet
  std::optional<session::Band> band{};  ///< replaces each step's
  std::optional<Newtons> soft_cap{};    ///< no band reaches above it
  bool relaxation = false;              ///< the experiment is shown (session/relaxation.hpp)
  std::optional<session::Plan> plan{};
};

/// As it is, or with nothing set where nobody has used the name yet.
[[nodiscard]] Result<Profile> load_profile(const Store& store, const std::string& name);
/// By name.
[[nodiscard]] Result<std::vector<Profile>> list_profiles(const Store& store);
/// Whole; @p now is when it was made, where it is new.
Result<> save_profile(Store& store, const Profile& profile, WallTime now);

/// One set of discomfort trials, whatever came of it, with what was in force.
struct DiscomfortSet {
  std::string profile;
  WallTime started{};
  session::Side side = session::Side::kRight;
  std::string ball_serial;
  int contact_area_mm2 = 0;  ///< 0: not known
  protocol::Calibration calibration{};
  std::string outcome;  ///< session::to_string(DiscomfortOutcome)
  std::string reason;
  double target_n_per_s = 0.0;
  std::optional<session::DiscomfortResult> result{};
  std::vector<session::DiscomfortTrial> trials{};
};
/// @return its id. Makes the profile, where it is new.
Result<std::int64_t> add_discomfort_set(Store& store, const DiscomfortSet& set);

// ---- For trends: many at once, and only what a series needs ------------------------------------------------------

struct DiscomfortPoint {
  WallTime started{};
  session::Side side = session::Side::kRight;
  std::string ball_serial;
  double mean_n = 0.0;
  double sd_n = 0.0;
};
/// Sets that are done, oldest first.
[[nodiscard]] Result<std::vector<DiscomfortPoint>> discomfort_points(const Store& store, const std::string& profile);

struct SessionPoint {
  std::int64_t id = 0;
  WallTime started{};
  std::string origin;
  std::string outcome;  ///< empty: it runs
  double elapsed_s = 0.0;
  std::int64_t reps = 0;
  std::int64_t too_hard = 0;
  std::optional<double> nrs_before{};
  std::optional<double> nrs_after{};
  std::optional<double> time_in_band_pct{};
  std::optional<double> dose_ns{};
  std::optional<double> steadiness_cv{};
  std::optional<double> lost_samples_pct{};
};
/// Oldest first.
[[nodiscard]] Result<std::vector<SessionPoint>> session_points(const Store& store, const std::string& profile);

}  // namespace knead::record
