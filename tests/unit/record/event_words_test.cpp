// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/event_words.hpp"

#include <gtest/gtest.h>

namespace knead::record {
namespace {

StoredEvent rep_done(const std::string& rep) { return {{}, "rep_done", R"({"rep":)" + rep + "}"}; }

TEST(EventWords, TellOfARepetitionWithItsOwnTimes) {
  const auto rep = rep_of(rep_done(R"({"n":3,"start_s":12.5,"duration_s":4,"peak_n":5.25,"too_hard":true})"));
  ASSERT_TRUE(rep);
  EXPECT_EQ(rep->n, 3);
  EXPECT_EQ(rep->start, SessionTime(std::chrono::milliseconds(12'500)));
  EXPECT_EQ(event_words(rep_done(R"({"n":3,"peak_n":5.25,"too_hard":true})")), "rep 3: peak 5.2 N, too hard");
}

TEST(EventWords, KnowNoRepetitionWhoseNumbersAreBeyondAnySession) {
  EXPECT_FALSE(rep_of(rep_done(R"({"n":1e300,"start_s":1,"duration_s":1})")));
  EXPECT_FALSE(rep_of(rep_done(R"({"n":1,"start_s":-1e300,"duration_s":1})")));
  EXPECT_FALSE(rep_of(rep_done(R"({"n":1,"start_s":1,"duration_s":1e15})")));
}

}  // namespace
}  // namespace knead::record
