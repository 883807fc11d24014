// SPDX-License-Identifier: Apache-2.0
// knead db check, backup and vacuum: what they find, what they keep, and what they leave alone.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>

#include "daemon/record/check.hpp"
#include "daemon/record/database.hpp"
#include "daemon/record/maintain.hpp"
#include "daemon/record/repair.hpp"
#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/damage.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::bytes_of;
using test::open_store;
using test::samples_of;
using test::tamper;
using test::TempFolder;
using test::what_is_wrong;
using test::write_sessions;
using testing::HasSubstr;
using testing::IsEmpty;

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
  test::record_and_look(store, test::rough_ride(3000, 3), 400, [&](std::int64_t, std::size_t) {
    ASSERT_THAT(what_is_wrong(folder.file("knead.db")), IsEmpty());
  });
}

TEST(DatabaseCheck, FindsNothingWrongAfterADiskThatWasFull) {
  const TempFolder folder;
  {
    Store store = open_store(folder.file("knead.db"));
    SessionBuffer buffer(test::header(), {.block_bytes = 4000, .events = 10});
    const auto samples = test::rough_ride(20'000, 7);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      buffer.add_sample(samples[i].t, samples[i].sample);
      if (i % 500 == 0) buffer.add_event({samples[i].t, session::event::SamplesLost{1}});
      if (i != 700 && i != 19'000) continue;  // in between nothing is taken
      buffer.stage_open_block();
      ASSERT_TRUE(store.commit(buffer));
    }
    buffer.end(test::summary());
    ASSERT_TRUE(store.commit(buffer));
    ASSERT_GT(buffer.lost(GapKind::kWrite), 0U);
    ASSERT_GT(buffer.lost(GapKind::kEvent), 0U);
  }
  EXPECT_THAT(what_is_wrong(folder.file("knead.db")), IsEmpty());
}

TEST(DatabaseBackup, HoldsAllThatWasCommittedWhileASessionIsRecorded) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto samples = test::rough_ride(3000, 3);
  test::record_and_look(store, samples, 700, [&](std::int64_t id, std::size_t fed) {
    const std::string copy = folder.file("copy-" + std::to_string(fed));
    const auto backup = back_up_database(folder.file("knead.db"), copy, false);
    ASSERT_TRUE(backup) << backup.error().message();
    EXPECT_EQ(backup->samples, fed);
    const Store copied = Store::open_read_only(copy).value();
    test::expect_same(samples_of(copied, id), std::span(samples).first(fed));
  });
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

TEST(DatabaseBackup, OfAFileThatAnotherProgramHoldsSaysWhoIsInTheWay) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  write_sessions(path, 1, 100);
  SQLite::Database other(path, SQLite::OPEN_READWRITE);
  other.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  const auto backup = back_up_database(path, folder.file("copy"), false);
  ASSERT_FALSE(backup);
  EXPECT_EQ(backup.error().code, Errc::kBusy) << backup.error().message();
  EXPECT_FALSE(std::filesystem::exists(folder.file("copy")));
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

/// Runs @p body where @p folder is on a read-only file system, in a process of its own, and @p meanwhile here, where it
/// is not. @return its exit code, or 77 where nobody may mount.
template <class Body>
int on_a_read_only_disk(const TempFolder& folder, Body&& body, const std::function<void()>& meanwhile = [] {}) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const char* path = folder.path().c_str();
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount(path, path, nullptr, MS_BIND, nullptr) == 0 &&
                         ::mount(nullptr, path, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    ::_exit(mounted ? (body() ? 0 : 1) : 77);
  }
  meanwhile();
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

/// One word from one process to another.
class Signal {
 public:
  Signal() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  void send() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  /// @return whether it came; an end of the other process counts as none.
  [[nodiscard]] bool wait() const {
    ::close(ends_[1]);
    char word = 0;
    return ::read(ends_[0], &word, 1) == 1;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(Trouble, AReaderWhoMayNotWriteSeesWhatAWriterAddsInTheMeantime) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  Store writer = open_store(path);
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_EQ(std::filesystem::file_size(path + "-wal"), 0U);
  const Signal opened;
  const Signal written;
  const int result = on_a_read_only_disk(
      folder,
      [&] {
        const auto reader = open_reader(path);
        const auto sessions = [&] { return reader->execAndGet("SELECT count(*) FROM sessions").getInt(); };
        const bool none = sessions() == 0;
        opened.send();
        return written.wait() && none && sessions() == 1;
      },
      [&] {
        if (!opened.wait()) return;
        ASSERT_TRUE(SessionWriter::begin(writer, test::header()));
        written.send();
      });
  if (result == 77) GTEST_SKIP() << "may not mount here";
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace knead::record
