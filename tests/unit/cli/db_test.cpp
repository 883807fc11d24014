// SPDX-License-Identifier: Apache-2.0
// `knead db` as a person and as a script meet it: the real program on real files.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/record/session_writer.hpp"
#include "tests/unit/cli/program_output.hpp"
#include "tests/unit/record/support.hpp"

namespace knead {
namespace {

using testing::HasSubstr;

class KneadDb : public testing::Test {
 protected:
  KneadDb() {
    record::Store store = record::test::open_store(database_);
    for (int n = 0; n < 2; ++n) {
      auto writer = record::SessionWriter::begin(store, record::test::header()).value();
      for (const record::TimedSample& s : record::test::rough_ride(3000, 1)) {
        EXPECT_TRUE(writer.add_sample(s.t, s.sample));
      }
      EXPECT_TRUE(writer.end(record::test::summary()));
    }
  }
  [[nodiscard]] ProgramOutput db(const std::string& arguments) const {
    return run_program(fmt::format("{} db {} --db {}", KNEAD_PROGRAM, arguments, database_));
  }
  void damage() const {
    SQLite::Database(database_, SQLite::OPEN_READWRITE).exec("UPDATE sample_blocks SET data = x'00' WHERE id = 2");
  }

  record::test::TempFolder folder_;
  std::string database_ = folder_.file("knead.db");
};

TEST_F(KneadDb, ChecksRepairsAndChecksAgain) {
  EXPECT_THAT(db("check").text, HasSubstr("2 sessions, 6000 samples"));
  EXPECT_EQ(db("check").exit, 0);
  damage();
  const ProgramOutput found = db("check");
  EXPECT_EQ(found.exit, 1);
  EXPECT_THAT(found.text, HasSubstr("session 1 (2025-03-01T07:15:00.000250Z + 1.0 s), block 1: "));
  EXPECT_THAT(found.text, HasSubstr("`knead db repair`"));
  EXPECT_THAT(db("check --json").text, HasSubstr(R"("sound":false)"));
  const ProgramOutput repaired = db("repair");
  EXPECT_EQ(repaired.exit, 0) << repaired.text;
  EXPECT_THAT(repaired.text, HasSubstr("the damaged file is " + database_ + ".damaged-"));
  EXPECT_EQ(db("check").exit, 0);
  EXPECT_THAT(db("repair").text, HasSubstr("is sound and was left as it is"));
}

TEST_F(KneadDb, BacksUpToAFileThatIsNotThere) {
  const std::string copy = folder_.file("copy.db");
  EXPECT_THAT(db("backup " + copy).text, HasSubstr("2 sessions, 6000 samples"));
  const ProgramOutput again = db("backup " + copy);
  EXPECT_EQ(again.exit, 1);
  EXPECT_THAT(again.text, HasSubstr("exists; use another name, or --force"));
  EXPECT_EQ(db("backup --force " + copy).exit, 0);
  EXPECT_EQ(db("backup").exit, 2) << "where to is not to be guessed";
}

TEST_F(KneadDb, RepairsAndShrinksNothingUnderADaemon) {
  damage();
  const record::Store daemon = record::test::open_store(database_);
  for (const char* command : {"repair", "vacuum"}) {
    const ProgramOutput said = db(command);
    EXPECT_EQ(said.exit, 1);
    EXPECT_THAT(said.text, HasSubstr("another Knead (process"));
  }
  EXPECT_EQ(db("check").exit, 1) << "looking is allowed";
}

TEST_F(KneadDb, SaysBytesBeforeAndAfterAVacuum) {
  const ProgramOutput said = db("vacuum --json");
  EXPECT_EQ(said.exit, 0) << said.text;
  EXPECT_THAT(said.text, HasSubstr(R"("bytes_before":)"));
}

TEST_F(KneadDb, SaysThatThereIsNoDatabase) {
  for (const char* command : {"check", "repair", "vacuum", "backup copy"}) {
    const ProgramOutput said = run_program(fmt::format("{} db {} --db /nowhere/knead.db", KNEAD_PROGRAM, command));
    EXPECT_EQ(said.exit, 1) << command;
    EXPECT_THAT(said.text, HasSubstr("there is no database /nowhere/knead.db"));
  }
}

}  // namespace
}  // namespace knead
