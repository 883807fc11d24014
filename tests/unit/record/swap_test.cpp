// SPDX-License-Identifier: Apache-2.0
// A repaired database takes the damaged one's place, or does not; never half, whenever the power goes.
#include "daemon/record/swap.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/record/repair.hpp"
#include "tests/unit/record/damage.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::bytes_of;
using test::open_store;
using test::TempFolder;
using test::what_is_wrong;
using test::write_sessions;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kOldSessions = 3;
constexpr int kNewSessions = 2;
constexpr int kSteps = 4;

/// A database at @p path as kill -9 leaves one: the file holds nothing of its last session, the log does.
void write_old(const TempFolder& folder, const std::string& path, bool with_log) {
  const std::string live = folder.file("live.db");
  write_sessions(live, kOldSessions - 1, 2000);
  {
    Store store = open_store(live);
    ASSERT_TRUE(SessionWriter::begin(store, test::header()));
    if (!with_log) SQLite::Database(live, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::copy_file(live, path);
    if (with_log) std::filesystem::copy_file(live + "-wal", path + "-wal");
  }
}

FileBeside new_copy(const std::string& path) {
  auto copy = FileBeside::make(path).value();
  std::filesystem::remove(copy.name());
  write_sessions(copy.name(), kNewSessions, 30'000);
  std::filesystem::remove(copy.name() + ".lock");
  return copy;
}

std::size_t sessions_in(const std::string& path) {
  return Store::open_read_only(path).value().list_sessions(100).value().size();
}

struct Swapped : testing::TestWithParam<bool> {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  const std::string kept = folder.file("kept");
  std::string old_file;
  std::string old_log;

  void SetUp() override {
    write_old(folder, path, GetParam());
    old_file = bytes_of(path);
    old_log = bytes_of(path + "-wal");
    ASSERT_EQ(old_log.empty(), !GetParam());
  }
  DatabaseSwap swap() { return DatabaseSwap::prepare(new_copy(path), path, kept).value(); }
  /// In a process that ends then, without a word to anybody.
  void stop_after(int steps) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      DatabaseSwap halfway = swap();
      for (int n = 0; n < steps; ++n) {
        if (!halfway.step()) ::_exit(1);
      }
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    ASSERT_EQ(status, 0);
  }
  void expect_all_as_it_was() {
    EXPECT_TRUE(bytes_of(path) == old_file);
    EXPECT_TRUE(bytes_of(path + "-wal") == old_log);
    EXPECT_FALSE(std::filesystem::exists(kept));
    EXPECT_FALSE(std::filesystem::exists(kept + "-wal"));
  }
};

INSTANTIATE_TEST_SUITE_P(Database, Swapped, testing::Bool(),
                         [](const auto& log) { return log.param ? "WithALog" : "WithoutALog"; });

struct SwappedWithALog : Swapped {};
INSTANTIATE_TEST_SUITE_P(Database, SwappedWithALog, testing::Values(true));

TEST_P(Swapped, IsTheOldOneOrTheNewOneWhereverItIsStopped) {
  for (int steps = 0; steps <= kSteps; ++steps) {
    SCOPED_TRACE(steps);
    for (const auto& each : std::filesystem::directory_iterator(folder.path())) std::filesystem::remove(each);
    SetUp();
    stop_after(steps);
    const bool is_new = steps == kSteps || (GetParam() && steps == kSteps - 1);
    const std::size_t sessions = is_new ? kNewSessions : kOldSessions;
    EXPECT_EQ(sessions_in(path), sessions);
    EXPECT_THAT(what_is_wrong(path), IsEmpty());
    if (!is_new || steps == kSteps) {
      const std::string& at = is_new ? kept : path;
      EXPECT_TRUE(bytes_of(at) == old_file) << "the damaged file is written to";
      EXPECT_TRUE(bytes_of(at + "-wal") == old_log);
    }
    // And when the daemon takes it up, and has put the log into the file.
    open_store(path);
    EXPECT_EQ(bytes_of(path + "-wal"), "");
    EXPECT_EQ(sessions_in(path), sessions);
    EXPECT_THAT(what_is_wrong(path), IsEmpty());
  }
}

TEST_P(Swapped, StaysAsItWasWhereNoNameIsFree) {
  for (const std::string& taken : {kept, kept + "-wal"}) {
    if (taken != kept && !GetParam()) continue;
    std::filesystem::create_directory(taken);
    DatabaseSwap swapping = swap();
    auto stepped = swapping.step();
    if (stepped) stepped = swapping.step();
    ASSERT_FALSE(stepped);
    EXPECT_EQ(stepped.error().code, Errc::kRefused);
    std::filesystem::remove(taken);
    expect_all_as_it_was();
  }
}

TEST_P(Swapped, StaysAsItWasWhereTheFileCannotBeSwapped) {
  DatabaseSwap swapping = swap();
  for (int n = 1; n < kSteps; ++n) ASSERT_TRUE(swapping.step());
  std::filesystem::rename(path, folder.file("elsewhere"));
  EXPECT_FALSE(swapping.step());
  std::filesystem::rename(folder.file("elsewhere"), path);
  expect_all_as_it_was();
}

TEST_P(SwappedWithALog, StaysAsItWasWhereTheLogCannotBeSwapped) {
  DatabaseSwap swapping = swap();
  for (int n = 1; n < kSteps - 1; ++n) ASSERT_TRUE(swapping.step());
  std::filesystem::rename(path + "-wal", folder.file("elsewhere"));
  EXPECT_FALSE(swapping.step());
  std::filesystem::rename(folder.file("elsewhere"), path + "-wal");
  expect_all_as_it_was();
}

TEST_P(SwappedWithALog, NamesTheLogThatCouldNotBePutBackAndKeepsIt) {
  DatabaseSwap swapping = swap();
  for (int n = 1; n < kSteps; ++n) ASSERT_TRUE(swapping.step());
  std::filesystem::remove(path);
  std::filesystem::remove(path + "-wal");
  const auto stepped = swapping.step();
  ASSERT_FALSE(stepped);
  EXPECT_THAT(stepped.error().message(), HasSubstr(kept + "-wal"));
  EXPECT_TRUE(bytes_of(kept + "-wal") == old_log);
}

TEST_P(Swapped, ByRepairKeepsTheDamagedFileWithItsLog) {
  if (!GetParam()) {
    test::tamper(path, "UPDATE sessions SET lost = 5 WHERE id = 1");
  } else {
    // The log says so too, and the file alone would not.
    const std::string live = folder.file("damaged.db");
    std::filesystem::copy_file(path, live);
    std::filesystem::copy_file(path + "-wal", live + "-wal");
    const Store holds_the_log = Store::open_read_only(live).value();
    ASSERT_EQ(holds_the_log.list_sessions(100)->size(), kOldSessions);
    test::tamper(live, "UPDATE sessions SET lost = 5 WHERE id = 1");
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(live + suffix, path + suffix, std::filesystem::copy_options::overwrite_existing);
    }
  }
  old_file = bytes_of(path);
  old_log = bytes_of(path + "-wal");
  const auto repair = repair_database(path);
  ASSERT_TRUE(repair) << repair.error().message();
  EXPECT_TRUE(bytes_of(repair->kept_as) == old_file);
  EXPECT_TRUE(bytes_of(repair->kept_as + "-wal") == old_log);
  EXPECT_THAT(what_is_wrong(path), IsEmpty());
  EXPECT_EQ(sessions_in(path), kOldSessions) << "what was in the log alone was lost";
  for (const auto& left : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_NE(left.path().filename().string().front(), '.') << "something was left behind";
  }
}

}  // namespace
}  // namespace knead::record
