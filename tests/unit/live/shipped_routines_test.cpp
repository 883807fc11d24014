// SPDX-License-Identifier: Apache-2.0
// Every routine in config/routines, as it is shipped: nothing to find fault with, within the method's dose (R8), and
// done by somebody who does what is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/toml_reader.hpp"
#include "daemon/host/find_plugin.hpp"
#include "daemon/live/simulate.hpp"
#include "daemon/session/routine.hpp"

namespace knead::live {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string kFolder = KNEAD_SOURCE_DIR "/config/routines";

std::vector<std::string> shipped() {
  std::vector<std::string> ids;
  for (const auto& entry : fs::directory_iterator(kFolder)) ids.push_back(entry.path().stem().string());
  std::ranges::sort(ids);
  return ids;
}

std::string path_of(const std::string& id) { return kFolder + "/" + id + ".toml"; }

session::Routine routine_of(const std::string& id) { return session::read_routine(path_of(id)).value(); }

session::SessionReport simulated(const std::string& id, session::Side side, std::uint64_t seed) {
  SimulateOptions options;
  options.routine = path_of(id);
  options.person = "compliant";
  options.side = side;
  options.seed = seed;
  options.plugin_folders = host::default_plugin_dirs();
  auto report = simulate(options);
  if (!report) throw std::runtime_error(report.error().message());
  return *std::move(report);
}

TEST(ShippedRoutines, AreFourWithAnExerciseEachOfItsOwn) {
  EXPECT_THAT(shipped(), testing::ElementsAre("both-sides", "levator-scapulae", "lifter-warm-up", "upper-trap"));
  std::set<std::string> exercises;
  for (const std::string& id : shipped()) exercises.insert(routine_of(id).activation->exercise);
  EXPECT_EQ(exercises.size(), 4U);
}

TEST(ShippedRoutines, BothSidesAreGivenHalfTheTimeEach) {
  const session::Routine routine = routine_of("both-sides");
  ASSERT_EQ(routine.release.size(), 2U);
  EXPECT_EQ(routine.release[0].side, session::StepSide::kLeft);
  EXPECT_EQ(routine.release[1].side, session::StepSide::kRight);
  for (const auto& step : routine.release) EXPECT_EQ(step.credit, 45s);
}

class ShippedRoutine : public testing::TestWithParam<std::string> {};

TEST_P(ShippedRoutine, R8_HasNothingToFindFaultWithAndKeepsToTheMethodsDose) {
  const auto text = TomlDocument::read_text(path_of(GetParam()));
  ASSERT_TRUE(text);
  const auto check = session::check_routine(*text, path_of(GetParam()));
  for (const Finding& finding : check.findings) ADD_FAILURE() << finding.key << " " << finding.text;
  ASSERT_TRUE(check.routine);
  const session::Routine& routine = *check.routine;
  EXPECT_EQ(routine.method, session::Method::kReleaseActivate);
  std::chrono::microseconds credit{};
  for (const auto& step : routine.release) credit += step.credit;
  EXPECT_GE(credit, 60s);
  EXPECT_LE(credit, 120s);
  EXPECT_LT(routine.activation->reps, 10);
  EXPECT_LT(routine.longest_course(), 240s);
}

TEST_P(ShippedRoutine, IsCompletedByWhoeverDoesAsToldOnEitherSide) {
  const session::Routine routine = routine_of(GetParam());
  for (const session::Side side : {session::Side::kLeft, session::Side::kRight}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      const session::SessionReport report = simulated(GetParam(), side, seed);
      EXPECT_EQ(report.outcome, session::Outcome::kCompleted) << report.reason << ", seed " << seed;
      EXPECT_LT(report.elapsed, 240s);
      EXPECT_EQ(static_cast<int>(report.reps.size()), routine.activation->reps);
      for (const session::Rep& rep : report.reps) EXPECT_FALSE(rep.too_hard) << rep.n;
    }
  }
}

TEST_P(ShippedRoutine, HasItsSetsTotalsOnRecord) {
  std::set<std::string> keys;
  for (const session::Event& event : simulated(GetParam(), session::Side::kRight, 1).events) {
    if (const auto* note = std::get_if<session::event::Noted>(&event.what)) keys.insert(note->key);
  }
  EXPECT_EQ(keys, (std::set<std::string>{"set_reps", "set_too_hard_pct", "set_time_under_load_s", "set_mean_peak_n",
                                         "set_impulse_ns"}))
      << "and nothing was dropped";
}

TEST_P(ShippedRoutine, LeavesAVoiceTheTimeForEveryWordOfTheSet) {
  constexpr double kLettersPerSecond = 15.0;  // unhurried
  constexpr double kTick = 0.1;               // two ticks: a cue waits for one
  double free_at = 0.0;
  std::string before;
  for (const session::Event& event : simulated(GetParam(), session::Side::kRight, 1).events) {
    const auto* cued = std::get_if<session::event::Cued>(&event.what);
    if (cued == nullptr || !cued->from_plugin) continue;
    const double t = to_seconds(event.t.time_since_epoch());
    EXPECT_GE(t + kTick, free_at) << "\"" << before << "\" is still being said when \"" << cued->cue.text << "\" comes";
    before = cued->cue.text;
    free_at = t + static_cast<double>(before.size()) / kLettersPerSecond;
  }
  EXPECT_THAT(before, testing::StartsWith("Done."));
}

INSTANTIATE_TEST_SUITE_P(Config, ShippedRoutine, testing::ValuesIn(shipped()), [](const auto& of) {
  std::string name = of.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace knead::live
