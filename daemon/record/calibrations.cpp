// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/calibrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "daemon/record/database.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

namespace {

constexpr std::array<std::pair<Means, std::string_view>, 4> kMeans{
    {{Means::kFound, "found"}, {Means::kWeights, "weights"}, {Means::kTare, "tare"}, {Means::kUndo, "undo"}}};

constexpr const char* kRows = R"sql(
  SELECT id, ball_serial, at, at_unix_us, means, calibrated, point_a_raw, point_a_mn, point_b_raw, point_b_mn, tare_raw,
         reference_raw, residual_pct, knead_version, undone_at
  FROM ball_calibrations WHERE ?1 = '' OR ball_serial = ?1 ORDER BY id)sql";

StoredCalibration row_of(SQLite::Statement& select) {
  int at = 0;
  const auto next = [&] { return select.getColumn(at++); };
  StoredCalibration row;
  row.id = next().getInt64();
  row.ball_serial = next().getString();
  row.at = next().getString();
  row.at_unix_us = next().getInt64();
  row.means = means_from(next().getString()).value_or(Means::kFound);
  protocol::Calibration& c = row.calibration;
  c.calibrated = next().getInt() != 0;
  for (std::int32_t* value :
       {&c.point_a_raw, &c.point_a_mn, &c.point_b_raw, &c.point_b_mn, &c.tare_raw, &c.reference_raw})
    *value = next().getInt();
  if (const auto residual = next(); !residual.isNull()) row.residual_pct = residual.getDouble();
  row.knead_version = next().getString();
  if (const auto undone = next(); !undone.isNull()) row.undone_at = undone.getString();
  return row;
}

std::vector<StoredCalibration> read_journal(SQLite::Database& db, const std::string& serial) {
  std::vector<StoredCalibration> rows;
  std::map<std::int64_t, std::size_t> places;
  SQLite::Statement select(db, kRows);
  select.bind(1, serial);
  while (select.executeStep()) {
    rows.push_back(row_of(select));
    places[rows.back().id] = rows.size() - 1;
  }
  SQLite::Statement points(db, R"sql(
    SELECT calibration_id, force_n, raw, spread_raw, residual_n FROM ball_calibration_points
    JOIN ball_calibrations ON id = calibration_id WHERE ?1 = '' OR ball_serial = ?1
    ORDER BY calibration_id, ordinal)sql");
  points.bind(1, serial);
  while (points.executeStep()) {
    rows[places.at(points.getColumn(0).getInt64())].points.push_back({.force_n = points.getColumn(1).getDouble(),
                                                                      .raw = points.getColumn(2).getDouble(),
                                                                      .spread_raw = points.getColumn(3).getDouble(),
                                                                      .residual_n = points.getColumn(4).getDouble()});
  }
  return rows;
}

void insert(SQLite::Database& db, const CalibrationChange& change) {
  const protocol::Calibration& c = change.calibration;
  SQLite::Statement row(db, R"sql(
    INSERT INTO ball_calibrations (ball_serial, at, at_unix_us, means, calibrated, point_a_raw, point_a_mn, point_b_raw,
                                   point_b_mn, tare_raw, reference_raw, residual_pct, knead_version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql");
  run(row, change.ball_serial, iso_utc(change.at), micros(change.at), to_string(change.means), c.calibrated,
      c.point_a_raw, c.point_a_mn, c.point_b_raw, c.point_b_mn, c.tare_raw, c.reference_raw, change.residual_pct,
      std::string(KNEAD_VERSION));
  const std::int64_t id = db.getLastInsertRowid();
  SQLite::Statement point(db, "INSERT INTO ball_calibration_points VALUES (?, ?, ?, ?, ?, ?)");
  int ordinal = 0;
  for (const CalibrationPoint& p : change.points)
    run(point, id, ordinal++, p.force_n, p.raw, p.spread_raw, p.residual_n);
  if (!change.undoes) return;
  SQLite::Statement undone(db, "UPDATE ball_calibrations SET undone_at = ? WHERE id = ?");
  run(undone, iso_utc(change.at), *change.undoes);
}

/// What a ball that comes with @p calibration has been through: where its zero alone has moved, somebody tared it.
Means found_as(const std::vector<StoredCalibration>& journal, const protocol::Calibration& calibration) {
  if (journal.empty()) return Means::kFound;
  protocol::Calibration with_that_zero = journal.back().calibration;
  with_that_zero.tare_raw = calibration.tare_raw;
  return with_that_zero == calibration ? Means::kTare : Means::kFound;
}

}  // namespace

std::string_view to_string(Means means) noexcept {
  return std::ranges::find(kMeans, means, &std::pair<Means, std::string_view>::first)->second;
}

std::optional<Means> means_from(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kMeans, name, &std::pair<Means, std::string_view>::second);
  return found == kMeans.end() ? std::nullopt : std::optional(found->first);
}

Result<std::vector<StoredCalibration>> Calibrations::ball_came(const std::string& serial, std::uint16_t firmware,
                                                               WallTime at, const protocol::Calibration& calibration) {
  return guarded(store_->path(), "write to", [&]() -> Result<std::vector<StoredCalibration>> {
    SQLite::Database& db = store_->database();
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement seen(db, R"sql(
      INSERT INTO balls VALUES (?1, ?2, ?3, ?4, ?3, ?4)
      ON CONFLICT (serial) DO UPDATE SET firmware = ?2, last_seen = ?3, last_seen_unix_us = ?4)sql");
    run(seen, serial, int{firmware}, iso_utc(at), micros(at));
    auto journal = read_journal(db, serial);
    if (journal.empty() || journal.back().calibration != calibration) {
      insert(db,
             {.ball_serial = serial, .at = at, .means = found_as(journal, calibration), .calibration = calibration});
      journal = read_journal(db, serial);
    }
    transaction.commit();
    return journal;
  });
}

Result<std::vector<StoredCalibration>> Calibrations::add(const CalibrationChange& change) {
  return guarded(store_->path(), "write to", [&]() -> Result<std::vector<StoredCalibration>> {
    SQLite::Transaction transaction(store_->database(), SQLite::TransactionBehavior::IMMEDIATE);
    insert(store_->database(), change);
    auto journal = read_journal(store_->database(), change.ball_serial);
    transaction.commit();
    return journal;
  });
}

Result<std::vector<StoredCalibration>> Calibrations::journal(const std::string& serial) const {
  return guarded(store_->path(), "read", [&]() -> Result<std::vector<StoredCalibration>> {
    const SQLite::Transaction snapshot(store_->database());
    return read_journal(store_->database(), serial);
  });
}

std::optional<InForce> in_force(const std::vector<StoredCalibration>& journal) {
  struct Scale {
    const StoredCalibration* row;
    const protocol::Calibration* newest;  // with its last tare
  };
  std::vector<Scale> scales;
  for (const StoredCalibration& row : journal) {
    switch (row.means) {
      case Means::kFound:
      case Means::kWeights:
        scales.push_back({.row = &row, .newest = &row.calibration});
        break;
      case Means::kTare:
        if (!scales.empty()) scales.back().newest = &row.calibration;
        break;
      case Means::kUndo:
        if (scales.size() > 1) scales.pop_back();
        if (!scales.empty()) scales.back().newest = &row.calibration;
        break;
    }
  }
  if (scales.empty()) return std::nullopt;
  InForce out{.state = journal.back(), .scale = *scales.back().row, .before = std::nullopt};
  if (scales.size() > 1) out.before = *scales[scales.size() - 2].newest;
  return out;
}

}  // namespace knead::record
