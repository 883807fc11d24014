// SPDX-License-Identifier: Apache-2.0
// knead db repair: what it keeps of a damaged file, and what it says of the rest.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "daemon/record/maintain.hpp"
#include "daemon/record/repair.hpp"
#include "tests/unit/record/damage.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::bytes_of;
using test::expect_part_of;
using test::open_store;
using test::samples_of;
using test::tamper;
using test::TempFolder;
using test::what_is_wrong;
using test::write_sessions;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

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
      {"UPDATE sample_blocks SET data = x'00', count = 4000000000000 WHERE session_id = 2 AND ordinal = 1",
       "session 2 (2025-03-01T07:15:00.000250Z + 1.0 s), block 1: a block of samples is damaged", true},
      {"UPDATE sample_blocks SET data = x'00', count = -5 WHERE session_id = 2 AND ordinal = 1",
       "a block of samples is damaged", true},
      {"UPDATE sample_blocks SET data = x'00', count = 60000 WHERE session_id = 2 AND ordinal = 1",
       "a block of samples is damaged", true},
      {"UPDATE sample_blocks SET data = x'00', count = 60000 WHERE session_id = 2 AND ordinal = (SELECT max(ordinal) "
       "FROM sample_blocks WHERE session_id = 2)",
       "a block of samples is damaged", true},
      {"UPDATE sample_blocks SET data = x'00', first_index = 3 WHERE session_id = 2 AND ordinal = 1",
       "a block of samples is damaged", true},
      {"UPDATE sample_blocks SET first_index = first_index + 7 WHERE session_id = 2 AND ordinal = 1",
       "blocks overlap at sample", false},
      {"UPDATE sample_blocks SET first_index = first_index - 7 WHERE session_id = 2 AND ordinal = 1",
       "blocks overlap at sample", false},
      {"UPDATE sample_blocks SET first_index = 9223372036854775807 WHERE session_id = 2 AND ordinal = 1",
       "blocks overlap at sample", false},
      {"UPDATE sample_blocks SET first_index = first_index + 7 WHERE session_id = 2 AND ordinal = (SELECT max(ordinal) "
       "FROM sample_blocks WHERE session_id = 2)",
       "7 samples are missing between its blocks", false},
      {"UPDATE sample_blocks SET codec = 99 WHERE session_id = 2 AND ordinal = 0", "uses codec 99", true},
      {"DELETE FROM gaps WHERE session_id = 2", "sequence numbers are missing, and its gaps account for 0", false},
      {"UPDATE gaps SET count = 9223372036854775807 WHERE session_id = 2 AND ordinal < 2", "its gaps add up to", false},
      {"UPDATE gaps SET count = 4000000000000 WHERE session_id = 2 AND ordinal = 0", "its gaps add up to", false},
      {"UPDATE gaps SET count = -1 WHERE session_id = 2", "its gaps add up to", false},
      {"UPDATE sessions SET lost = lost + 1 WHERE id = 2", "its gaps add up to", false},
      {"UPDATE sessions SET samples = 17 WHERE id = 2", "it says that it has 17 samples, and 5000 are there", false},
      {"UPDATE sessions SET samples = -1 WHERE id = 2", "and 5000 are there", false},
      {"UPDATE events SET json = '[1]' WHERE session_id = 2", "event 0 cannot be read", false},
      {"UPDATE inputs SET kind = 'hummed' WHERE session_id = 2", "input 0: ", false},
      {"UPDATE inputs SET ordinal = 1 WHERE session_id = 2", "1 of its events and inputs are gone", false},
      {"UPDATE events SET ordinal = 9223372036854775807 WHERE session_id = 2", "1 of its events and inputs are gone",
       false},
      {"UPDATE events SET json = 'x' WHERE session_id = 2", "event 0 cannot be read", false},
      {"UPDATE inputs SET json = 'x' WHERE session_id = 2", "input 0: ", false},
      {"DELETE FROM calibrations WHERE session_id = 2", "its calibration is missing", false},
      {"INSERT INTO reps VALUES (77, 0, 1, 0, 0, 1, 1, 1, 0)", "a row of reps belongs to no session", false},
      {"DELETE FROM sessions WHERE id = 2", "belongs to no session", false},
  };
  const TempFolder sound;
  const auto written = write_sessions(sound.file("knead.db"), 3);
  for (const Damage& damage : kinds) {
    SCOPED_TRACE(damage.sql);
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    std::filesystem::copy_file(sound.file("knead.db"), path);
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

TEST(DatabaseRepair, KeepsEveryBlockOfALostCalibrationAndTakesNoOtherForIt) {
  struct Case {
    const char* sql;
    std::set<std::size_t> lost;
  };
  const Case cases[] = {
      {"DELETE FROM calibrations WHERE ordinal = 0", {0}},
      {"DELETE FROM calibrations WHERE ordinal = 1", {1}},
      {"DELETE FROM calibrations WHERE ordinal = 2", {2}},
      {"DELETE FROM calibrations WHERE ordinal < 2", {0, 1}},
      {"DELETE FROM calibrations", {0, 1, 2}},
      {"UPDATE calibrations SET ordinal = 4000000000000000000 WHERE ordinal = 1", {1}},
      {"UPDATE calibrations SET ordinal = -1 WHERE ordinal = 0", {0}},
      // The number that a block names. Between two that agree, or at the beginning, it can only be theirs.
      {"UPDATE sample_blocks SET calibration = 7 WHERE ordinal = 1", {}},
      {"UPDATE sample_blocks SET calibration = 4000000000000000000 WHERE ordinal = 0", {}},
      {"UPDATE sample_blocks SET calibration = 4000000000000000000 WHERE calibration = 2", {2}},
  };
  const TempFolder sound;
  const auto ride = test::rough_ride(9000, 3);
  std::array<protocol::Calibration, 3> calibrations;
  calibrations.fill(test::calibration());
  calibrations[1].tare_raw += 1000;
  calibrations[2].tare_raw += 5000;
  {
    Store store = open_store(sound.file("knead.db"));
    auto writer = SessionWriter::begin(store, test::header()).value();
    for (std::size_t i = 0; i < ride.size(); ++i) {
      if (i > 0 && i % 3000 == 0) {
        ASSERT_TRUE(writer.set_calibration(calibrations.at(i / 3000)));
      }
      ASSERT_TRUE(writer.add_sample(ride[i].t, ride[i].sample));
    }
    ASSERT_TRUE(writer.end(test::summary()));
  }
  for (const Case& damage : cases) {
    SCOPED_TRACE(damage.sql);
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    std::filesystem::copy_file(sound.file("knead.db"), path);
    tamper(path, damage.sql);
    EXPECT_THAT(what_is_wrong(path), AnyOf(HasSubstr("missing"), HasSubstr("does not say what it holds")));
    const auto repair = repair_database(path);
    ASSERT_TRUE(repair) << repair.error().message();
    EXPECT_EQ(repair->samples_lost, 0U);
    EXPECT_THAT(what_is_wrong(path), IsEmpty());
    auto want = ride;
    for (std::size_t i = 0; i < want.size(); ++i) {
      const std::size_t n = i / 3000;
      want[i].sample.force =
          (damage.lost.contains(n) ? protocol::Calibration{} : calibrations.at(n)).force(want[i].sample.raw);
    }
    test::expect_same(samples_of(Store::open_read_only(path).value(), 1), want);
  }
}

TEST(DatabaseRepair, DeletesTheEventsAndInputsThatCheckNamesAndNoOthers) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  {
    Store store = open_store(path);
    auto writer = SessionWriter::begin(store, test::header()).value();
    for (unsigned n = 0; n < 5; ++n) {
      ASSERT_TRUE(writer.add_event({SessionTime(std::chrono::seconds(n)), session::event::SamplesLost{n + 1}}));
      ASSERT_TRUE(writer.add_input({n, session::input::Pause{"cli"}}));
    }
    ASSERT_TRUE(writer.end(test::summary()));
  }
  tamper(path,
         "UPDATE events SET json = '[1]' WHERE ordinal = 1; UPDATE events SET json = 'x' WHERE ordinal = 3;"
         "UPDATE inputs SET kind = 'hummed' WHERE ordinal = 2");
  const auto repair = repair_database(path);
  ASSERT_TRUE(repair) << repair.error().message();
  SQLite::Database db(path);
  EXPECT_EQ(db.execAndGet("SELECT group_concat(ordinal) FROM events").getString(), "0,2,4");
  EXPECT_EQ(db.execAndGet("SELECT group_concat(ordinal) FROM inputs").getString(), "0,1,3,4");
  EXPECT_EQ(db.execAndGet("SELECT sum(count) FROM gaps WHERE kind = 'event'").getInt(), 3);
}

/// Of each session, how many inputs it has and whether a gap says that some are missing.
std::map<std::int64_t, std::pair<std::size_t, bool>> inputs_of(const std::string& path) {
  std::map<std::int64_t, std::pair<std::size_t, bool>> inputs;
  const Store store = Store::open_read_only(path).value();
  const auto sessions = store.list_sessions(100).value();
  for (const SessionFacts& facts : sessions) {
    const auto gaps = store.load_session(facts.id)->gaps;
    inputs[facts.id] = {store.load_inputs(facts.id)->inputs.size(),
                        std::ranges::find(gaps, GapKind::kEvent, &Gap::kind) != gaps.end()};
  }
  return inputs;
}

TEST(DatabaseRepair, PutsEventsAndInputsThatAreGoneOnRecordSinceNoReplayCanDoWithoutThem) {
  constexpr std::size_t kInputs = 300;  // some pages
  const TempFolder sound;
  {
    Store store = open_store(sound.file("knead.db"));
    for (int n = 0; n < 4; ++n) {
      auto writer = SessionWriter::begin(store, test::header()).value();
      for (std::size_t i = 0; i < kInputs; ++i) ASSERT_TRUE(writer.add_input({i, session::input::Pause{"cli"}}));
      ASSERT_TRUE(writer.end(test::summary()));
    }
  }
  int in_the_middle = 0;
  int page = 0;
  for (; test::page_of(sound.file("knead.db"), "inputs", page) != 0; ++page) {
    SCOPED_TRACE(page);
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    std::filesystem::copy_file(sound.file("knead.db"), path);
    test::spoil_page(path, test::page_of(path, "inputs", page));
    ASSERT_TRUE(repair_database(path));
    EXPECT_THAT(what_is_wrong(path), IsEmpty());
    for (const auto& [id, found] : inputs_of(path)) {
      EXPECT_EQ(found.second, found.first < kInputs) << "session " << id << " has " << found.first << " inputs";
      in_the_middle += found.first > 0 && found.first < kInputs ? 1 : 0;
    }
  }
  EXPECT_GT(page, 4);
  EXPECT_GT(in_the_middle, 4) << "no session was hurt and left alive, and this proves little";
}

TEST(DatabaseRepair, KeepsWhatAPluginKeptAlsoWhereThatWasNothing) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  {
    Store store = open_store(path);
    SessionHeader header = test::header();
    header.plugin = PluginIdentity{"activation.so", "activation", "1.0"};
    auto writer = SessionWriter::begin(store, header).value();
    SessionSummary summary = test::summary();
    summary.plugin_state = "";
    ASSERT_TRUE(writer.end(summary));
  }
  tamper(path, "UPDATE sessions SET lost = 5");
  ASSERT_TRUE(repair_database(path));
  SQLite::Database db(path);
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM plugin_runs WHERE state_before = x'' AND state_after = x''").getInt(),
            1);
}

TEST(DatabaseRepair, SaysWhichTableHeldARowThatNoTableTakes) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 1, 100);
  tamper(path,
         "CREATE TABLE lax AS SELECT * FROM reps; DROP TABLE reps; ALTER TABLE lax RENAME TO reps;"
         "INSERT INTO reps VALUES (1, 0, 1, 0, 0, 1, 1, 1, NULL), (1, 1, 2, 0, 0, 1, 1, 1, 0);"
         "UPDATE sessions SET lost = 5");
  const auto repair = repair_database(path);
  ASSERT_TRUE(repair) << repair.error().message();
  EXPECT_THAT(repair->done, testing::Contains("some rows of the table reps held what no row may hold"));
  EXPECT_EQ(SQLite::Database(path).execAndGet("SELECT group_concat(n) FROM reps").getString(), "2");
}

TEST(DatabaseRepair, SaysThatOfTwoRowsWithOneNumberOneIsLostUnlessTheyAreAlike) {
  for (const auto& [peak, is_told] : {std::pair{"5.5", false}, {"7.5", true}}) {
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    write_sessions(path, 1, 100);
    tamper(path, std::string("CREATE TABLE lax AS SELECT * FROM reps; DROP TABLE reps; ALTER TABLE lax RENAME TO reps;"
                             "INSERT INTO reps VALUES (1, 0, 1, 0, 0, 5.5, 1, 1, 0), (1, 0, 1, 0, 0, ") +
                     peak + ", 1, 1, 0); UPDATE sessions SET lost = 5");
    const auto repair = repair_database(path);
    ASSERT_TRUE(repair) << repair.error().message();
    constexpr const char* kTold = "some rows of the table reps had the number of another";
    EXPECT_EQ(std::ranges::count(repair->done, kTold), is_told ? 1 : 0);
    EXPECT_EQ(SQLite::Database(path).execAndGet("SELECT group_concat(peak_n) FROM reps").getString(), "5.5");
  }
}

TEST(DatabaseRepair, PutsEventsAndInputsThatNoTableTakesOnRecordAsAGap) {
  for (const std::string row : {"inputs VALUES (2, 1, NULL, '', '')", "events VALUES (2, 1, NULL, '', '')",
                                "inputs VALUES (2, 0, 7, 'pause', '{}')"}) {
    SCOPED_TRACE(row);
    const std::string table = row.substr(0, 6);
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    write_sessions(path, 3, 100);
    tamper(path, "CREATE TABLE lax AS SELECT * FROM " + table + "; DROP TABLE " + table +
                     "; ALTER TABLE lax RENAME TO " + table + "; INSERT INTO " + row +
                     "; UPDATE sessions SET lost = 5");
    const auto repair = repair_database(path);
    ASSERT_TRUE(repair) << repair.error().message();
    for (const auto& [id, found] : inputs_of(path)) EXPECT_EQ(found.second, id == 2) << "session " << id;
  }
}

TEST(DatabaseRepair, OfAFarKeyBehindDamageDoesNotTryAllTheKeysBetween) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 1, 12'000);
  tamper(path, "UPDATE sample_blocks SET id = id + 4000000000000000000 WHERE ordinal > 1");
  const int page = test::page_of(path, "sample_blocks", 1);
  const int blocks = SQLite::Database(path).execAndGet("SELECT count(*) FROM sample_blocks").getInt();
  const int spoiled =
      SQLite::Database(path).execAndGet("SELECT ncell FROM dbstat WHERE pageno = " + std::to_string(page)).getInt();
  test::spoil_page(path, page);
  const auto repair = repair_database(path);
  ASSERT_TRUE(repair) << repair.error().message();
  EXPECT_THAT(repair->done, testing::Contains("some of the table sample_blocks cannot be read"));
  EXPECT_THAT(what_is_wrong(path), IsEmpty());
  EXPECT_EQ(SQLite::Database(path).execAndGet("SELECT count(*) FROM sample_blocks").getInt(), blocks - spoiled)
      << "more was lost than the page held";
}

TEST(DatabaseRepair, ByRootGivesTheNewFileToTheOwnerOfTheOld) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can give a file away";
  constexpr uid_t kNobody = 65534;
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 1, 100);
  std::filesystem::remove(path + ".lock");
  ASSERT_EQ(::chown(path.c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  tamper(path, "UPDATE sessions SET lost = 5");
  ASSERT_TRUE(repair_database(path));
  for (const std::string& file : {path, path + ".lock"}) {
    SCOPED_TRACE(file);
    struct stat now{};
    ASSERT_EQ(::stat(file.c_str(), &now), 0);
    EXPECT_EQ(now.st_uid, kNobody);
    EXPECT_EQ(now.st_gid, kNobody);
    EXPECT_EQ(now.st_mode & 0777U, file == path ? 0640U : 0644U);
  }
}

TEST(DatabaseRepair, ByRootGivesAwayNothingThatIsLinkedToTheLocksName) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can give a file away";
  constexpr uid_t kNobody = 65534;
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 1, 100);
  ASSERT_EQ(::chown(path.c_str(), kNobody, kNobody), 0);
  const std::string secret = folder.file("secret");
  std::filesystem::rename(path + ".lock", secret);
  std::filesystem::create_hard_link(secret, path + ".lock");
  ASSERT_TRUE(repair_database(path));
  struct stat now{};
  ASSERT_EQ(::stat(secret.c_str(), &now), 0);
  EXPECT_EQ(now.st_uid, 0U);
}

TEST(DatabaseRepair, ByAnotherUserSaysSoAndLetsNoGroupReadThatWasNeverMeant) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become another user";
  constexpr uid_t kNobody = 65534;
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 1, 100);
  std::filesystem::remove(path + ".lock");
  tamper(path, "UPDATE sessions SET lost = 5");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0664), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(1);
    const auto repair = repair_database(path);
    const bool said = repair && std::ranges::any_of(repair->done, [](const std::string& done) {
                        return done.starts_with("it belongs to user 65534 now, and belonged to 0");
                      });
    ::_exit(said ? 0 : 2);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  struct stat now{};
  ASSERT_EQ(::stat(path.c_str(), &now), 0);
  EXPECT_EQ(now.st_uid, kNobody);
  EXPECT_EQ(now.st_mode & 0777U, 0604U);
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
  const TempFolder sound;
  const auto written = write_sessions(sound.file("knead.db"), 4, 3000);
  const std::string bytes = bytes_of(sound.file("knead.db"));
  int lost_some = 0;
  int hopeless = 0;
  std::size_t kept_in_all = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    // Anywhere but in the first page, without which SQLite does not know the file.
    std::string damaged = bytes;
    const std::size_t length = 1 + random() % 6000;
    const std::size_t from = 4096 + random() % (bytes.size() - 4096 - length);
    for (std::size_t i = from; i < from + length; ++i) damaged[i] = static_cast<char>(random());
    std::ofstream(path, std::ios::binary) << damaged;
    const bool noticed = !what_is_wrong(path).empty();
    const auto repair = repair_database(path);
    if (!repair) {
      // The garbage is in the list of tables, without which no row can be found.
      ASSERT_THAT(repair.error().message(), HasSubstr("restore a backup"));
      ASSERT_TRUE(bytes_of(path) == damaged);
      ++hopeless;
      continue;
    }
    ASSERT_EQ(repair->needed, noticed);
    ASSERT_THAT(what_is_wrong(path), IsEmpty());
    if (noticed) {
      ASSERT_TRUE(bytes_of(repair->kept_as) == damaged);
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

}  // namespace
}  // namespace knead::record
