// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/repair.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/record/audit.hpp"
#include "daemon/record/block_codec.hpp"
#include "daemon/record/block_places.hpp"
#include "daemon/record/check.hpp"
#include "daemon/record/database.hpp"
#include "daemon/record/lock_file.hpp"
#include "daemon/record/maintain.hpp"
#include "daemon/record/salvage.hpp"
#include "daemon/record/schema.hpp"
#include "daemon/record/swap.hpp"

namespace knead::record {

namespace {

/// Each takes a tare or a ball that is plugged in anew, of which a session of minutes has a few: more is damage.
constexpr std::int64_t kMostCalibrations = 1000;

/// Makes the rows of a salvaged database agree with each other again.
class Mend {
 public:
  Mend(SQLite::Database& db, Repair& repair) : db_(db), repair_(repair) {}

  /// @p unread as salvage() found it.
  void run(const UnreadSessions& unread) {
    adopt_orphans();
    std::vector<std::int64_t> ids;
    SQLite::Statement list(db_, "SELECT id FROM sessions ORDER BY id");
    while (list.executeStep()) ids.push_back(list.getColumn(0).getInt64());
    for (const std::int64_t id : ids) mend(id, unread.contains(id));
  }

 private:
  template <class... Values>
  void exec(const char* sql, const Values&... values) {
    SQLite::Statement statement(db_, sql);
    record::run(statement, values...);
  }
  std::int64_t number(const char* sql, std::int64_t id) {
    SQLite::Statement statement(db_, sql);
    statement.bind(1, id);
    return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
  }

  /// Rows whose session cannot be read any more get one to belong to, so that they are not lost too.
  void adopt_orphans() {
    SQLite::Statement orphans(db_, R"sql(
      SELECT DISTINCT session_id FROM (SELECT session_id FROM sample_blocks UNION SELECT session_id FROM events)
      WHERE session_id NOT IN (SELECT id FROM sessions) ORDER BY session_id)sql");
    while (orphans.executeStep()) {
      const std::int64_t id = orphans.getColumn(0).getInt64();
      exec(R"sql(
        INSERT INTO sessions (id, started_at, started_unix_us, profile, origin, routine, title, method, side,
                              routine_source, config, knead_version, protocol_version, ball_serial, ball_firmware,
                              rate_hz, contact_area_mm2, target_reps, reason, inputs_kept)
        VALUES (?, '1970-01-01T00:00:00.000000Z', 0, '', 'ball', '', 'found by repair', 'custom', 'right', '', '', '',
                '', '', 0, 0, 0, 0, 'its own row was damaged', 1))sql",
           id);
      repair_.done.push_back(fmt::format("session {}: its own row is lost, its samples and events are kept", id));
    }
    // What still belongs to nothing (a rep of a session that left no sample) has nothing to stand for.
    SQLite::Statement references(db_,
                                 "SELECT m.name, f.\"table\", f.\"from\" FROM sqlite_schema m, "
                                 "pragma_foreign_key_list(m.name) f WHERE m.type = 'table'");
    std::vector<std::string> deletes;
    while (references.executeStep()) {
      deletes.push_back(fmt::format("DELETE FROM {0} WHERE {2} NOT IN (SELECT id FROM {1})",
                                    references.getColumn(0).getString(), references.getColumn(1).getString(),
                                    references.getColumn(2).getString()));
    }
    for (const std::string& each : deletes) db_.exec(each);
  }

  /// @p unread: it may have had more events and inputs than could be read.
  void mend(std::int64_t id, bool unread) {
    mend_calibrations(id);
    // What they stood for is found anew, further down.
    exec("DELETE FROM gaps WHERE session_id = ? AND count NOT BETWEEN 0 AND ?", id, kMostSamples);
    if (const int damaged = db_.getChanges(); damaged > 0) {
      repair_.done.push_back(
          fmt::format("session {}: {} of its gaps said more than there can be missing", id, damaged));
    }
    exec("UPDATE gaps SET kind = 'write' WHERE session_id = ? AND kind NOT IN ('sequence', 'ring', 'write', 'event')",
         id);
    const bool ended = number("SELECT outcome IS NOT NULL FROM sessions WHERE id = ?", id) != 0;
    const std::int64_t said = number("SELECT samples FROM sessions WHERE id = ?", id);
    // Negative ones too are larger than that.
    const bool said_well = ended && static_cast<std::uint64_t>(said) <= kMostSamples;
    std::set<std::int64_t> unreadable;
    for (const BadBlock& block : audit_session(db_, id).bad) {
      if (block.readable) {
        rewrite(id, block);
      } else {
        unreadable.insert(block.id);
      }
    }
    const auto samples = static_cast<std::uint64_t>(said);
    place(id, unreadable, said_well ? std::optional(samples) : std::nullopt);
    const SessionAudit before = audit_session(db_, id);
    const std::uint64_t kept = before.samples;
    std::uint64_t lost = 0;
    for (const BadBlock& block : before.bad) {
      // Never one that can be read: rather than that, the check of the copy ends the repair.
      if (block.readable) continue;
      exec("DELETE FROM sample_blocks WHERE id = ?", block.id);
      gap(id, block.t0, GapKind::kWrite, block.count);
      lost += block.count;
      repair_.done.push_back(fmt::format("session {}, block {}: {}; {}", id, block.ordinal, block.why,
                                         block.count == 0 ? std::string("nobody knows how many samples it held")
                                                          : fmt::format("its {} samples are a gap now", block.count)));
    }
    // Rows that are gone altogether: the blocks around them say how many samples there were, or the session does.
    std::uint64_t gone = before.between_blocks > before.told_write ? before.between_blocks - before.told_write : 0;
    SessionTime gone_at = before.between_blocks_at;
    if (said_well && samples > kept + lost + gone) {
      gone = samples - kept - lost;
      gone_at = SessionTime(std::chrono::microseconds(number("SELECT elapsed_us FROM sessions WHERE id = ?", id)));
    }
    if (gone > 0) {
      gap(id, gone_at, GapKind::kWrite, gone);
      lost += gone;
      repair_.done.push_back(fmt::format("session {}: {} samples are gone, and are a gap now", id, gone));
    }
    drop(id, "events", before.bad_events);
    std::vector<std::int64_t> inputs;
    for (const BadInput& input : before.bad_inputs) inputs.push_back(input.ordinal);
    drop(id, "inputs", inputs);
    const SessionAudit after = audit_session(db_, id);
    // Without a gap a replay would take what they did for a difference.
    const std::uint64_t passed_over = after.passed_over > after.told_event ? after.passed_over - after.told_event : 0;
    if (const std::uint64_t least = std::max<std::uint64_t>(passed_over, unread ? 1 : 0); least > 0) {
      gap(id, {}, GapKind::kEvent, least);
      repair_.done.push_back(fmt::format("session {}: {}{} of its events and inputs are gone, and are a gap now", id,
                                         unread ? "perhaps more than " : "", least));
    }
    if (after.jumps > after.told) gap(id, after.jumps_at, GapKind::kSequence, after.jumps - after.told);
    if (ended) {
      exec(
          "UPDATE sessions SET samples = ?2, lost = (SELECT coalesce(sum(count), 0) FROM gaps WHERE session_id = ?1 "
          "AND kind <> 'event') WHERE id = ?1",
          id, after.samples);
      if (lost == 0 && samples != after.samples) {
        repair_.done.push_back(
            fmt::format("session {}: its count of samples is {} now, and was {}", id, after.samples, said));
      }
    }
    repair_.samples_lost += lost;
  }

  /// Where a calibration is lost, one that says so takes its place: its blocks keep their raw counts, and no other
  /// calibration makes a wrong force of them.
  void mend_calibrations(std::int64_t id) {
    exec("DELETE FROM calibrations WHERE session_id = ? AND ordinal NOT BETWEEN 0 AND ?", id, kMostCalibrations);
    std::set<std::int64_t> there;
    SQLite::Statement rows(db_, "SELECT ordinal FROM calibrations WHERE session_id = ?");
    rows.bind(1, id);
    while (rows.executeStep()) there.insert(rows.getColumn(0).getInt64());
    const std::int64_t last = believe_calibrations(id, there);
    for (std::int64_t ordinal = 0; ordinal <= last; ++ordinal) {
      if (there.contains(ordinal)) continue;
      exec("INSERT INTO calibrations VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0)", id, ordinal);
      repair_.done.push_back(
          fmt::format("session {}: its calibration {} is lost; the raw counts under it are kept", id, ordinal));
    }
  }

  /// A block's number of a calibration that is not there may itself be damaged. Those of a session begin with 0 and
  /// never fall from block to block, so that one between two that agree is theirs. @return the highest that there is
  /// then, or should be.
  std::int64_t believe_calibrations(std::int64_t id, const std::set<std::int64_t>& there) {
    struct Block {
      std::int64_t id;
      std::int64_t ordinal;
      std::int64_t calibration;
    };
    std::vector<Block> blocks;
    SQLite::Statement select(
        db_, "SELECT id, ordinal, calibration FROM sample_blocks WHERE session_id = ? ORDER BY ordinal");
    select.bind(1, id);
    while (select.executeStep()) {
      blocks.push_back({.id = select.getColumn(0).getInt64(),
                        .ordinal = select.getColumn(1).getInt64(),
                        .calibration = select.getColumn(2).getInt64()});
    }
    std::int64_t last = there.empty() ? 0 : *there.rbegin();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      Block& block = blocks[i];
      const std::int64_t said = block.calibration;
      if (!there.contains(said)) {
        const std::int64_t before = i > 0 ? blocks[i - 1].calibration : 0;
        if (i + 1 < blocks.size() && blocks[i + 1].calibration == before) block.calibration = before;
        // None that anybody knows: a new one that is lost.
        if (block.calibration < 0 || block.calibration > kMostCalibrations) block.calibration = last + 1;
      }
      last = std::max(last, block.calibration);
      if (block.calibration == said) continue;
      exec("UPDATE sample_blocks SET calibration = ?2 WHERE id = ?1", block.id, block.calibration);
      repair_.done.push_back(fmt::format("session {}, block {}: its calibration is {} now, and was {}", id,
                                         block.ordinal, block.calibration, said));
    }
    return last;
  }

  void rewrite(std::int64_t id, const BadBlock& block) {
    const TimedSample& first = block.samples.front();
    exec(
        "UPDATE sample_blocks SET first_seq = ?2, count = ?3, first_device_us = ?4, t0_us = ?5, t1_us = ?6 WHERE id = "
        "?1",
        block.id, first.sample.seq, block.samples.size(), micros(first.sample.device_time), micros(first.t),
        micros(block.samples.back().t));
    repair_.done.push_back(fmt::format("session {}, block {}: its row says again what it holds", id, block.ordinal));
  }

  void gap(std::int64_t id, SessionTime t, GapKind kind, std::uint64_t count) {
    if (count == 0) return;
    exec("INSERT INTO gaps SELECT ?1, coalesce(max(ordinal) + 1, 0), ?2, ?3, ?4 FROM gaps WHERE session_id = ?1", id,
         micros(t), to_string(kind), count);
  }

  /// Puts blocks whose indices cannot be true, since they overlap, where they can be. What an @p unreadable one says of
  /// its size is believed last: it takes no more than there is to where the next one begins. @p end of the samples that
  /// there are, where the session says so.
  void place(std::int64_t id, const std::set<std::int64_t>& unreadable, std::optional<std::uint64_t> end) {
    struct Block {
      std::int64_t id;
      std::int64_t ordinal;
      std::uint64_t count;
    };
    std::vector<Block> blocks;
    std::vector<BlockPlace> places;
    SQLite::Statement select(
        db_, "SELECT id, ordinal, count, first_index FROM sample_blocks WHERE session_id = ? ORDER BY ordinal");
    select.bind(1, id);
    while (select.executeStep()) {
      const Block& block =
          blocks.emplace_back(Block{.id = select.getColumn(0).getInt64(),
                                    .ordinal = select.getColumn(1).getInt64(),
                                    .count = static_cast<std::uint64_t>(select.getColumn(2).getInt64())});
      places.push_back({.first_index = static_cast<std::uint64_t>(select.getColumn(3).getInt64()),
                        .count = unreadable.contains(block.id) ? 0 : block.count});
    }
    // What could not be written has its places too.
    const std::int64_t unwritten =
        number("SELECT coalesce(sum(count), 0) FROM gaps WHERE session_id = ? AND kind = 'write'", id);
    if (end) *end += static_cast<std::uint64_t>(unwritten);
    const std::vector<std::uint64_t> right = place_blocks(places, end);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (right[i] != places[i].first_index) {
        exec("UPDATE sample_blocks SET first_index = ?2 WHERE id = ?1", blocks[i].id, right[i]);
        repair_.done.push_back(fmt::format("session {}, block {}: it is where it belongs again, at sample {}", id,
                                           blocks[i].ordinal, right[i]));
      }
      const std::optional<std::uint64_t> next = i + 1 < blocks.size() ? std::optional(right[i + 1]) : end;
      if (!unreadable.contains(blocks[i].id) || !next || *next < right[i] || blocks[i].count <= *next - right[i])
        continue;
      exec("UPDATE sample_blocks SET count = ?2 WHERE id = ?1", blocks[i].id, *next - right[i]);
    }
  }

  /// Events and inputs that cannot be read are counted as what is missing, like those that could not be kept.
  void drop(std::int64_t id, std::string_view table, std::span<const std::int64_t> ordinals) {
    if (ordinals.empty()) return;
    SQLite::Statement row(db_, fmt::format("DELETE FROM {} WHERE session_id = ? AND ordinal = ?", table));
    for (const std::int64_t ordinal : ordinals) record::run(row, id, ordinal);
    gap(id, {}, GapKind::kEvent, ordinals.size());
    repair_.done.push_back(
        fmt::format("session {}: {} {} could not be read, and are a gap now", id, ordinals.size(), table));
  }

  SQLite::Database& db_;
  Repair& repair_;
};

/// A session's number is never given twice, also not that of one that was deleted or could not be read.
void keep_numbers(SQLite::Database& damaged, SQLite::Database& copy) {
  std::int64_t last = copy.execAndGet("SELECT coalesce(max(id), 0) FROM sessions").getInt64();
  try {
    last = std::max<std::int64_t>(
        last,
        damaged.execAndGet("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'sessions'").getInt64());
  } catch (const SQLite::Exception&) {  // NOLINT(bugprone-empty-catch): then the sessions themselves tell
  }
  copy.exec("DELETE FROM sqlite_sequence WHERE name = 'sessions'");
  SQLite::Statement insert(copy, "INSERT INTO sqlite_sequence (name, seq) VALUES ('sessions', ?)");
  run(insert, last);
}

Result<> build_copy(const std::string& path, const std::string& copy_path, Repair& repair) {
  return guarded(path, "repair", [&]() -> Result<> {
    SQLite::Database damaged(path, SQLite::OPEN_READONLY, kBusyTimeoutMs);
    const auto version = version_of(damaged, path);
    if (!version) return std::unexpected(version.error());
    SQLite::Database copy(copy_path, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
    copy.exec("PRAGMA foreign_keys = OFF");  // until all of it is there
    SQLite::Transaction transaction(copy);
    for (int step = 0; step < *version; ++step) copy.exec(migrations()[static_cast<std::size_t>(step)]);
    copy.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    copy.exec(fmt::format("PRAGMA user_version = {}", *version));
    UnreadSessions unread;
    {
      const SQLite::Transaction snapshot(damaged);
      unread = salvage(damaged, copy, repair.done);
      keep_numbers(damaged, copy);
    }
    if (*version < schema_version()) {
      transaction.commit();
      migrate(copy, *version);
      SQLite::Transaction mending(copy);
      Mend(copy, repair).run(unread);
      mending.commit();
    } else {
      Mend(copy, repair).run(unread);
      transaction.commit();
    }
    // As the daemon wants to find it, and in one file.
    copy.exec("PRAGMA journal_mode = WAL");
    copy.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return {};
  });
}

std::string free_name(const std::string& path) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string base =
      fmt::format("{}.damaged-{:%Y%m%dT%H%M%S}", path, fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  std::string name = base;
  std::error_code ignored;
  for (int n = 2; std::filesystem::exists(name, ignored); ++n) name = fmt::format("{}-{}", base, n);
  return name;
}

uid_t owner_of(const std::string& path) {
  struct stat of{};
  return ::stat(path.c_str(), &of) == 0 ? of.st_uid : ::geteuid();
}

}  // namespace

Result<Repair> repair_database(const std::string& path) {
  if (auto there = must_exist(path); !there) return std::unexpected(there.error());
  const auto lock = LockFile::take(path);
  if (!lock) return std::unexpected(lock.error());
  Repair repair;
  const auto found = check_database(path);
  // An older schema is no damage, but cannot be checked by this program: it is made anew all the same.
  if (found && found->sound()) return repair;
  if (!found && found.error().code != Errc::kStorage) return std::unexpected(found.error());
  repair.needed = true;
  auto copy = FileBeside::make(path);
  if (!copy) return std::unexpected(copy.error());
  if (auto built = build_copy(path, copy->name(), repair); !built) return std::unexpected(built.error());
  const auto sound = check_database(copy->name());
  if (!sound) return std::unexpected(sound.error());
  if (!sound->sound()) {
    return fail(Errc::kStorage, fmt::format("{} cannot be repaired: {}", path, to_string(sound->findings.front())),
                "restore a backup of it; it was left as it is");
  }
  if (const auto [old, made] = std::pair(owner_of(path), owner_of(copy->name())); old != made) {
    repair.done.push_back(
        fmt::format("it belongs to user {} now, and belonged to {}: only root could give it back (chown)", made, old));
  }
  repair.kept_as = free_name(path);
  auto swap = DatabaseSwap::prepare(*std::move(copy), path, repair.kept_as);
  if (!swap) return std::unexpected(swap.error());
  while (!swap->done()) {
    if (auto stepped = swap->step(); !stepped) return std::unexpected(stepped.error());
  }
  return repair;
}

}  // namespace knead::record
