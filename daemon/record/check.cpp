// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/check.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <system_error>

#include "daemon/record/audit.hpp"
#include "daemon/record/database.hpp"
#include "daemon/record/schema.hpp"

namespace knead::record {

namespace {

constexpr const char* kRepair =
    "`knead db repair` keeps what can be read and puts what cannot on record as a gap; a backup may hold it";
/// SQLite's own list of what is wrong with a file may be endless.
constexpr int kMostOfFile = 20;

class Check {
 public:
  explicit Check(SQLite::Database& db) : db_(db) {}

  DatabaseCheck run() {
    const SQLite::Transaction snapshot(db_);
    look("the file", [this] { look_at_file(); });
    std::vector<Session> sessions;
    look("the sessions", [&] { sessions = list(); });
    result_.sessions = static_cast<std::int64_t>(sessions.size());
    for (const Session& session : sessions) {
      session_ = session.id;
      started_ = session.started_at;
      look("its rows", [&] { look_at(session); });
    }
    return std::move(result_);
  }

 private:
  struct Session {
    std::int64_t id = 0;
    std::string started_at;
    bool ended = false;
    std::uint64_t samples = 0;
    std::uint64_t lost = 0;
  };

  void say(std::string what, std::optional<SessionTime> t = std::nullopt, std::optional<std::int64_t> block = {}) {
    DatabaseFinding finding{
        .session = session_, .block = block, .when = started_, .what = std::move(what), .remedy = kRepair};
    if (t) finding.when += fmt::format(" + {:.1f} s", to_seconds(t->time_since_epoch()));
    result_.findings.push_back(std::move(finding));
  }

  /// Damage ends one look, not the check.
  template <class Body>
  void look(const char* at, Body&& body) {
    try {
      std::forward<Body>(body)();
    } catch (const SQLite::Exception& thrown) {
      say(fmt::format("{} cannot be read to the end: {}", at, thrown.what()));
    }
  }

  void look_at_file() {
    SQLite::Statement integrity(db_, fmt::format("PRAGMA integrity_check({})", kMostOfFile));
    while (integrity.executeStep()) {
      const std::string found = integrity.getColumn(0).getString();
      if (found != "ok") say(found);
    }
    SQLite::Statement references(db_, "PRAGMA foreign_key_check");
    for (int n = 0; references.executeStep() && n < kMostOfFile; ++n) {
      say(fmt::format("a row of {} belongs to no session", references.getColumn(0).getString()));
    }
  }

  std::vector<Session> list() {
    std::vector<Session> sessions;
    SQLite::Statement select(db_,
                             "SELECT id, started_at, outcome IS NOT NULL, samples, lost FROM sessions ORDER BY id");
    while (select.executeStep()) {
      sessions.push_back({.id = select.getColumn(0).getInt64(),
                          .started_at = select.getColumn(1).getString(),
                          .ended = select.getColumn(2).getInt() != 0,
                          .samples = static_cast<std::uint64_t>(select.getColumn(3).getInt64()),
                          .lost = static_cast<std::uint64_t>(select.getColumn(4).getInt64())});
    }
    return sessions;
  }

  void look_at(const Session& session) {
    const SessionAudit audit = audit_session(db_, session.id);
    result_.blocks += audit.blocks;
    result_.samples += audit.samples;
    for (const BadBlock& block : audit.bad) say(block.why, block.t0, block.ordinal);
    for (const BadInput& input : audit.bad_inputs) say(fmt::format("input {}: {}", input.ordinal, input.why));
    for (const std::int64_t event : audit.bad_events) say(fmt::format("event {} cannot be read", event));
    for (const std::string& other : audit.others) say(other);
    if (audit.passed_over > audit.told_event) {
      say(fmt::format("{} of its events and inputs are gone, and no gap says so",
                      audit.passed_over - audit.told_event));
    }
    if (!audit.bad.empty()) return;  // the counts below would only repeat it
    if (audit.between_blocks > audit.told_write) {
      say(fmt::format("{} samples are missing between its blocks, and no gap says so",
                      audit.between_blocks - audit.told_write),
          audit.between_blocks_at);
    }
    if (audit.jumps > audit.told) {
      say(fmt::format("{} sequence numbers are missing, and its gaps account for {}", audit.jumps, audit.told),
          audit.jumps_at);
    }
    if (!session.ended) return;  // its counts come with its end
    if (audit.samples != session.samples) {
      say(fmt::format("it says that it has {} samples, and {} are there", session.samples, audit.samples));
    }
    if (audit.told != session.lost) {
      say(fmt::format("it says that {} samples are lost, and its gaps add up to {}", session.lost, audit.told));
    }
  }

  SQLite::Database& db_;
  DatabaseCheck result_;
  std::int64_t session_ = 0;
  std::string started_;
};

}  // namespace

Result<DatabaseCheck> check_database(const std::string& path) {
  if (auto there = must_exist(path); !there) return std::unexpected(there.error());
  return guarded(path, "check", [&]() -> Result<DatabaseCheck> {
    try {
      const auto db = open_reader(path);
      if (auto current = must_be_current(*db, path); !current) return std::unexpected(current.error());
      return Check(*db).run();
    } catch (const SQLite::Exception& thrown) {
      if (thrown.getErrorCode() != SQLITE_CORRUPT) throw;
      DatabaseCheck check;
      check.findings.push_back({.session = 0, .block = {}, .when = {}, .what = thrown.what(), .remedy = kRepair});
      return check;
    }
  });
}

std::string to_string(const DatabaseFinding& finding) {
  std::string text = finding.session == 0 ? "the file" : fmt::format("session {}", finding.session);
  if (!finding.when.empty()) text += fmt::format(" ({})", finding.when);
  if (finding.block) text += fmt::format(", block {}", *finding.block);
  return fmt::format("{}: {}; {}", text, finding.what, finding.remedy);
}

}  // namespace knead::record
