// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/profiles.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "daemon/record/database.hpp"
#include "daemon/record/row.hpp"

namespace knead::record {

namespace {

constexpr const char* kProfile = R"sql(
  SELECT name, created_unix_us, band_lo_n, band_hi_n, band_hysteresis_n, soft_cap_n, relaxation,
         plan_first_day, plan_weeks, plan_first_at, plan_second_at, plan_remind FROM profiles )sql";

Profile profile_from(SQLite::Statement& select) {
  Row row(select);
  Profile p;
  p.name = row.text();
  p.created = row.wall_time();
  p.band = row.optional_band();
  if (const auto cap = row.optional_real()) p.soft_cap = Newtons{*cap};
  p.relaxation = row.flag();
  if (const auto first_day = row.optional_integer()) {
    session::Plan plan;
    plan.first_day = *first_day;
    plan.weeks = row.int32();
    plan.at[0] = row.int32();
    plan.at[1] = row.int32();
    plan.remind = row.flag();
    p.plan = plan;
  }
  return p;
}

}  // namespace

Result<Profile> load_profile(const Store& store, const std::string& name) {
  return guarded(store.path(), "read", [&]() -> Result<Profile> {
    SQLite::Statement select(store.database(), std::string(kProfile) + "WHERE name = ?");
    select.bind(1, name);
    if (select.executeStep()) return profile_from(select);
    Profile nobody;
    nobody.name = name;
    return nobody;
  });
}

Result<std::vector<Profile>> list_profiles(const Store& store) {
  return guarded(store.path(), "read", [&]() -> Result<std::vector<Profile>> {
    SQLite::Statement select(store.database(), std::string(kProfile) + "ORDER BY name");
    std::vector<Profile> profiles;
    while (select.executeStep()) profiles.push_back(profile_from(select));
    return profiles;
  });
}

Result<> save_profile(Store& store, const Profile& p, WallTime now) {
  return guarded(store.path(), "write to", [&]() -> Result<> {
    SQLite::Statement upsert(store.database(), R"sql(
      INSERT INTO profiles VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
      ON CONFLICT (name) DO UPDATE SET
        band_lo_n = ?3, band_hi_n = ?4, band_hysteresis_n = ?5, soft_cap_n = ?6, relaxation = ?7,
        plan_first_day = ?8, plan_weeks = ?9, plan_first_at = ?10, plan_second_at = ?11, plan_remind = ?12)sql");
    const BandValues band(p.band);
    const session::Plan plan = p.plan.value_or(session::Plan{});
    const auto first_day = p.plan ? std::optional(static_cast<int>(plan.first_day)) : std::nullopt;
    run(upsert, p.name, micros(p.created.value_or(now)), band.lo, band.hi, band.hysteresis,
        p.soft_cap ? std::optional(p.soft_cap->value) : std::nullopt, p.relaxation, first_day, plan.weeks, plan.at[0],
        plan.at[1], plan.remind);
    return {};
  });
}

Result<std::int64_t> add_discomfort_set(Store& store, const DiscomfortSet& set) {
  return guarded(store.path(), "write to", [&]() -> Result<std::int64_t> {
    SQLite::Database& db = store.database();
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement profile(db, "INSERT OR IGNORE INTO profiles (name, created_unix_us) VALUES (?, ?)");
    run(profile, set.profile, micros(set.started));
    SQLite::Statement insert(db, R"sql(
      INSERT INTO discomfort_sets (profile, started_unix_us, side, ball_serial, contact_area_mm2, outcome, reason,
                                   target_n_per_s, mean_n, sd_n, point_a_raw, point_a_mn, point_b_raw, point_b_mn,
                                   tare_raw, reference_raw)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql");
    const auto result = [&set](double session::DiscomfortResult::* part) {
      return set.result ? std::optional(*set.result.*part) : std::nullopt;
    };
    const protocol::Calibration& c = set.calibration;
    run(insert, set.profile, micros(set.started), session::to_string(set.side), set.ball_serial, set.contact_area_mm2,
        set.outcome, set.reason, set.target_n_per_s, result(&session::DiscomfortResult::mean_n),
        result(&session::DiscomfortResult::sd_n), c.point_a_raw, c.point_a_mn, c.point_b_raw, c.point_b_mn, c.tare_raw,
        c.reference_raw);
    const std::int64_t id = db.getLastInsertRowid();
    SQLite::Statement trial(db, "INSERT INTO discomfort_trials VALUES (?, ?, ?, ?, ?, ?)");
    int ordinal = 0;
    for (const session::DiscomfortTrial& t : set.trials) {
      run(trial, id, ordinal++, session::to_string(t.verdict), t.force.value, t.rate_n_per_s, micros(t.duration));
    }
    transaction.commit();
    return id;
  });
}

Result<std::vector<DiscomfortPoint>> discomfort_points(const Store& store, const std::string& profile) {
  return guarded(store.path(), "read", [&]() -> Result<std::vector<DiscomfortPoint>> {
    SQLite::Statement select(store.database(),
                             "SELECT started_unix_us, side, ball_serial, mean_n, sd_n FROM discomfort_sets "
                             "WHERE profile = ? AND mean_n IS NOT NULL ORDER BY started_unix_us, id");
    select.bind(1, profile);
    std::vector<DiscomfortPoint> points;
    while (select.executeStep()) {
      Row row(select);
      DiscomfortPoint& p = points.emplace_back();
      p.started = row.wall_time();
      p.side = session::side_from(row.text()).value_or(session::Side::kRight);
      p.ball_serial = row.text();
      p.mean_n = row.real();
      p.sd_n = row.real();
    }
    return points;
  });
}

Result<std::vector<SessionPoint>> session_points(const Store& store, const std::string& profile) {
  return guarded(store.path(), "read", [&]() -> Result<std::vector<SessionPoint>> {
    // A measure of ours has one row a session: (session_id, ordinal) leads to them, and the plugin's are passed over.
    SQLite::Statement select(store.database(), R"sql(
      SELECT s.id, s.started_unix_us, s.origin, s.outcome, s.elapsed_us / 1e6, s.nrs_before, s.nrs_after,
             (SELECT count(*) FROM reps r WHERE r.session_id = s.id),
             (SELECT coalesce(sum(too_hard), 0) FROM reps r WHERE r.session_id = s.id),
             max(iif(m.name = 'time_in_band', m.value, NULL)), max(iif(m.name = 'dose', m.value, NULL)),
             max(iif(m.name = 'steadiness_cv', m.value, NULL)), max(iif(m.name = 'lost_samples', m.value, NULL))
      FROM sessions s LEFT JOIN measures m ON m.session_id = s.id AND m.source = 'knead'
      WHERE s.profile = ? GROUP BY s.id ORDER BY s.started_unix_us, s.id)sql");
    select.bind(1, profile);
    std::vector<SessionPoint> points;
    while (select.executeStep()) {
      Row row(select);
      SessionPoint& p = points.emplace_back();
      p.id = row.integer();
      p.started = row.wall_time();
      p.origin = row.text();
      p.outcome = row.text();
      p.elapsed_s = row.real();
      p.nrs_before = row.optional_real();
      p.nrs_after = row.optional_real();
      p.reps = row.integer();
      p.too_hard = row.integer();
      p.time_in_band_pct = row.optional_real();
      p.dose_ns = row.optional_real();
      p.steadiness_cv = row.optional_real();
      p.lost_samples_pct = row.optional_real();
    }
    return points;
  });
}

}  // namespace knead::record
