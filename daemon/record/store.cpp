// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/record/database.hpp"
#include "daemon/record/row.hpp"
#include "daemon/record/schema.hpp"
#include "daemon/session/own_band.hpp"

namespace knead::record {

namespace {

session::Side side_of(const session::ReleaseStep& step, session::Side chosen) {
  switch (step.side) {
    case session::StepSide::kLeft:
      return session::Side::kLeft;
    case session::StepSide::kRight:
      return session::Side::kRight;
    case session::StepSide::kChosen:
      return chosen;
  }
  return chosen;
}

Result<> make_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return {};
  return fail(Errc::kAccessDenied, "cannot make the folder of the database " + path,
              "name a folder that belongs to the user who runs this", error.value());
}

/// @p bytes live until the statement has run.
void bind_blob(SQLite::Statement& statement, int column, const std::string& bytes) {
  statement.bindNoCopy(column, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

std::int64_t insert_session(SQLite::Database& db, const SessionHeader& h) {
  SQLite::Statement insert(db, R"sql(
    INSERT INTO sessions (started_at, started_unix_us, profile, origin, routine, title, method, side, routine_source,
                          config, knead_version, protocol_version, ball_serial, ball_firmware, rate_hz,
                          contact_area_mm2, target_reps, nrs_before, inputs_kept, own_band_lo_n, own_band_hi_n,
                          own_band_hysteresis_n, own_soft_cap_n)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?))sql");
  const BandValues own(h.band);
  run(insert, iso_utc(h.started_at), micros(h.started_at), h.profile, to_string(h.origin), h.routine.id,
      h.routine.title, session::to_string(h.routine.method), session::to_string(h.side), h.routine.source, h.config,
      h.knead_version, fmt::format("{}.{}", h.ball.version_major, h.ball.version_minor), h.ball_serial,
      int{h.ball.firmware}, int{h.ball.rate_hz}, int{h.ball.contact_area_mm2},
      h.routine.activation ? h.routine.activation->reps : 0, h.nrs_before, own.lo, own.hi, own.hysteresis,
      h.soft_cap ? std::optional(h.soft_cap->value) : std::nullopt);
  const std::int64_t id = db.getLastInsertRowid();

  SQLite::Statement profile(db, "INSERT OR IGNORE INTO profiles (name, created_unix_us) VALUES (?, ?)");
  run(profile, h.profile, micros(h.started_at));

  SQLite::Statement plan(db, R"sql(
    INSERT INTO steps (session_id, n, muscle, side, target_us, band_lo_n, band_hi_n, hysteresis_n)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?))sql");
  int n = 0;
  for (const session::ReleaseStep& step : h.routine.release) {
    const session::Band band = session::band_of(step.band, h.band, h.soft_cap);
    run(plan, id, n++, step.muscle, session::to_string(side_of(step, h.side)), micros(step.credit), band.lo.value,
        band.hi.value, band.hysteresis.value);
  }
  if (h.plugin) {
    SQLite::Statement plugin(
        db, "INSERT INTO plugin_runs (session_id, file, id, version, state_before) VALUES (?, ?, ?, ?, ?)");
    constexpr int kStateColumn = 5;
    bind_blob(plugin, kStateColumn, h.plugin_state);
    run(plugin, id, h.plugin->file, h.plugin->id, h.plugin->version);
  }
  return id;
}

}  // namespace

Store::Store(std::string path, std::optional<LockFile> lock, std::unique_ptr<SQLite::Database> db)
    : path_(std::move(path)),
      lock_(std::move(lock)),
      db_(std::move(db)),
      statements_(std::make_unique<Statements>(*db_)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&& other) noexcept {
  // What was here goes as a destructor lets it go: statements, database, lock.
  Store taken(std::move(other));
  std::swap(path_, taken.path_);
  std::swap(lock_, taken.lock_);
  std::swap(db_, taken.db_);
  std::swap(statements_, taken.statements_);
  std::swap(interrupted_, taken.interrupted_);
  return *this;
}
Store::~Store() = default;

Result<Store> Store::open(const std::string& path) {
  if (auto made = make_folder(path); !made) return std::unexpected(made.error());
  auto lock = LockFile::take(path);
  if (!lock) return std::unexpected(lock.error());
  return guarded(path, "open", [&]() -> Result<Store> {
    auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
    const auto version = version_of(*db, path);
    if (!version) return std::unexpected(version.error());
    // SQLite opens a write-protected file for reading without a word.
    if (::sqlite3_db_readonly(db->getHandle(), "main") == 1) {
      return fail(Errc::kAccessDenied, "cannot write to the database " + path,
                  "check the permissions of the file and its folder, and that the disk is not mounted read-only");
    }
    // WAL: readers and the writer do not wait for each other, and a commit appends instead of rewriting.
    if (db->execAndGet("PRAGMA journal_mode = WAL").getString() != "wal") {
      return fail(Errc::kStorage, "the disk of " + path + " cannot hold a live database",
                  "name a file on a local disk (network file systems have no shared memory)");
    }
    // FULL: a commit is on the disk when it returns, so that a power cut costs no more than kill -9 does. Only sessions
    // write, minutes a day, and each commit syncs once: an SD card does not feel it (docs/record.md).
    db->exec("PRAGMA synchronous = FULL");
    db->exec("PRAGMA foreign_keys = ON");
    migrate(*db, *version);
    Store store(path, std::move(*lock), std::move(db));
    store.close_unfinished_sessions();
    return store;
  });
}

Result<Store> Store::open_read_only(const std::string& path) {
  if (auto there = must_exist(path); !there) return std::unexpected(there.error());
  return guarded(path, "read", [&]() -> Result<Store> {
    auto db = open_reader(path);
    if (auto current = must_be_current(*db, path); !current) return std::unexpected(current.error());
    return Store(path, std::nullopt, std::move(db));
  });
}

void Store::close_unfinished_sessions() {
  SQLite::Transaction transaction(*db_, SQLite::TransactionBehavior::IMMEDIATE);
  SQLite::Statement unfinished(*db_, "SELECT id FROM sessions WHERE outcome IS NULL ORDER BY id");
  while (unfinished.executeStep()) interrupted_.push_back(unfinished.getColumn(0).getInt64());
  SQLite::Statement close(*db_, R"sql(
    UPDATE sessions SET
      outcome = ?2,
      reason = 'the program ended before the session did',
      samples = (SELECT coalesce(sum(count), 0) FROM sample_blocks WHERE session_id = ?1),
      lost = (SELECT coalesce(sum(count), 0) FROM gaps WHERE session_id = ?1 AND kind <> 'event'),
      elapsed_us = max((SELECT coalesce(max(t1_us), 0) FROM sample_blocks WHERE session_id = ?1),
                       (SELECT coalesce(max(t_us), 0) FROM events WHERE session_id = ?1))
    WHERE id = ?1)sql");
  for (const std::int64_t id : interrupted_) run(close, id, kInterrupted);
  transaction.commit();
}

Result<> Store::commit(SessionBuffer& buffer) {
  if (buffer.pending().empty()) return {};
  const auto written = guarded(path_, "write to", [&]() -> Result<> {
    SQLite::Transaction transaction(*db_, SQLite::TransactionBehavior::IMMEDIATE);
    const std::int64_t id = buffer.id() != 0 ? buffer.id() : insert_session(*db_, buffer.header());
    write(buffer, id);
    transaction.commit();
    buffer.mark_written(id);
    return {};
  });
  statements_->reset();
  return written;
}

void Store::write(const SessionBuffer& buffer, std::int64_t id) {
  const PendingRows& rows = buffer.pending();
  Statements& statement = *statements_;
  if (!rows.calibrations.empty()) {
    SQLite::Statement& insert = statement("INSERT INTO calibrations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [ordinal, c] : rows.calibrations) {
      run(insert, id, ordinal, c.calibrated, c.point_a_raw, c.point_a_mn, c.point_b_raw, c.point_b_mn, c.tare_raw,
          c.reference_raw);
    }
  }
  if (!rows.blocks.empty()) {
    SQLite::Statement& insert = statement(R"sql(
      INSERT INTO sample_blocks (session_id, ordinal, calibration, first_index, first_seq, count, first_device_us,
                                 t0_us, t1_us, codec, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (session_id, ordinal) DO UPDATE
        SET count = excluded.count, t1_us = excluded.t1_us, codec = excluded.codec, data = excluded.data)sql");
    for (const PendingRows::Block& b : rows.blocks) {
      constexpr int kDataColumn = 11;
      insert.bindNoCopy(kDataColumn, b.data.data(), static_cast<int>(b.data.size()));
      run(insert, id, b.ordinal, b.calibration, b.first_index, b.first_seq, b.count, micros(b.first_device_time),
          micros(b.t0), micros(b.t1), kBlockCodec);
    }
  }
  if (!rows.events.empty()) {
    SQLite::Statement& insert = statement("INSERT INTO events VALUES (?, ?, ?, ?, ?)");
    for (const auto& [ordinal, e] : rows.events) run(insert, id, ordinal, micros(e.t), e.kind, e.json);
  }
  if (!rows.reps.empty()) {
    SQLite::Statement& insert = statement("INSERT INTO reps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [ordinal, r] : rows.reps) {
      run(insert, id, ordinal, r.n, micros(r.start), micros(r.duration), r.peak.value, r.mean.value, r.impulse_ns,
          r.too_hard);
    }
  }
  if (!rows.measures.empty()) {
    SQLite::Statement& insert = statement("INSERT INTO measures VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [ordinal, m] : rows.measures) run(insert, id, ordinal, m.name, m.value, m.unit, m.source, m.text);
  }
  if (!rows.inputs.empty()) {
    SQLite::Statement& insert = statement("INSERT INTO inputs VALUES (?, ?, ?, ?, ?)");
    for (const auto& [ordinal, i] : rows.inputs) run(insert, id, ordinal, i.samples, i.kind, i.json);
  }
  if (!rows.gaps.empty()) {
    SQLite::Statement& insert = statement("INSERT INTO gaps VALUES (?, ?, ?, ?, ?)");
    for (const auto& [ordinal, g] : rows.gaps) run(insert, id, ordinal, micros(g.t), to_string(g.kind), g.count);
  }
  if (!rows.steps_added.empty()) {
    // On the spot of the step before it.
    SQLite::Statement& insert = statement(R"sql(
      INSERT INTO steps (session_id, n, muscle, side, target_us, band_lo_n, band_hi_n, hysteresis_n)
      SELECT session_id, ?2, muscle, side, ?3, band_lo_n, band_hi_n, hysteresis_n
      FROM steps WHERE session_id = ?1 AND n = ?2 - 1)sql");
    for (const PendingRows::StepAdded& s : rows.steps_added) run(insert, id, s.n, micros(s.target));
  }
  SQLite::Statement& step_end = statement(R"sql(
    UPDATE steps SET completed = ?3, credited_us = ?4, elapsed_us = ?5 WHERE session_id = ?1 AND n = ?2)sql");
  for (const PendingRows::StepEnd& s : rows.steps)
    run(step_end, id, s.n, s.completed, micros(s.credited), micros(s.elapsed));

  if (!rows.summary) return;
  const SessionSummary& summary = *rows.summary;
  int n = 0;
  for (const session::StepResult& s : summary.steps) {
    run(step_end, id, n++, s.completed, micros(s.credited), micros(s.elapsed));
  }
  SQLite::Statement& end = statement(R"sql(
    UPDATE sessions SET outcome = ?2, reason = ?3, elapsed_us = ?4, activation_completed = ?5, samples = ?6, lost = ?7,
                        write_failures = ?8, nrs_after = ?9
    WHERE id = ?1)sql");
  run(end, id, session::to_string(summary.outcome), summary.reason, micros(summary.elapsed),
      summary.activation_completed, buffer.samples(), buffer.lost_samples(), buffer.write_failures(),
      summary.nrs_after);
  SQLite::Statement& conduct = statement(R"sql(
    UPDATE plugin_runs SET slow_calls = ?2, misuses = ?3, last_misuse = ?4, ended = ?5, state_after = ?6
    WHERE session_id = ?1)sql");
  constexpr int kStateColumn = 6;
  if (summary.plugin_state) bind_blob(conduct, kStateColumn, *summary.plugin_state);
  run(conduct, id, summary.plugin.slow_calls, summary.plugin.misuses, summary.plugin.last_misuse, summary.plugin.ended);
}

Result<> Store::limit_size(std::uint64_t bytes) {
  return guarded(path_, "bound", [&]() -> Result<> {
    constexpr std::uint64_t kNoBound = 0xFFFF'FFFE;  // SQLite's own limit, in pages
    const auto page = static_cast<std::uint64_t>(db_->execAndGet("PRAGMA page_size").getInt64());
    const std::uint64_t pages = bytes == 0 ? kNoBound : std::max<std::uint64_t>(bytes / page, 1);
    db_->execAndGet(fmt::format("PRAGMA max_page_count = {}", pages));
    return {};
  });
}

}  // namespace knead::record
