// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/recorder.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>

#include "tests/unit/record/held_disk.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::expect_same;
using test::open_store;
using test::samples_of;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kCapacity = 1U << 16U;

SampleRing make_ring(std::uint64_t capacity = kCapacity) {
  auto ring = SampleRing::create(capacity);
  if (!ring) throw std::runtime_error(ring.error().message());
  return std::move(*ring);
}

/// A reader that needs the ring no longer than it is made.
RingReader reader_of(const SampleRing& ring) {
  auto fd = ring.read_only_descriptor();
  if (!fd) throw std::runtime_error(fd.error().message());
  auto reader = RingReader::from_descriptor(*fd);
  if (!reader) throw std::runtime_error(reader.error().message());
  return std::move(*reader);
}

/// Session time as the recorder is to compute it: from the first anchor on, whatever the samples were made with.
std::vector<TimedSample> on_one_clock(std::vector<TimedSample> samples) {
  const TimedSample first = samples.front();
  for (TimedSample& s : samples) s.t = first.t + (s.sample.device_time - first.sample.device_time);
  return samples;
}

TimeAnchor anchor_at(std::uint64_t index, const TimedSample& s) { return {index, s.sample.device_time, s.t}; }

void push(SampleRing& ring, std::span<const TimedSample> samples) {
  for (const TimedSample& s : samples) ring.push(s.sample);
}

TEST(Recorder, RecordsTheSamplesOfASessionAndNoOthers) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(9000, 21, false));
  const std::span all(samples);
  std::int64_t id = 0;
  {
    Recorder recorder(open_store(folder.file("knead.db")));
    push(ring, all.first(1000));
    recorder.start_session(test::header(), reader_of(ring), anchor_at(1000, samples[1000]));
    push(ring, all.subspan(1000));
    recorder.advance(8000);
    recorder.end_session(test::summary(), 8000);
    ASSERT_TRUE(recorder.flush());
    id = recorder.status().session_id;
    EXPECT_FALSE(recorder.status().recording);
    EXPECT_EQ(recorder.status().samples, 7000U);
    EXPECT_THAT(recorder.status().missing(), IsEmpty());
  }
  Store store = open_store(folder.file("knead.db"));
  EXPECT_THAT(store.interrupted(), IsEmpty());
  expect_same(samples_of(store, id), all.subspan(1000, 7000));
  EXPECT_EQ(store.load_session(id)->facts.outcome, "completed");
}

TEST(Recorder, GoesNoFurtherThanTheSessionHasSeen) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(3000, 22, false));
  Recorder recorder(open_store(folder.file("knead.db")));
  recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
  push(ring, samples);
  recorder.advance(1234);
  ASSERT_TRUE(recorder.flush());
  EXPECT_EQ(recorder.status().samples, 1234U);
}

TEST(Recorder, FollowsTheSessionsClockThroughARestartOfTheBall) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  auto samples = on_one_clock(test::rough_ride(4000, 23, false));
  for (std::size_t i = 2500; i < samples.size(); ++i) {  // the ball's clock begins anew; session time goes on
    samples[i].sample.device_time = DeviceTime(std::chrono::milliseconds(i - 2500));
    samples[i].t = samples[2499].t + std::chrono::milliseconds(700 + i - 2500);
  }
  samples[2500].sample.quality |= Quality::kReanchored;
  Recorder recorder(open_store(folder.file("knead.db")));
  recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
  push(ring, samples);
  recorder.anchor(anchor_at(2500, samples[2500]));
  recorder.advance(4000);
  recorder.end_session(test::summary(), 4000);
  ASSERT_TRUE(recorder.flush());
  const auto store = Store::open_read_only(folder.file("knead.db"));
  expect_same(samples_of(*store, recorder.status().session_id), samples);
}

TEST(Recorder, GoesOnWithAnotherRingAndAnotherCalibration) {
  const TempFolder folder;
  auto samples = on_one_clock(test::rough_ride(2000, 24, false));
  protocol::Calibration later = test::calibration();
  later.tare_raw -= 77;
  for (std::size_t i = 1500; i < samples.size(); ++i) samples[i].sample.force = later.force(samples[i].sample.raw);
  const std::span all(samples);
  Recorder recorder(open_store(folder.file("knead.db")));
  {
    SampleRing first = make_ring();
    recorder.start_session(test::header(), reader_of(first), anchor_at(0, samples[0]));
    push(first, all.first(1000));
    recorder.advance(1000);
  }  // the ball is unplugged, and its ring goes before the recorder came to look
  SampleRing second = make_ring();
  push(second, all.subspan(990));  // ten from before the session goes on
  recorder.continue_on(reader_of(second), anchor_at(10, samples[1000]));
  recorder.calibrated(510, later);
  recorder.advance(1010);
  recorder.end_session(test::summary(), 1010);
  ASSERT_TRUE(recorder.flush());
  const auto store = Store::open_read_only(folder.file("knead.db"));
  const std::int64_t id = recorder.status().session_id;
  expect_same(samples_of(*store, id), samples);
  EXPECT_THAT(store->load_session(id)->calibrations, ElementsAre(test::calibration(), later));
}

TEST(Recorder, RecordsWhatTheRingLost) {
  const TempFolder folder;
  SampleRing ring = make_ring(64);
  const auto samples = on_one_clock(test::rough_ride(1000, 25, false));
  Recorder recorder(open_store(folder.file("knead.db")));
  recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
  push(ring, samples);
  recorder.advance(1000);
  recorder.end_session(test::summary(), 1000);
  ASSERT_TRUE(recorder.flush());
  const auto store = Store::open_read_only(folder.file("knead.db"));
  const auto session = store->load_session(recorder.status().session_id);
  const auto kept = samples_of(*store, session->facts.id);
  ASSERT_FALSE(kept.empty());
  ASSERT_LE(kept.size(), 64U);
  expect_same(kept, std::span(samples).last(kept.size()));
  ASSERT_THAT(session->gaps, SizeIs(1));
  EXPECT_EQ(session->gaps[0], (Gap{kept.front().t, GapKind::kRing, 1000 - kept.size()}));
  EXPECT_THAT(recorder.status().missing(), HasSubstr("because the recorder came too late"));
}

TEST(Recorder, KeepsEventsInOrderAndCountsThoseItHadNoRoomFor) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  constexpr std::uint64_t kPosted = 20'000;
  Recorder recorder(open_store(folder.file("knead.db")));
  recorder.start_session(test::header(), reader_of(ring), {});
  for (std::uint64_t i = 0; i < kPosted; ++i) {
    recorder.event({SessionTime(std::chrono::milliseconds(i)), session::event::SamplesLost{i}});
  }
  recorder.end_session(test::summary(), 0);
  ASSERT_TRUE(recorder.flush());
  const auto store = Store::open_read_only(folder.file("knead.db"));
  const auto session = store->load_session(recorder.status().session_id);
  std::uint64_t missing = 0;
  for (const Gap& gap : session->gaps) {
    EXPECT_EQ(gap.kind, GapKind::kEvent);
    missing += gap.count;
  }
  EXPECT_EQ(session->events.size() + missing, kPosted);
  EXPECT_TRUE(std::ranges::is_sorted(session->events, {}, &StoredEvent::t));
}

TEST(Recorder, WritesEverythingOnceALockedDatabaseIsFree) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(5000, 26, false));
  std::promise<Error> told;
  std::atomic_flag once;
  RecorderOptions options;
  options.on_change = [&](const RecorderStatus& status) {
    if (status.problem && !once.test_and_set()) told.set_value(*status.problem);
  };
  Recorder recorder(open_store(folder.file("knead.db")), options);
  SQLite::Database other(folder.file("knead.db"), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
  push(ring, samples);
  recorder.advance(5000);
  EXPECT_FALSE(recorder.flush());
  EXPECT_THAT(told.get_future().get().message(), HasSubstr("another program holds a lock"));
  EXPECT_EQ(recorder.status().session_id, 0) << "nothing is in the store yet";
  EXPECT_EQ(recorder.status().samples, 5000U) << "and the session goes on";
  EXPECT_GT(recorder.status().write_failures, 0U);
  recorder.end_session(test::summary(), 5000);
  other.exec("ROLLBACK");
  ASSERT_TRUE(recorder.flush());
  const std::int64_t id = recorder.status().session_id;
  const auto store = Store::open_read_only(folder.file("knead.db"));
  expect_same(samples_of(*store, id), samples);
  EXPECT_GT(store->load_session(id)->facts.write_failures, 0U);
  EXPECT_EQ(store->load_session(id)->facts.lost, 0U);
  EXPECT_FALSE(recorder.status().problem.has_value());
}

TEST(Recorder, SaysInTheRecordWhatItHadToGiveUp) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(30'000, 27, false));
  RecorderOptions options;
  options.limits.block_bytes = 10'000;
  Recorder recorder(open_store(folder.file("knead.db")), options);
  SQLite::Database other(folder.file("knead.db"), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
  push(ring, samples);
  recorder.advance(30'000);
  EXPECT_FALSE(recorder.flush());
  other.exec("ROLLBACK");
  recorder.end_session(test::summary(), 30'000);
  ASSERT_TRUE(recorder.flush());
  const auto store = Store::open_read_only(folder.file("knead.db"));
  const auto session = store->load_session(recorder.status().session_id);
  ASSERT_THAT(session->gaps, SizeIs(1));
  EXPECT_EQ(session->gaps[0].kind, GapKind::kWrite);
  const auto kept = samples_of(*store, session->facts.id);
  EXPECT_EQ(session->gaps[0].count + kept.size(), 30'000U);
  expect_same(kept, std::span(samples).last(kept.size()));
  EXPECT_THAT(recorder.status().missing(), HasSubstr("because they could not be written"));
}

TEST(Recorder, GoesOnThroughAFullDisk) {
  const TempFolder folder;
  // A file system of two megabytes, seen by this process alone.
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "skipped: only root may mount a small disk";
  }
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(40'000, 28, false));
  const std::span all(samples);
  {
    Recorder recorder(open_store(folder.file("knead.db")));
    recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
    push(ring, all.first(10'000));
    recorder.advance(10'000);
    ASSERT_TRUE(recorder.flush());
    {
      std::ofstream filler(folder.file("filler"), std::ios::binary);
      const std::string page(4096, 'x');
      while (filler.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
      }
    }
    push(ring, all.subspan(10'000, 20'000));
    recorder.advance(30'000);
    EXPECT_FALSE(recorder.flush());
    ASSERT_TRUE(recorder.status().problem.has_value());
    EXPECT_EQ(recorder.status().problem->code, Errc::kStorage);
    EXPECT_TRUE(recorder.status().recording);
    std::filesystem::remove(folder.file("filler"));
    push(ring, all.subspan(30'000));
    recorder.advance(40'000);
    recorder.end_session(test::summary(), 40'000);
    ASSERT_TRUE(recorder.flush());
  }
  {
    Store store = open_store(folder.file("knead.db"));
    EXPECT_TRUE(store.check());
    expect_same(samples_of(store, 1), samples);
  }
  ::umount(folder.path().c_str());
}

TEST(Recorder, LeavesASessionUnfinishedThatNobodyEnded) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(500, 29, false));
  {
    Recorder recorder(open_store(folder.file("knead.db")));
    recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
    push(ring, samples);
    recorder.advance(500);
  }
  Store store = open_store(folder.file("knead.db"));
  ASSERT_THAT(store.interrupted(), SizeIs(1));
  expect_same(samples_of(store, store.interrupted()[0]), samples);
}

TEST(Recorder, WritesOneSessionAfterTheOtherWithTheirRatings) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(3000, 30, false));
  Recorder recorder(open_store(folder.file("knead.db")));
  push(ring, samples);
  for (std::uint64_t i = 0; i < 3; ++i) {
    recorder.start_session(test::header(), reader_of(ring), anchor_at(i * 1000, samples[i * 1000]));
    recorder.advance((i + 1) * 1000);
    auto summary = test::summary();
    summary.nrs_after = static_cast<int>(i);
    recorder.end_session(std::move(summary), (i + 1) * 1000);
  }
  ASSERT_TRUE(recorder.flush());
  const auto store = Store::open_read_only(folder.file("knead.db"));
  for (std::size_t i = 0; i < 3; ++i) {
    expect_same(samples_of(*store, static_cast<std::int64_t>(i) + 1), std::span(samples).subspan(i * 1000, 1000));
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(store->load_session(i + 1)->facts.nrs_after, i);
}

// ---- Jobs beside the session ----------------------------------------------------------------------------------------

TEST(RecorderJobs, RunOnTheRecordersThreadInTheirOrder) {
  const TempFolder folder;
  std::vector<int> seen;
  {
    const auto here = std::this_thread::get_id();  // before the recorder: its end runs what still waits
    Recorder recorder(open_store(folder.file("knead.db")));
    ASSERT_TRUE(recorder.with_store([&](Store&) { seen.push_back(1); }));
    ASSERT_TRUE(recorder.with_store([&](Store&) { seen.push_back(std::this_thread::get_id() == here ? -1 : 2); }));
  }
  EXPECT_THAT(seen, ElementsAre(1, 2));
}

TEST(RecorderJobs, MoreThanAFewOfClientsAreRefusedAndWhatHappenedStillHasRoom) {
  const TempFolder folder;
  std::atomic<std::size_t> done{0};
  std::optional<Recorder> recorder(std::in_place, open_store(folder.file("knead.db")));
  test::HeldDisk disk(*recorder);  // from here on they wait
  for (std::size_t n = 0; n < Recorder::kMaxClientJobs; ++n)
    ASSERT_TRUE(recorder->with_store([&](Store&) { ++done; })) << n;
  const auto refused = recorder->with_store([&](Store&) { done += 1000; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBusy);
  for (std::size_t n = Recorder::kMaxClientJobs; n < Recorder::kMaxJobs; ++n)
    EXPECT_TRUE(recorder->with_store([&](Store&) { ++done; }, Recorder::For::kRecord)) << n;
  EXPECT_FALSE(recorder->with_store([&](Store&) { done += 1000; }, Recorder::For::kRecord));
  disk.let_go();
  recorder.reset();
  EXPECT_EQ(done, Recorder::kMaxJobs) << "what was taken is done, also when the program ends";
}

TEST(RecorderJobs, R6_BetweenTwoOfThemTheSessionsSamplesAreTaken) {
  const TempFolder folder;
  SampleRing ring = make_ring();
  const auto samples = on_one_clock(test::rough_ride(3000, 22, false));
  std::promise<void> done;
  std::vector<std::uint64_t> taken;
  // No time for jobs but one, then it is the session's turn.
  Recorder recorder(open_store(folder.file("knead.db")), {.drain_every = std::chrono::milliseconds(0)});
  recorder.start_session(test::header(), reader_of(ring), anchor_at(0, samples[0]));
  test::HeldDisk disk(recorder);
  for (std::size_t n = 0; n < 3; ++n) {
    ASSERT_TRUE(recorder.with_store([&, n](Store&) {
      taken.push_back(recorder.status().samples);
      push(ring, std::span(samples).subspan(n * 1000, 1000));
      recorder.advance((n + 1) * 1000);
      if (n == 2) done.set_value();
    }));
  }
  disk.let_go();
  done.get_future().wait();
  EXPECT_THAT(taken, ElementsAre(0U, 1000U, 2000U));
  recorder.end_session(test::summary(), 3000);
}

}  // namespace
}  // namespace knead::record
