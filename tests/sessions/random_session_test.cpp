// SPDX-License-Identifier: Apache-2.0
// The random sessions themselves: what went in is on record, and replays. 100 of them, as in every other test of them.
#include "tests/sessions/random_session.hpp"

#include <gmock/gmock.h>

#include "daemon/live/replay.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::test {
namespace {

using record::test::TempFolder;

constexpr std::uint32_t kSessions = 100;

class RandomSessions : public testing::Test {
 protected:
  TempFolder folder_;
  std::string db_ = folder_.file("knead.db");
  record::Store store_ = record::test::open_store(db_);
};

TEST_F(RandomSessions, AreOnRecordAsTheyWereAndReplayIdentical) {
  std::set<std::string, std::less<>> saw;
  int replayed = 0;
  for (std::uint32_t seed = 1; seed <= kSessions; ++seed) {
    SCOPED_TRACE(seed);
    const MadeSession made = make_random_session(store_, {.seed = seed});
    saw.insert(made.saw.begin(), made.saw.end());
    if (!made.complete) continue;
    ASSERT_NO_FATAL_FAILURE(record::test::expect_same(record::test::samples_of(store_, made.id), made.samples));
    const auto stored = store_.load_session(made.id);
    ASSERT_TRUE(stored) << stored.error().message();
    EXPECT_EQ(stored->calibrations, made.calibrations);
    EXPECT_EQ(stored->facts.profile, made.header.profile);
    ASSERT_EQ(stored->events.size(), made.events.size());
    if (!made.ended) continue;
    const auto again = live::replay({.database = db_, .id = made.id});
    ASSERT_TRUE(again) << again.error().message();
    ASSERT_FALSE(again->difference) << again->difference->where << ": stored " << again->difference->stored
                                    << ", replayed " << again->difference->replayed;
    EXPECT_EQ(again->samples, made.samples.size());
    ++replayed;
  }
  EXPECT_GT(replayed, 75);
  // Or the tests of the record would say less than they mean.
  for (const char* what : {"1000 Hz",
                           "2000 Hz",
                           "4000 Hz",
                           "8000 Hz",
                           "plugin",
                           "no plugin",
                           "own band",
                           "no own band",
                           "soft cap",
                           "no soft cap",
                           "rating",
                           "no rating",
                           "uncalibrated",
                           "calibration",
                           "died",
                           "gap sequence",
                           "gap ring",
                           "gap write",
                           "tripped",
                           "trip_cleared",
                           "samples_lost",
                           "paused",
                           "resumed",
                           "ball_lost",
                           "ball_back",
                           "plugin_failed",
                           "noted",
                           "stopped",
                           "rep_done",
                           "step_added",
                           "step_ended",
                           "session_ended",
                           "input silence",
                           "input ring_lost",
                           "input trip_began",
                           "input trip_cleared",
                           "input ball_lost",
                           "input ball_back",
                           "input pause",
                           "input resume",
                           "input stop",
                           "input plugin_acted",
                           "input plugin_failed"}) {
    EXPECT_TRUE(saw.contains(what)) << what;
  }
}

TEST_F(RandomSessions, AreTheSameFromTheSameSeed) {
  const MadeSession a = make_random_session(store_, {.seed = 7});
  const MadeSession b = make_random_session(store_, {.seed = 7});
  const MadeSession other = make_random_session(store_, {.seed = 8});
  record::test::expect_same(a.samples, b.samples);
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.events.size(), b.events.size());
  EXPECT_EQ(a.header.profile, b.header.profile);
  EXPECT_NE(a.inputs, other.inputs);
}

}  // namespace
}  // namespace knead::test
