// SPDX-License-Identifier: Apache-2.0
// The relaxation of a stored session: which of its samples belong to a release step, and to one minute of it.
#include "daemon/record/relaxation_of.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

namespace event = session::event;
using std::chrono_literals::operator""s;

SessionTime at(std::chrono::seconds t) { return SessionTime(t); }
session::Event step_started(std::chrono::seconds t, int step = 0) {
  return {at(t), event::StepStarted{.step = step, .side = session::Side::kLeft}};
}
session::Event step_ended(std::chrono::seconds t, int step = 0) {
  return {at(t), event::StepEnded{.step = step, .completed = true, .credited = t, .elapsed = t}};
}

/// A hand that holds about 30 N from 0 s to @p length, a reading each 10 ms. After @p lost_at three are missing.
std::optional<session::Relaxation> relaxation(std::chrono::seconds length, const std::vector<session::Event>& events,
                                              std::optional<std::chrono::seconds> lost_at = {}) {
  const test::TempFolder folder;
  Store store = test::open_store(folder.file("knead.db"));
  auto writer = SessionWriter::begin(store, test::header()).value();
  for (const session::Event& e : events) EXPECT_TRUE(writer.add_event(e));
  std::uint64_t seq = 0;
  for (auto t = at(0s); t < at(length); t += std::chrono::milliseconds(10), ++seq) {
    Sample sample;
    if (lost_at && t == at(*lost_at)) seq += 3;
    sample.seq = seq;
    sample.raw = 246'000;
    EXPECT_TRUE(writer.add_sample(t, sample));
  }
  EXPECT_TRUE(writer.end(test::summary()));
  const auto found = relaxation_of(store, store.load_session(writer.id()).value());
  EXPECT_TRUE(found);
  return found.value_or(std::nullopt);
}

TEST(RelaxationOf, IsThatOfAMinuteOfAReleaseStep) {
  ASSERT_TRUE(relaxation(65s, {step_started(1s)}));
  EXPECT_NEAR(relaxation(65s, {step_started(1s)})->r60, 0, 1e-9);
  EXPECT_FALSE(relaxation(60s, {step_started(1s)})) << "too short";
  EXPECT_FALSE(relaxation(65s, {})) << "no step";
  EXPECT_FALSE(relaxation(100s, {step_started(1s), step_ended(50s)})) << "after the step it is no release";
}

TEST(RelaxationOf, DoesNotTakeWhatFollowsAPauseForThePartBeforeIt) {
  const std::vector<session::Event> paused{
      step_started(0s), {at(30s), event::Paused{"cli"}}, {at(31s), event::Resumed{}}};
  EXPECT_FALSE(relaxation(70s, paused));
  EXPECT_TRUE(relaxation(95s, paused)) << "a minute after it";
}

TEST(RelaxationOf, AStepThatHasEndedIsNotBegunAgainByAPauseAfterIt) {
  EXPECT_FALSE(relaxation(
      90s, {step_started(0s), step_ended(10s), {at(20s), event::Paused{"cli"}}, {at(21s), event::Resumed{}}}));
}

TEST(RelaxationOf, WantsAMinuteOfWhichNoSampleIsMissing) {
  EXPECT_FALSE(relaxation(70s, {step_started(0s)}, 30s));
  EXPECT_TRUE(relaxation(95s, {step_started(0s)}, 30s)) << "a minute after it";
}

}  // namespace
}  // namespace knead::record
