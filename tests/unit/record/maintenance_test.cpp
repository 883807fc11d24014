// SPDX-License-Identifier: Apache-2.0
// knead db check, repair, backup and vacuum: what they find, what they keep, and what they leave alone.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>

#include "daemon/record/check.hpp"
#include "daemon/record/maintain.hpp"
#include "daemon/record/repair.hpp"
#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::open_store;
using test::samples_of;
using test::TempFolder;
using testing::HasSubstr;
using testing::IsEmpty;

/// @return of each session its samples.
std::map<std::int64_t, std::vector<TimedSample>> write_sessions(const std::string& path, int sessions,
                                                                std::size_t samples = 5000) {
  std::map<std::int64_t, std::vector<TimedSample>> written;
  Store store = open_store(path);
  for (int n = 0; n < sessions; ++n) {
    auto ride = test::rough_ride(samples, static_cast<std::uint32_t>(n) + 1);
    auto writer = SessionWriter::begin(store, test::header()).value();
    for (const TimedSample& s : ride) EXPECT_TRUE(writer.add_sample(s.t, s.sample));
    EXPECT_TRUE(writer.add_event({ride.back().t, session::event::SamplesLost{1}}));
    EXPECT_TRUE(writer.add_input({samples, session::input::Pause{"cli"}}));
    EXPECT_TRUE(writer.end(test::summary()));
    written[writer.id()] = std::move(ride);
  }
  return written;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string what_is_wrong(const std::string& path) {
  const auto check = check_database(path);
  if (!check) return check.error().message();
  std::string text;
  for (const DatabaseFinding& finding : check->findings) text += to_string(finding) + "\n";
  return text;
}

/// As another program would, which knows nothing of ours.
void tamper(const std::string& path, const std::string& sql) {
  SQLite::Database raw(path, SQLite::OPEN_READWRITE);
  raw.exec("PRAGMA foreign_keys = OFF");
  raw.exec(sql);
}

/// Every sample that is there is one that was written, in order. @return how many.
std::size_t expect_part_of(const std::vector<TimedSample>& got, const std::vector<TimedSample>& written) {
  std::size_t at = 0;
  for (const TimedSample& s : got) {
    while (at < written.size() && written[at].t != s.t) ++at;
    EXPECT_LT(at, written.size()) << "a sample that nobody wrote";
    if (at == written.size()) break;
    test::expect_same(s, written[at], at);
  }
  return got.size();
}

TEST(DatabaseCheck, FindsNothingWrongWithSoundSessions) {
  const TempFolder folder;
  write_sessions(folder.file("knead.db"), 5);
  const auto check = check_database(folder.file("knead.db")).value();
  EXPECT_THAT(what_is_wrong(folder.file("knead.db")), IsEmpty());
  EXPECT_EQ(check.sessions, 5);
  EXPECT_EQ(check.samples, 25'000U);
}

TEST(DatabaseCheck, FindsNothingWrongWhileASessionIsRecorded) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto samples = test::rough_ride(3000, 3);
  SessionBuffer buffer(test::header());
  std::size_t fed = 0;
  for (const TimedSample& s : samples) {
    buffer.add_sample(s.t, s.sample);
    if (++fed % 400 != 0) continue;
    buffer.stage_open_block();
    ASSERT_TRUE(store.commit(buffer));
    ASSERT_THAT(what_is_wrong(folder.file("knead.db")), IsEmpty()) << "after " << fed;
  }
}

TEST(DatabaseCheck, FindsNothingWrongAfterADiskThatWasFull) {
  const TempFolder folder;
  {
    Store store = open_store(folder.file("knead.db"));
    SessionBuffer buffer(test::header(), {.block_bytes = 4000, .events = 10});
    const auto samples = test::rough_ride(20'000, 7);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      buffer.add_sample(samples[i].t, samples[i].sample);
      if (i != 700 && i != 19'000) continue;  // in between nothing is taken
      buffer.stage_open_block();
      ASSERT_TRUE(store.commit(buffer));
    }
    buffer.end(test::summary());
    ASSERT_TRUE(store.commit(buffer));
    ASSERT_GT(buffer.lost(GapKind::kWrite), 0U);
  }
  EXPECT_THAT(what_is_wrong(folder.file("knead.db")), IsEmpty());
}

struct Damage {
  const char* sql;
  const char* found;
  bool loses_samples;
};

TEST(DatabaseRepair, MendsEachKindOfDamageThatCheckNamesAndKeepsTheRest) {
  const Damage kinds[] = {
      {"UPDATE sample_blocks SET data = CAST(substr(data, 1, 50) || zeroblob(length(data) - 50) AS BLOB) "
       "WHERE session_id = 2 AND ordinal = 1",
       "session 2 (2025-03-01T07:15:00.000250Z + 1.0 s), block 1: a block of samples is damaged", true},
      {"DELETE FROM sample_blocks WHERE session_id = 2 AND ordinal = 2", "samples are missing between its blocks",
       true},
      {"DELETE FROM sample_blocks WHERE session_id = 2 AND ordinal = (SELECT max(ordinal) FROM sample_blocks WHERE "
       "session_id = 2)",
       "it says that it has 5000 samples", true},
      {"UPDATE sample_blocks SET count = count + 3 WHERE session_id = 2 AND ordinal = 1",
       "block 1: its row does not say what it holds", false},
      {"UPDATE sample_blocks SET codec = 99 WHERE session_id = 2 AND ordinal = 0", "uses codec 99", true},
      {"DELETE FROM gaps WHERE session_id = 2", "sequence numbers are missing, and its gaps account for 0", false},
      {"UPDATE sessions SET lost = lost + 1 WHERE id = 2", "its gaps add up to", false},
      {"UPDATE sessions SET samples = 17 WHERE id = 2", "it says that it has 17 samples, and 5000 are there", false},
      {"UPDATE events SET json = 'x' WHERE session_id = 2", "event 0 cannot be read", false},
      {"UPDATE inputs SET json = 'x' WHERE session_id = 2", "input 0: ", false},
      {"DELETE FROM calibrations WHERE session_id = 2", "its calibration is missing", false},
      {"INSERT INTO reps VALUES (77, 0, 1, 0, 0, 1, 1, 1, 0)", "a row of reps belongs to no session", false},
      {"DELETE FROM sessions WHERE id = 2", "belongs to no session", false},
  };
  for (const Damage& damage : kinds) {
    SCOPED_TRACE(damage.sql);
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    const auto written = write_sessions(path, 3);
    tamper(path, damage.sql);
    EXPECT_THAT(what_is_wrong(path), HasSubstr(damage.found));
    const std::string damaged = bytes_of(path);

    const auto repair = repair_database(path);
    ASSERT_TRUE(repair) << repair.error().message();
    EXPECT_TRUE(repair->needed);
    EXPECT_THAT(what_is_wrong(path), IsEmpty());
    EXPECT_EQ(bytes_of(repair->kept_as), damaged) << "what was there is still there";
    EXPECT_EQ(repair->samples_lost > 0, damage.loses_samples);
    const Store store = Store::open_read_only(path).value();
    for (const auto& [id, samples] : written) {
      auto want = samples;
      if (std::string_view(damage.sql).starts_with("DELETE FROM calibrations") && id == 2) {
        for (TimedSample& s : want) s.sample.force = protocol::Calibration{}.force(s.sample.raw);
      }
      const auto kept = expect_part_of(samples_of(store, id), want);
      EXPECT_EQ(kept, samples.size() - (id == 2 ? repair->samples_lost : 0)) << "session " << id;
      const auto facts = store.load_session(id)->facts;
      EXPECT_EQ(facts.samples, kept);
      if (id != 2) {
        EXPECT_EQ(facts.outcome, "completed");
      }
    }
  }
}

TEST(DatabaseRepair, LeavesASoundDatabaseAsItIs) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 2);
  const std::string before = bytes_of(path);
  const auto repair = repair_database(path);
  ASSERT_TRUE(repair);
  EXPECT_FALSE(repair->needed);
  EXPECT_EQ(bytes_of(path), before);
}

TEST(DatabaseRepair, KeepsOfAFileWithGarbageInItOnlyWhatWasWritten) {
  std::mt19937 random(5);
  int lost_some = 0;
  int hopeless = 0;
  std::size_t kept_in_all = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    const auto written = write_sessions(path, 4, 3000);
    const auto size = std::filesystem::file_size(path);
    {
      // Anywhere but in the first page, without which SQLite does not know the file.
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      const std::size_t length = 1 + random() % 6000;
      file.seekp(static_cast<std::streamoff>(4096 + random() % (size - 4096 - length)));
      for (std::size_t i = 0; i < length; ++i) file.put(static_cast<char>(random()));
    }
    const std::string damaged = bytes_of(path);
    const bool noticed = !what_is_wrong(path).empty();
    const auto repair = repair_database(path);
    if (!repair) {
      // The garbage is in the list of tables, without which no row can be found.
      ASSERT_THAT(repair.error().message(), HasSubstr("restore a backup"));
      ASSERT_EQ(bytes_of(path), damaged);
      ++hopeless;
      continue;
    }
    ASSERT_EQ(repair->needed, noticed);
    ASSERT_THAT(what_is_wrong(path), IsEmpty());
    if (noticed) {
      ASSERT_EQ(bytes_of(repair->kept_as), damaged);
    }
    const Store store = Store::open_read_only(path).value();
    std::size_t kept = 0;
    const auto sessions = store.list_sessions(100).value();
    for (const SessionFacts& facts : sessions) {
      ASSERT_TRUE(written.contains(facts.id));
      auto want = written.at(facts.id);
      // A calibration that is lost takes the force with it, never the raw count.
      const auto calibration = store.load_session(facts.id)->calibrations.at(0);
      for (TimedSample& s : want) s.sample.force = calibration.force(s.sample.raw);
      kept += expect_part_of(samples_of(store, facts.id), want);
    }
    kept_in_all += kept;
    lost_some += kept < 12'000 ? 1 : 0;
  }
  EXPECT_LT(hopeless, 20);
  EXPECT_GT(lost_some, 5) << "the garbage did no harm, and this proves little";
  EXPECT_GT(kept_in_all, 60U * 12'000U / 3) << "more was lost than the garbage covers";
}

TEST(DatabaseRepair, DoesNothingWhileADaemonWrites) {
  const TempFolder folder;
  const Store daemon = open_store(folder.file("knead.db"));
  for (const Errc code :
       {repair_database(folder.file("knead.db")).error().code, vacuum_database(folder.file("knead.db")).error().code}) {
    EXPECT_EQ(code, Errc::kBusy);
  }
}

TEST(DatabaseRepair, SaysThatAFileWithoutAHeadCannotBeReadAndLeavesIt) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 1);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(4096, 'x');
  }
  const std::string before = bytes_of(path);
  const auto repair = repair_database(path);
  ASSERT_FALSE(repair);
  EXPECT_THAT(repair.error().message(), HasSubstr("the file is not a database"));
  EXPECT_EQ(bytes_of(path), before);
}

TEST(DatabaseBackup, HoldsAllThatWasCommittedWhileASessionIsRecorded) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto samples = test::rough_ride(3000, 3);
  SessionBuffer buffer(test::header());
  std::size_t fed = 0;
  for (const TimedSample& s : samples) {
    buffer.add_sample(s.t, s.sample);
    if (++fed % 1000 != 500) continue;
    buffer.stage_open_block();
    ASSERT_TRUE(store.commit(buffer));
    const std::string copy = folder.file("copy-" + std::to_string(fed));
    const auto backup = back_up_database(folder.file("knead.db"), copy, false);
    ASSERT_TRUE(backup) << backup.error().message();
    EXPECT_EQ(backup->samples, fed);
    const Store copied = Store::open_read_only(copy).value();
    test::expect_same(samples_of(copied, buffer.id()), std::span(samples).first(fed));
  }
}

TEST(DatabaseBackup, ReplacesAFileOnlyWhenToldToAndNeverTheDatabaseItself) {
  const TempFolder folder;
  write_sessions(folder.file("knead.db"), 1, 100);
  std::ofstream(folder.file("letter")) << "dear";
  EXPECT_EQ(back_up_database(folder.file("knead.db"), folder.file("letter"), false).error().code, Errc::kRefused);
  EXPECT_EQ(bytes_of(folder.file("letter")), "dear");
  EXPECT_EQ(back_up_database(folder.file("knead.db"), folder.file("knead.db"), true).error().code, Errc::kRefused);
  ASSERT_TRUE(back_up_database(folder.file("knead.db"), folder.file("letter"), true));
  EXPECT_THAT(what_is_wrong(folder.file("letter")), IsEmpty());
  for (const auto& left : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_THAT(left.path().filename().string(), testing::Not(testing::StartsWith("."))) << "something was left behind";
  }
}

TEST(DatabaseBackup, IsNotMadeOfADamagedDatabase) {
  const TempFolder folder;
  write_sessions(folder.file("knead.db"), 1);
  tamper(folder.file("knead.db"), "DELETE FROM sample_blocks WHERE ordinal = 1");
  const auto backup = back_up_database(folder.file("knead.db"), folder.file("copy"), false);
  ASSERT_FALSE(backup);
  EXPECT_THAT(backup.error().message(), HasSubstr("would not be sound"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("copy")));
}

TEST(DatabaseVacuum, GivesBackTheRoomOfDeletedSessionsAndKeepsTheOthers) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  const auto written = write_sessions(path, 6, 30'000);
  tamper(path, "PRAGMA foreign_keys = ON; DELETE FROM sessions WHERE id < 6");
  const auto vacuumed = vacuum_database(path);
  ASSERT_TRUE(vacuumed) << vacuumed.error().message();
  EXPECT_LT(vacuumed->bytes_after, vacuumed->bytes_before / 2);
  EXPECT_THAT(what_is_wrong(path), IsEmpty());
  test::expect_same(samples_of(Store::open_read_only(path).value(), 6), written.at(6));
}

// ---- Trouble ------------------------------------------------------------------------------------------------------

TEST(Trouble, AnotherProgramsLockIsNamedAndWhatWaitedIsWrittenAfterIt) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  Store store = open_store(path);
  const auto samples = test::rough_ride(2500, 9);
  SessionBuffer buffer(test::header());
  for (const TimedSample& s : samples) buffer.add_sample(s.t, s.sample);
  buffer.end(test::summary());
  {
    SQLite::Database other(path, SQLite::OPEN_READWRITE);
    other.exec("BEGIN IMMEDIATE");
    const auto locked = store.commit(buffer);
    ASSERT_FALSE(locked);
    EXPECT_EQ(locked.error().code, Errc::kBusy);
    EXPECT_THAT(locked.error().message(), HasSubstr("another program holds a lock on it"));
    EXPECT_THAT(what_is_wrong(path), IsEmpty()) << "who only reads does not mind";
    other.exec("COMMIT");
  }
  ASSERT_TRUE(store.commit(buffer));
  test::expect_same(samples_of(store, buffer.id()), samples);
}

TEST(Trouble, AClockThatIsSetBackADayMakesNoDifferenceToOrderOrNumbers) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  {
    Store store = open_store(path);
    SessionHeader header = test::header();
    for (int n = 0; n < 3; ++n) {
      if (n == 2) header.started_at -= std::chrono::hours(24);
      auto writer = SessionWriter::begin(store, header).value();
      for (const TimedSample& s : test::rough_ride(1500, 2)) ASSERT_TRUE(writer.add_sample(s.t, s.sample));
      ASSERT_TRUE(writer.end(test::summary()));
    }
  }
  EXPECT_THAT(what_is_wrong(path), IsEmpty());
  const Store store = Store::open_read_only(path).value();
  const auto sessions = store.list_sessions(10).value();
  ASSERT_EQ(sessions.size(), 3U);
  EXPECT_EQ(sessions[0].id, 3) << "in the order in which they were done";
  EXPECT_EQ(sessions[0].started_at, "2025-02-28T07:15:00.000250Z") << "as the clock said";
  EXPECT_EQ(sessions[0].elapsed, sessions[1].elapsed);
  test::expect_same(samples_of(store, 3), samples_of(store, 2));
}

/// Runs @p body where @p folder is on a read-only file system, in a process of its own. @return its exit code, or 77
/// where nobody may mount.
template <class Body>
int on_a_read_only_disk(const TempFolder& folder, Body&& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const char* path = folder.path().c_str();
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount(path, path, nullptr, MS_BIND, nullptr) == 0 &&
                         ::mount(nullptr, path, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    ::_exit(mounted ? (body() ? 0 : 1) : 77);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Trouble, ADatabaseOnAReadOnlyDiskIsReadAndCheckedAndEveryWriteSaysWhyNot) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 2);
  std::filesystem::remove(path + ".lock");
  const std::string before = bytes_of(path);
  const int result = on_a_read_only_disk(folder, [&] {
    const auto store = Store::open_read_only(path);
    const auto written = Store::open(path);
    const auto repair = repair_database(path);
    const auto vacuum = vacuum_database(path);
    const auto backup = back_up_database(path, folder.file("copy"), false);
    bool right = store && store->list_sessions(10)->size() == 2 && check_database(path)->sound();
    for (const Error& error : {written.error(), repair.error(), vacuum.error(), backup.error()}) {
      right = right && error.code == Errc::kAccessDenied &&
              error.message().find("Read-only file system") != std::string::npos;
    }
    return right;
  });
  if (result == 77) GTEST_SKIP() << "may not mount here";
  EXPECT_EQ(result, 0);
  EXPECT_EQ(bytes_of(path), before);
}

}  // namespace
}  // namespace knead::record
