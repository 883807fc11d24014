// SPDX-License-Identifier: Apache-2.0
// The measures of random sessions against a second computation that has nothing of ours: check_measures.py.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "daemon/record/export.hpp"
#include "tests/sessions/random_session.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::test {
namespace {

TEST(Measures, OfFiftyRandomSessionsAgreeWithPythonToOnePartInAThousandMillion) {
  constexpr int kSessions = 50;
  const record::test::TempFolder folder;
  const std::string database = folder.file("knead.db");
  const std::string exports = folder.file("exports");
  std::filesystem::create_directories(exports);
  record::Store store = record::test::open_store(database);
  int sessions = 0;
  for (std::uint32_t seed = 1; sessions < kSessions; ++seed) {
    const MadeSession made = make_random_session(store, {.seed = seed});
    // What the disk did not take cannot be computed again, and who died has no measures.
    if (!made.ended || !made.complete) continue;
    std::ofstream out(exports + "/" + std::to_string(made.id) + ".json");
    ASSERT_TRUE(record::export_json(store, made.id, out));
    ++sessions;
  }
  const std::string command =
      KNEAD_PYTHON " " KNEAD_SOURCE_DIR "/tests/sessions/check_measures.py " + database + " " + exports;
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace knead::test
