// SPDX-License-Identifier: Apache-2.0
// Around damage, every row that can be read is.
#include "daemon/record/salvage.hpp"

#include <gmock/gmock.h>

#include "tests/unit/record/damage.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::TempFolder;

TEST(Salvage, OfTwoSpoiledPagesFarApartFindsAllThatLiesBetween) {
  constexpr int kRows = 4000;
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  test::old_database(path, schema_version())
      .exec("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(kRows) +
            ") INSERT INTO safety_answers SELECT i, 'anna', '', 0, 1, '', 0, '' FROM n");
  const int last = SQLite::Database(path)
                       .execAndGet("SELECT count(*) FROM dbstat WHERE name = 'safety_answers' AND pagetype = 'leaf'")
                       .getInt();
  ASSERT_GT(last, 10);
  const int first_spoiled = test::page_of(path, "safety_answers", 1);
  const int last_spoiled = test::page_of(path, "safety_answers", last - 2);
  for (const int page : {first_spoiled, last_spoiled}) test::spoil_page(path, page);

  SQLite::Database damaged(path, SQLite::OPEN_READONLY);
  SQLite::Database copy = test::old_database(folder.file("copy.db"), schema_version());
  std::vector<std::string> missing;
  constexpr ProbeLimits kFewerThanLieBetween{.behind = 500, .between = 300};
  SQLite::Transaction transaction(copy);
  salvage(damaged, copy, missing, kFewerThanLieBetween);
  EXPECT_THAT(missing, testing::ElementsAre("some of the table safety_answers cannot be read"));
  EXPECT_GT(copy.execAndGet("SELECT count(*) FROM safety_answers").getInt(), kRows * (last - 3) / last);
}

}  // namespace
}  // namespace knead::record
