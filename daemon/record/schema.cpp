// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/schema.hpp"

#include <fmt/format.h>

#include <array>

#include "daemon/record/database.hpp"

namespace knead::record {

namespace {

// What comes from outside (a plugin's numbers, a person's text) meets no CHECK, no NOT NULL on a REAL (SQLite stores
// NaN as NULL) and no UNIQUE: one odd value must not keep a second of samples out of the record. Our own counts do.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE sessions (
  id                   INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, also when a session is deleted
  started_at           TEXT NOT NULL,     -- UTC, ISO 8601
  started_unix_us      INTEGER NOT NULL,
  profile              TEXT NOT NULL,
  origin               TEXT NOT NULL,     -- ball | simulation
  routine              TEXT NOT NULL,
  title                TEXT NOT NULL,
  method               TEXT NOT NULL,
  side                 TEXT NOT NULL,
  routine_source       TEXT NOT NULL,
  config               TEXT NOT NULL,
  knead_version        TEXT NOT NULL,
  protocol_version     TEXT NOT NULL,
  ball_serial          TEXT NOT NULL,
  ball_firmware        INTEGER NOT NULL,  -- BCD
  rate_hz              INTEGER NOT NULL,
  contact_area_mm2     INTEGER NOT NULL,  -- 0: not known
  target_reps          INTEGER NOT NULL,
  nrs_before           INTEGER,
  nrs_after            INTEGER,
  outcome              TEXT,              -- NULL while the session runs
  reason               TEXT NOT NULL DEFAULT '',
  elapsed_us           INTEGER NOT NULL DEFAULT 0,
  activation_completed INTEGER NOT NULL DEFAULT 0,
  samples              INTEGER NOT NULL DEFAULT 0,
  lost                 INTEGER NOT NULL DEFAULT 0,
  write_failures       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sessions_by_start ON sessions (started_unix_us);

CREATE TABLE calibrations (
  session_id    INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  ordinal       INTEGER NOT NULL,         -- in the order in which they came into force
  calibrated    INTEGER NOT NULL,
  point_a_raw   INTEGER NOT NULL,
  point_a_mn    INTEGER NOT NULL,
  point_b_raw   INTEGER NOT NULL,
  point_b_mn    INTEGER NOT NULL,
  tare_raw      INTEGER NOT NULL,
  reference_raw INTEGER NOT NULL,
  PRIMARY KEY (session_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE steps (
  session_id   INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  n            INTEGER NOT NULL,          -- from 0
  muscle       TEXT NOT NULL,
  side         TEXT NOT NULL,
  target_us    INTEGER NOT NULL,
  band_lo_n    REAL,
  band_hi_n    REAL,
  hysteresis_n REAL,
  completed    INTEGER,                   -- these three: NULL until the step has ended
  credited_us  INTEGER,
  elapsed_us   INTEGER,
  PRIMARY KEY (session_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE reps (
  session_id  INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  ordinal     INTEGER NOT NULL,
  n           INTEGER NOT NULL,           -- as the plugin numbers it
  start_us    INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  peak_n      REAL,
  mean_n      REAL,
  impulse_ns  REAL,                       -- newton seconds
  too_hard    INTEGER NOT NULL,
  PRIMARY KEY (session_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE measures (
  session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  ordinal    INTEGER NOT NULL,
  name       TEXT NOT NULL,
  value      REAL,                        -- NULL: too little to compute it from
  unit       TEXT NOT NULL,
  source     TEXT NOT NULL,               -- knead | plugin
  text       TEXT NOT NULL,
  PRIMARY KEY (session_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  ordinal    INTEGER NOT NULL,
  t_us       INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  json       TEXT NOT NULL,
  PRIMARY KEY (session_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
  session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  ordinal    INTEGER NOT NULL,
  t_us       INTEGER NOT NULL,
  kind       TEXT NOT NULL,               -- sequence | ring | write | event
  count      INTEGER NOT NULL,
  PRIMARY KEY (session_id, ordinal)
) STRICT, WITHOUT ROWID;

-- An ordinary rowid table: its pages take a block of some kilobytes whole, those of WITHOUT ROWID would split it.
CREATE TABLE sample_blocks (
  id              INTEGER PRIMARY KEY,
  session_id      INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  ordinal         INTEGER NOT NULL,
  calibration     INTEGER NOT NULL,       -- ordinal in calibrations
  first_index     INTEGER NOT NULL,       -- of its first sample among the session's
  first_seq       INTEGER NOT NULL,
  count           INTEGER NOT NULL,
  first_device_us INTEGER NOT NULL,
  t0_us           INTEGER NOT NULL,       -- session time of the first and the last sample
  t1_us           INTEGER NOT NULL,
  codec           INTEGER NOT NULL,       -- block_codec.hpp
  data            BLOB NOT NULL,          -- carries its own checksum
  UNIQUE (session_id, ordinal)
) STRICT;
)sql";

// Who the plugin of a session was, and how it behaved: what its author wants to know.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE plugin_runs (
  session_id  INTEGER PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  file        TEXT NOT NULL,
  id          TEXT NOT NULL,
  version     TEXT NOT NULL,
  slow_calls  INTEGER NOT NULL DEFAULT 0,  -- these four: as of the session's end
  misuses     INTEGER NOT NULL DEFAULT 0,
  last_misuse TEXT NOT NULL DEFAULT '',
  ended        TEXT NOT NULL DEFAULT '',    -- why it was ended before its time
  state_before BLOB NOT NULL DEFAULT x'',   -- what it had kept from a session before
  state_after  BLOB                         -- what it keeps from this one; NULL: it saved nothing, or never ended
) STRICT;
)sql";

// What a session can be replayed from. own_band_*: the profile's band, where it replaced each step's.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE sessions ADD COLUMN inputs_kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN own_band_lo_n REAL;
ALTER TABLE sessions ADD COLUMN own_band_hi_n REAL;
ALTER TABLE sessions ADD COLUMN own_band_hysteresis_n REAL;

CREATE TABLE inputs (
  session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  ordinal    INTEGER NOT NULL,
  samples    INTEGER NOT NULL,            -- that the session had been given before
  kind       TEXT NOT NULL,
  json       TEXT NOT NULL,
  PRIMARY KEY (session_id, ordinal)
) STRICT, WITHOUT ROWID;
)sql";

// What is known of balls and of the people who use them, sessions apart. Rows are added, never changed, but for what
// was last seen of a ball, and the mark that a calibration was undone.
constexpr const char* kCalibrationsAndSafety = R"sql(
CREATE TABLE balls (
  serial             TEXT PRIMARY KEY,
  firmware           INTEGER NOT NULL,    -- BCD; as last seen
  first_seen         TEXT NOT NULL,       -- UTC, ISO 8601
  first_seen_unix_us INTEGER NOT NULL,
  last_seen          TEXT NOT NULL,
  last_seen_unix_us  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ball_calibrations (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  ball_serial   TEXT NOT NULL,
  at            TEXT NOT NULL,            -- UTC, ISO 8601
  at_unix_us    INTEGER NOT NULL,
  means         TEXT NOT NULL,            -- found | weights | tare | undo
  calibrated    INTEGER NOT NULL,         -- these seven: PROTOCOL.md, section 6
  point_a_raw   INTEGER NOT NULL,
  point_a_mn    INTEGER NOT NULL,
  point_b_raw   INTEGER NOT NULL,
  point_b_mn    INTEGER NOT NULL,
  tare_raw      INTEGER NOT NULL,
  reference_raw INTEGER NOT NULL,
  residual_pct  REAL,                     -- of full scale; NULL: no further weight showed it
  knead_version TEXT NOT NULL,
  undone_at     TEXT                      -- UTC, ISO 8601; NULL: it was not
) STRICT;
CREATE INDEX ball_calibrations_by_ball ON ball_calibrations (ball_serial, id);

CREATE TABLE ball_calibration_points (
  calibration_id INTEGER NOT NULL REFERENCES ball_calibrations ON DELETE CASCADE,
  ordinal        INTEGER NOT NULL,
  force_n        REAL NOT NULL,           -- known; 0: unloaded
  raw            REAL NOT NULL,           -- mean of a second, counts
  spread_raw     REAL NOT NULL,
  residual_n     REAL NOT NULL,           -- what the line says less what is known
  PRIMARY KEY (calibration_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE safety_answers (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  profile           TEXT NOT NULL,
  at                TEXT NOT NULL,        -- UTC, ISO 8601
  at_unix_us        INTEGER NOT NULL,
  questions_version INTEGER NOT NULL,
  yes               TEXT NOT NULL,        -- ids of the questions answered with yes, a space between them
  clinician_asked   INTEGER NOT NULL,     -- confirmed on purpose
  knead_version     TEXT NOT NULL
) STRICT;
CREATE INDEX safety_answers_by_profile ON safety_answers (profile, id);
)sql";

// People, their plans, and the trials of their force at first discomfort. A profile comes with its first session or
// set of trials, or with the first thing that is set for it.
constexpr const char* kProfilesAndDiscomfort = R"sql(
ALTER TABLE sessions ADD COLUMN own_soft_cap_n REAL;

CREATE TABLE profiles (
  name              TEXT PRIMARY KEY,
  created_unix_us   INTEGER NOT NULL,
  band_lo_n         REAL,                 -- these three: NULL without a band of its own
  band_hi_n         REAL,
  band_hysteresis_n REAL,
  soft_cap_n        REAL,
  relaxation        INTEGER NOT NULL DEFAULT 0,
  plan_first_day    INTEGER,              -- days since 1970-01-01 in local time; NULL: no plan
  plan_weeks        INTEGER NOT NULL DEFAULT 0,
  plan_first_at     INTEGER NOT NULL DEFAULT 0,  -- these two: minutes after midnight, local time
  plan_second_at    INTEGER NOT NULL DEFAULT 0,
  plan_remind       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO profiles (name, created_unix_us) SELECT profile, min(started_unix_us) FROM sessions GROUP BY profile;

CREATE TABLE discomfort_sets (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  profile          TEXT NOT NULL,
  started_unix_us  INTEGER NOT NULL,
  side             TEXT NOT NULL,
  ball_serial      TEXT NOT NULL,
  contact_area_mm2 INTEGER NOT NULL,      -- 0: not known
  outcome          TEXT NOT NULL,
  reason           TEXT NOT NULL,
  target_n_per_s   REAL NOT NULL,
  mean_n           REAL,                  -- these two: of the good trials; NULL unless the set is done
  sd_n             REAL,
  point_a_raw      INTEGER NOT NULL,      -- the calibration in force
  point_a_mn       INTEGER NOT NULL,
  point_b_raw      INTEGER NOT NULL,
  point_b_mn       INTEGER NOT NULL,
  tare_raw         INTEGER NOT NULL,
  reference_raw    INTEGER NOT NULL
) STRICT;
CREATE INDEX discomfort_sets_by_profile ON discomfort_sets (profile, started_unix_us);

CREATE TABLE discomfort_trials (
  set_id       INTEGER NOT NULL REFERENCES discomfort_sets ON DELETE CASCADE,
  ordinal      INTEGER NOT NULL,
  verdict      TEXT NOT NULL,             -- good, or why it was repeated
  force_n      REAL NOT NULL,
  rate_n_per_s REAL NOT NULL,
  duration_us  INTEGER NOT NULL,
  PRIMARY KEY (set_id, ordinal)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kMigrations{kVersion1, kVersion2, kVersion3, kCalibrationsAndSafety, kProfilesAndDiscomfort};

}  // namespace

std::span<const char* const> migrations() { return kMigrations; }

Result<int> version_of(SQLite::Database& db, const std::string& path) {
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  const int application = db.execAndGet("PRAGMA application_id").getInt();
  const bool has_tables = db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() != 0;
  if (application != kApplicationId && (has_tables || application != 0 || version != 0)) {
    return fail(Errc::kInvalidInput, path + " is the database of another program",
                "name another file; this one was left as it is");
  }
  if (version > schema_version()) {
    return fail(Errc::kStorage,
                path + " was written by a newer Knead (its schema is " + std::to_string(version) +
                    ", the newest known here is " + std::to_string(schema_version()) + ")",
                "update Knead, or name another file; this one was left as it is");
  }
  return version;
}

Result<> must_be_current(SQLite::Database& db, const std::string& path) {
  const auto version = version_of(db, path);
  if (!version) return std::unexpected(version.error());
  if (*version == schema_version()) return {};
  return fail(Errc::kStorage, fmt::format("{} has schema {}, and {} is needed", path, *version, schema_version()),
              "start kneadd once: it brings the file up to date");
}

void migrate(SQLite::Database& db, int from) {
  for (int version = from; version < schema_version(); ++version) {
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    db.exec(migrations()[static_cast<std::size_t>(version)]);
    db.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    db.exec("PRAGMA user_version = " + std::to_string(version + 1));
    transaction.commit();
  }
}

}  // namespace knead::record
