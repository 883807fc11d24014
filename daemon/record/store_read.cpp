// SPDX-License-Identifier: Apache-2.0
// The reading half of Store.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
#include <utility>

#include "daemon/record/database.hpp"
#include "daemon/record/row.hpp"
#include "daemon/record/store.hpp"
#include "daemon/session/input_json.hpp"

namespace knead::record {

namespace {

// A running session's counts are not in its row yet: they are added up from what is there.
constexpr const char* kFacts = R"sql(
  SELECT id, started_at, started_unix_us, profile, origin, routine, title, method, side, ball_serial, knead_version,
         outcome, reason,
         iif(outcome IS NULL, (SELECT coalesce(max(t1_us), 0) FROM sample_blocks WHERE session_id = s.id), elapsed_us),
         (SELECT coalesce(sum(credited_us), 0) FROM steps WHERE session_id = s.id),
         (SELECT count(*) FROM reps WHERE session_id = s.id),
         target_reps, activation_completed, nrs_before, nrs_after, rate_hz, contact_area_mm2,
         iif(outcome IS NULL, (SELECT coalesce(sum(count), 0) FROM sample_blocks WHERE session_id = s.id), samples),
         iif(outcome IS NULL,
             (SELECT coalesce(sum(count), 0) FROM gaps WHERE session_id = s.id AND kind <> 'event'), lost),
         write_failures
  FROM sessions s )sql";

SessionFacts facts_from(SQLite::Statement& statement) {
  Row row(statement);
  SessionFacts f;
  f.id = row.integer();
  f.started_at = row.text();
  f.started_unix_us = row.integer();
  f.profile = row.text();
  f.origin = row.text();
  f.routine = row.text();
  f.title = row.text();
  f.method = row.text();
  f.side = row.text();
  f.ball_serial = row.text();
  f.knead_version = row.text();
  f.outcome = row.optional_text();
  f.reason = row.text();
  f.elapsed = row.duration();
  f.credited = row.duration();
  f.reps = row.integer();
  f.target_reps = row.integer();
  f.activation_completed = row.flag();
  f.nrs_before = row.optional_integer();
  f.nrs_after = row.optional_integer();
  f.rate_hz = row.integer();
  f.contact_area_mm2 = row.integer();
  f.samples = row.count();
  f.lost = row.count();
  f.write_failures = row.count();
  return f;
}

std::unexpected<Error> no_session(std::int64_t id) {
  return fail(Errc::kNotFound, fmt::format("there is no session {}", id), "`knead sessions` lists them");
}

/// Runs a SELECT on one session and makes one T of each row.
template <class T, class Make>
std::vector<T> rows_of(SQLite::Database& db, const char* select, std::int64_t id, Make make) {
  SQLite::Statement statement(db, select);
  statement.bind(1, id);
  std::vector<T> rows;
  while (statement.executeStep()) {
    Row row(statement);
    rows.push_back(make(row));
  }
  return rows;
}

/// By their ordinals, which the blocks name: where a row is lost, the next must not be taken for it.
using Calibrations = std::map<std::int64_t, protocol::Calibration>;

Calibrations calibrations_of(SQLite::Database& db, std::int64_t id) {
  SQLite::Statement select(db,
                           "SELECT ordinal, calibrated, point_a_raw, point_a_mn, point_b_raw, point_b_mn, tare_raw, "
                           "reference_raw FROM calibrations WHERE session_id = ?");
  select.bind(1, id);
  Calibrations calibrations;
  while (select.executeStep()) {
    Row row(select);
    protocol::Calibration& c = calibrations[row.integer()];
    c.calibrated = row.flag();
    for (std::int32_t* field :
         {&c.point_a_raw, &c.point_a_mn, &c.point_b_raw, &c.point_b_mn, &c.tare_raw, &c.reference_raw}) {
      *field = static_cast<std::int32_t>(row.integer());
    }
  }
  return calibrations;
}

StoredStep step_from(Row& row) {
  StoredStep step;
  step.n = static_cast<int>(row.integer());
  step.muscle = row.text();
  step.side = row.text();
  step.target = row.duration();
  step.band = {Newtons{row.real()}, Newtons{row.real()}, Newtons{row.real()}};
  if (const auto completed = row.optional_integer()) step.completed = *completed != 0;
  if (const auto credited = row.optional_integer()) step.credited = std::chrono::microseconds(*credited);
  if (const auto elapsed = row.optional_integer()) step.elapsed = std::chrono::microseconds(*elapsed);
  return step;
}

session::Rep rep_from(Row& row) {
  session::Rep rep;
  rep.n = static_cast<int>(row.integer());
  rep.start = row.time();
  rep.duration = row.duration();
  rep.peak = {row.real()};
  rep.mean = {row.real()};
  rep.impulse_ns = row.real();
  rep.too_hard = row.flag();
  return rep;
}

StoredMeasure measure_from(Row& row) {
  StoredMeasure measure;
  measure.name = row.text();
  measure.value = row.optional_real();
  measure.unit = row.text();
  measure.source = row.text();
  measure.text = row.text();
  return measure;
}

}  // namespace

Result<std::vector<SessionFacts>> Store::list_sessions(std::size_t limit) const {
  return guarded(path_, "read", [&]() -> Result<std::vector<SessionFacts>> {
    SQLite::Statement select(*db_, std::string(kFacts) + "ORDER BY id DESC LIMIT ?");
    select.bind(1, static_cast<std::int64_t>(limit));
    std::vector<SessionFacts> sessions;
    while (select.executeStep()) sessions.push_back(facts_from(select));
    return sessions;
  });
}

Result<std::map<std::int64_t, std::vector<StoredMeasure>>> Store::list_measures(std::int64_t first) const {
  return guarded(path_, "read", [&]() -> Result<std::map<std::int64_t, std::vector<StoredMeasure>>> {
    SQLite::Statement select(*db_,
                             "SELECT session_id, name, value, unit, source, text FROM measures "
                             "WHERE session_id >= ? ORDER BY session_id, ordinal");
    select.bind(1, first);
    std::map<std::int64_t, std::vector<StoredMeasure>> measures;
    while (select.executeStep()) {
      Row row(select);
      const std::int64_t session = row.integer();
      measures[session].push_back(measure_from(row));
    }
    return measures;
  });
}

Result<std::vector<StoredPluginRun>> Store::list_plugin_runs(std::size_t limit) const {
  return guarded(path_, "read", [&]() -> Result<std::vector<StoredPluginRun>> {
    SQLite::Statement select(*db_, R"sql(
      SELECT p.session_id, s.started_at, p.file, p.id, p.version, p.slow_calls, p.misuses, p.last_misuse, p.ended
      FROM plugin_runs p JOIN sessions s ON s.id = p.session_id ORDER BY p.session_id DESC LIMIT ?)sql");
    select.bind(1, static_cast<std::int64_t>(limit));
    std::vector<StoredPluginRun> runs;
    while (select.executeStep()) {
      Row row(select);
      StoredPluginRun& run = runs.emplace_back();
      run.session_id = row.integer();
      run.started_at = row.text();
      run.plugin.file = row.text();
      run.plugin.id = row.text();
      run.plugin.version = row.text();
      run.conduct.slow_calls = row.count();
      run.conduct.misuses = row.count();
      run.conduct.last_misuse = row.text();
      run.conduct.ended = row.text();
    }
    return runs;
  });
}

Result<std::string> Store::plugin_state(const std::string& profile, const std::string& file) const {
  return guarded(path_, "read", [&]() -> Result<std::string> {
    SQLite::Statement select(*db_, R"sql(
      SELECT p.state_after FROM plugin_runs p JOIN sessions s ON s.id = p.session_id
      WHERE s.profile = ? AND p.file = ? AND p.state_after IS NOT NULL ORDER BY p.session_id DESC LIMIT 1)sql");
    select.bind(1, profile);
    select.bind(2, file);
    return select.executeStep() ? Row(select).blob() : std::string();
  });
}

Result<StoredSession> Store::load_session(std::int64_t id) const {
  return guarded(path_, "read", [&]() -> Result<StoredSession> {
    SQLite::Transaction snapshot(*db_);  // all parts of one moment, also while the session runs
    StoredSession session;
    {
      SQLite::Statement select(*db_, std::string(kFacts) + "WHERE id = ?");
      select.bind(1, id);
      if (!select.executeStep()) return no_session(id);
      session.facts = facts_from(select);
    }
    SQLite::Statement texts(*db_, "SELECT routine_source, config FROM sessions WHERE id = ?");
    texts.bind(1, id);
    if (texts.executeStep()) {
      Row row(texts);
      session.routine_source = row.text();
      session.config = row.text();
    }
    std::ranges::copy(calibrations_of(*db_, id) | std::views::values, std::back_inserter(session.calibrations));
    session.steps = rows_of<StoredStep>(*db_,
                                        "SELECT n, muscle, side, target_us, band_lo_n, band_hi_n, hysteresis_n, "
                                        "completed, credited_us, elapsed_us FROM steps WHERE session_id = ? ORDER BY n",
                                        id, step_from);
    session.reps = rows_of<session::Rep>(*db_,
                                         "SELECT n, start_us, duration_us, peak_n, mean_n, impulse_ns, too_hard "
                                         "FROM reps WHERE session_id = ? ORDER BY ordinal",
                                         id, rep_from);
    session.measures = rows_of<StoredMeasure>(
        *db_, "SELECT name, value, unit, source, text FROM measures WHERE session_id = ? ORDER BY ordinal", id,
        measure_from);
    session.events = rows_of<StoredEvent>(
        *db_, "SELECT t_us, kind, json FROM events WHERE session_id = ? ORDER BY ordinal", id, [](Row& row) {
          StoredEvent event;
          event.t = row.time();
          event.kind = row.text();
          event.json = row.text();
          return event;
        });
    session.gaps = rows_of<Gap>(*db_, "SELECT t_us, kind, count FROM gaps WHERE session_id = ? ORDER BY ordinal", id,
                                [](Row& row) {
                                  Gap gap;
                                  gap.t = row.time();
                                  gap.kind = gap_kind_from(row.text()).value_or(GapKind::kWrite);
                                  gap.count = row.count();
                                  return gap;
                                });
    return session;
  });
}

Result<StoredInputs> Store::load_inputs(std::int64_t id) const {
  return guarded(path_, "read", [&]() -> Result<StoredInputs> {
    SQLite::Transaction snapshot(*db_);
    SQLite::Statement select(
        *db_,
        "SELECT inputs_kept, own_band_lo_n, own_band_hi_n, own_band_hysteresis_n, own_soft_cap_n, p.file, p.id, "
        "p.version, p.state_before FROM sessions s LEFT JOIN plugin_runs p ON p.session_id = s.id "
        "WHERE s.id = ?");
    select.bind(1, id);
    if (!select.executeStep()) return no_session(id);
    Row row(select);
    StoredInputs stored;
    stored.kept = row.flag();
    stored.band = row.optional_band();
    if (const auto cap = row.optional_real()) stored.soft_cap = Newtons{*cap};
    auto file = row.optional_text();
    auto plugin = row.optional_text();
    auto version = row.optional_text();
    if (file && plugin && version) {
      stored.plugin = PluginIdentity{*std::move(file), *std::move(plugin), *std::move(version)};
      stored.plugin_state = row.blob();
    }

    SQLite::Statement inputs(*db_, "SELECT samples, kind, json FROM inputs WHERE session_id = ? ORDER BY ordinal");
    inputs.bind(1, id);
    while (inputs.executeStep()) {
      Row each(inputs);
      const std::uint64_t samples = each.count();
      const std::string kind = each.text();
      auto input = session::read_input(samples, kind, each.text());
      if (!input) return std::unexpected(std::move(input.error()));
      stored.inputs.push_back(*std::move(input));
    }
    return stored;
  });
}

Result<> Store::for_each_block(std::int64_t id,
                               const std::function<Result<>(std::span<const TimedSample>)>& block) const {
  return guarded(path_, "read", [&]() -> Result<> {
    SQLite::Transaction snapshot(*db_);
    const Calibrations calibrations = calibrations_of(*db_, id);
    if (calibrations.empty()) return no_session(id);  // every session has one from the start
    SQLite::Statement select(*db_,
                             "SELECT ordinal, calibration, codec, count, data FROM sample_blocks "
                             "WHERE session_id = ? ORDER BY ordinal");
    select.bind(1, id);
    BlockDecoder decoder;
    while (select.executeStep()) {
      const std::int64_t ordinal = select.getColumn(0).getInt64();
      const auto calibration = calibrations.find(select.getColumn(1).getInt64());
      const SQLite::Column data = select.getColumn(4);
      const std::span bytes(static_cast<const std::byte*>(data.getBlob()), static_cast<std::size_t>(data.getBytes()));
      auto samples = calibration != calibrations.end()
                         ? decoder.decode(select.getColumn(2).getInt(), bytes, calibration->second)
                         : fail(Errc::kStorage, "the calibration of a block of samples is missing");
      if (samples && samples->size() != static_cast<std::size_t>(select.getColumn(3).getInt64())) {
        samples = fail(Errc::kStorage, "a block of samples does not hold as many as it should");
      }
      if (!samples) {
        Error error = samples.error();
        error.context = fmt::format("session {}, block {} in {}: {}", id, ordinal, path_, error.context);
        return std::unexpected(std::move(error));
      }
      if (auto done = block(*samples); !done) return done;
    }
    return {};
  });
}

Result<> Store::for_each_sample(std::int64_t id, const std::function<void(const TimedSample&)>& sample) const {
  return for_each_block(id, [&](std::span<const TimedSample> samples) -> Result<> {
    for (const TimedSample& s : samples) sample(s);
    return {};
  });
}

Result<> Store::check() const {
  return guarded(path_, "check", [&]() -> Result<> {
    SQLite::Statement pragma(*db_, "PRAGMA integrity_check(1)");
    const std::string found = pragma.executeStep() ? pragma.getColumn(0).getString() : "no answer";
    if (found == "ok") return {};
    return fail(Errc::kStorage, "the database " + path_ + " is damaged: " + found, "restore a backup of it");
  });
}

}  // namespace knead::record
