// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/session_buffer.hpp"

#include <gmock/gmock.h>

#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

TimedSample at(std::int64_t t_us, std::uint64_t seq, Quality quality = Quality::kGood) {
  TimedSample s;
  s.t = SessionTime(std::chrono::microseconds(t_us));
  s.sample.seq = seq;
  s.sample.quality = quality;
  s.sample.device_time = DeviceTime(std::chrono::microseconds(t_us));
  return s;
}
void add(SessionBuffer& buffer, const TimedSample& s) { buffer.add_sample(s.t, s.sample); }

std::vector<Gap> gaps_of(const SessionBuffer& buffer) {
  std::vector<Gap> gaps;
  for (const auto& gap : buffer.pending().gaps) gaps.push_back(gap.row);
  return gaps;
}

TEST(SessionBuffer, MakesABlockOfEachSecond) {
  SessionBuffer buffer(test::header());
  for (int i = 0; i < 2500; ++i) add(buffer, at(std::int64_t{i} * 1000, static_cast<std::uint64_t>(i)));
  buffer.stage_open_block();
  ASSERT_THAT(buffer.pending().blocks, SizeIs(3));
  EXPECT_EQ(buffer.pending().blocks[0].count, 1000U);
  EXPECT_EQ(buffer.pending().blocks[1].count, 1000U);
  EXPECT_EQ(buffer.pending().blocks[2].count, 500U);
  EXPECT_EQ(buffer.pending().blocks[2].first_index, 2000U);
  EXPECT_EQ(buffer.pending().blocks[2].first_seq, 2000U);
  EXPECT_EQ(buffer.pending().blocks[1].t0, SessionTime(std::chrono::seconds(1)));
  EXPECT_EQ(buffer.pending().blocks[1].t1, SessionTime(std::chrono::milliseconds(1999)));
}

TEST(SessionBuffer, PutsAWholeSecondInThePlaceOfTheHalfThatWasWritten) {
  SessionBuffer buffer(test::header());
  int i = 0;
  const auto feed = [&](int up_to) {
    for (; i < up_to; ++i) add(buffer, at(std::int64_t{i} * 1000, static_cast<std::uint64_t>(i)));
  };
  feed(500);
  buffer.stage_open_block();
  feed(700);
  buffer.stage_open_block();  // the disk was busy: the row grows
  ASSERT_THAT(buffer.pending().blocks, SizeIs(1));
  EXPECT_EQ(buffer.pending().blocks[0].count, 700U);
  buffer.mark_written(1);
  buffer.stage_open_block();
  EXPECT_TRUE(buffer.pending().empty()) << "nothing new, nothing to write";
  feed(1500);
  buffer.stage_open_block();
  ASSERT_THAT(buffer.pending().blocks, SizeIs(2));
  EXPECT_EQ(buffer.pending().blocks[0].ordinal, 0);
  EXPECT_EQ(buffer.pending().blocks[0].count, 1000U);
  EXPECT_EQ(buffer.pending().blocks[1].ordinal, 1);
  EXPECT_EQ(buffer.pending().blocks[1].count, 500U);
  EXPECT_EQ(buffer.pending().blocks[1].first_index, 1000U);
}

TEST(SessionBuffer, CountsOfASecondWhoseHalfIsWrittenOnlyTheOtherHalfAsLost) {
  SessionBuffer buffer(test::header(), {.block_bytes = 4000, .events = 10});
  const auto samples = test::rough_ride(20'000, 7, false);
  std::size_t fed = 0;
  for (; fed < 400; ++fed) add(buffer, samples[fed]);
  buffer.stage_open_block();
  buffer.mark_written(1);
  for (; fed < samples.size(); ++fed) add(buffer, samples[fed]);
  buffer.stage_open_block();
  std::uint64_t kept = 400;
  for (const auto& block : buffer.pending().blocks) kept += block.count;
  const auto gaps = gaps_of(buffer);
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].t, samples[400].t);
  EXPECT_EQ(gaps[0].count + kept, 20'000U);
  EXPECT_EQ(buffer.samples(), kept);
}

TEST(SessionBuffer, RecordsAJumpInTheSequenceAsAGap) {
  SessionBuffer buffer(test::header());
  add(buffer, at(0, 10));
  add(buffer, at(1000, 11));
  add(buffer, at(5000, 15, Quality::kGapBefore));
  EXPECT_THAT(gaps_of(buffer), ElementsAre(Gap{SessionTime(std::chrono::milliseconds(5)), GapKind::kSequence, 3}));
  EXPECT_EQ(buffer.lost_samples(), 3U);
}

TEST(SessionBuffer, CountsWhatTheRingLostOnce) {
  SessionBuffer buffer(test::header());
  add(buffer, at(0, 10));
  buffer.add_gap(SessionTime(std::chrono::milliseconds(8)), GapKind::kRing, 5);
  add(buffer, at(8000, 18));  // 7 missing, 5 of them explained
  const SessionTime t(std::chrono::milliseconds(8));
  EXPECT_THAT(gaps_of(buffer), ElementsAre(Gap{t, GapKind::kRing, 5}, Gap{t, GapKind::kSequence, 2}));
}

TEST(SessionBuffer, TakesARestartedSequenceForNoLoss) {
  SessionBuffer buffer(test::header());
  add(buffer, at(0, 10));
  add(buffer, at(1000, 5000, Quality::kReanchored));
  add(buffer, at(2000, 5001));
  buffer.break_sequence();
  add(buffer, at(3000, 9000));
  EXPECT_THAT(gaps_of(buffer), testing::IsEmpty());
}

TEST(SessionBuffer, DropsTheOldestSamplesWhenNothingIsWrittenAndSaysSo) {
  SessionBuffer buffer(test::header(), {.block_bytes = 4000, .events = 10});
  const auto samples = test::rough_ride(20'000, 7, false);
  for (const TimedSample& s : samples) add(buffer, s);
  buffer.stage_open_block();
  EXPECT_LE(buffer.pending_bytes(), 4000U);
  std::uint64_t kept = 0;
  for (const auto& block : buffer.pending().blocks) kept += block.count;
  const auto gaps = gaps_of(buffer);
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].kind, GapKind::kWrite);
  EXPECT_EQ(gaps[0].t, samples[0].t);
  EXPECT_EQ(gaps[0].count + kept, 20'000U);
  EXPECT_EQ(buffer.samples(), kept);
  EXPECT_EQ(buffer.lost(GapKind::kWrite), gaps[0].count);
}

TEST(SessionBuffer, DropsTheOldestEventsWhenNothingIsWrittenAndSaysSo) {
  SessionBuffer buffer(test::header(), {.block_bytes = 4000, .events = 10});
  for (int i = 0; i < 25; ++i) {
    buffer.add_event({SessionTime(std::chrono::seconds(i)), session::event::SamplesLost{1}});
  }
  EXPECT_THAT(buffer.pending().events, SizeIs(10));
  EXPECT_EQ(buffer.lost(GapKind::kEvent), 15U);
  EXPECT_EQ(buffer.lost_samples(), 0U);
}

TEST(SessionBuffer, LeavesTicksOut) {
  SessionBuffer buffer(test::header());
  buffer.add_event({SessionTime{}, session::event::Tick{}});
  EXPECT_THAT(buffer.pending().events, SizeIs(0));
}

}  // namespace
}  // namespace knead::record
