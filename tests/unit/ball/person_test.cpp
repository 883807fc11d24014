// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/person.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/ball/bench.hpp"

namespace knead::ball {
namespace {

std::unique_ptr<Person> person(std::string_view name, std::uint64_t seed = 1) {
  return make_person(name, seed).value();
}

/// Lowest and highest force from @p from to @p to, every 10 ms.
struct Range {
  double lowest = 1e9;
  double highest = -1e9;
};
Range range(Person& someone, std::chrono::milliseconds from, std::chrono::milliseconds to) {
  Range r;
  for (auto t = from; t <= to; t += 10ms) {
    const double f = someone.force(at(t)).value;
    r.lowest = std::min(r.lowest, f);
    r.highest = std::max(r.highest, f);
  }
  return r;
}

class EveryPerson : public testing::TestWithParam<std::string_view> {};
TEST_P(EveryPerson, DoesTheSameForTheSameSeedHoweverOftenAsked) {
  const auto often = person(GetParam(), 42);
  const auto seldom = person(GetParam(), 42);
  for (int ms = 0; ms <= 200000; ms += 5) {
    const double f = often->force(at(ms * 1ms)).value;
    EXPECT_GE(f, 0.0);
    EXPECT_LT(f, 100.0);
    if (ms % 1000 == 0) {
      EXPECT_EQ(seldom->force(at(ms * 1ms)).value, f) << ms;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Person, EveryPerson, testing::ValuesIn(person_names()), [](const auto& one) {
  std::string name(one.param);
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Person, OfAnUnknownNameIsRefusedWithTheNames) {
  const auto nobody = make_person("sleepy", 1);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::kNotFound);
  EXPECT_EQ(nobody.error().remedy, "use one of compliant, steady, too-hard, falls-asleep, never-touches");
}

TEST(SteadyPerson, StaysInTheBand) {
  const auto r = range(*person("steady"), 4s, 300s);
  EXPECT_GT(r.lowest, 20.0);
  EXPECT_LT(r.highest, 30.0);
}

TEST(TooHardPerson, LeansAboveTheBandAndThenAboveTheHardLimit) {
  const auto p = person("too-hard");
  const auto first = range(*p, 4s, 20s);
  EXPECT_GT(first.lowest, 41.0);
  EXPECT_LT(first.highest, 60.0);
  EXPECT_GT(range(*p, 25s, 60s).lowest, 60.0);
}

TEST(SleepyPerson, IsInTheBandAtFirstAndDriftsOffTheBall) {
  const auto p = person("falls-asleep");
  EXPECT_GT(range(*p, 4s, 30s).lowest, 15.0);
  EXPECT_LT(range(*p, 50s, 90s).highest, 15.0);
  EXPECT_EQ(range(*p, 100s, 200s).highest, 0.0);
}

TEST(AbsentPerson, NeverTouchesTheBall) { EXPECT_EQ(range(*person("never-touches"), 0s, 60s).highest, 0.0); }

TEST(CompliantPerson, PressesAHumanMomentAfterTheCueIntoTheMiddleOfTheBand) {
  const auto p = person("compliant");
  p->hear(at(10s), PersonCue::kPress);
  EXPECT_EQ(range(*p, 10s, 10s + 290ms).highest, 0.0) << "nobody reacts at once";
  const auto held = range(*p, 13s, 100s);
  EXPECT_GT(held.lowest, 20.0);
  EXPECT_LT(held.highest, 30.0);
}

TEST(CompliantPerson, PressesHarderAndLighterWhenTold) {
  const auto p = person("compliant");
  p->hear(at(0s), PersonCue::kPress);
  const double before = range(*p, 4s, 10s).highest;
  p->hear(at(10s), PersonCue::kHarder);
  const double harder = range(*p, 12s, 18s).highest;
  EXPECT_GT(harder, before + 2.0);
  p->hear(at(20s), PersonCue::kLighter);
  p->hear(at(22s), PersonCue::kLighter);
  EXPECT_LT(range(*p, 24s, 30s).highest, before);
}

TEST(CompliantPerson, DoesNotCorrectFasterThanTheyCanFeel) {
  const auto p = person("compliant");
  p->hear(at(0s), PersonCue::kPress);
  static_cast<void>(range(*p, 0s, 5s));
  for (auto t = 5000ms; t < 6000ms; t += 50ms) p->hear(at(t), PersonCue::kHarder);
  EXPECT_LT(range(*p, 8s, 20s).highest, 33.0) << "one step, though told twenty times";
}

TEST(CompliantPerson, LetsGo) {
  const auto p = person("compliant");
  p->hear(at(0s), PersonCue::kPress);
  static_cast<void>(range(*p, 0s, 5s));
  p->hear(at(5s), PersonCue::kLetGo);
  EXPECT_EQ(range(*p, 8s, 20s).highest, 0.0);
}

TEST(CompliantPerson, DoesLightRepsOnCue) {
  const auto p = person("compliant");
  for (int rep = 0; rep < 8; ++rep) {
    const auto start = rep * 7s;
    p->hear(at(start), PersonCue::kRepUp);
    const auto up = range(*p, start, start + 2s);
    EXPECT_GT(up.highest, 3.0);
    p->hear(at(start + 2s), PersonCue::kRepHold);
    const auto hold = range(*p, start + 2s, start + 4s);
    EXPECT_GT(hold.lowest, 3.0);
    EXPECT_LT(hold.highest, 8.0) << "below the ceiling";
    p->hear(at(start + 4s), PersonCue::kRepDown);
    static_cast<void>(range(*p, start + 4s, start + 6s));
    p->hear(at(start + 6s), PersonCue::kRest);
    EXPECT_LT(range(*p, start + 6500ms, start + 7s - 10ms).highest, 1.5) << "a rep has ended at half of press_n";
  }
}

TEST(CompliantPerson, GoesThroughTheRoutineFromMemoryUntilSpokenTo) {
  const auto uncued = person("compliant");
  EXPECT_GT(range(*uncued, 4s, 94s).lowest, 15.0);
  int reps = 0;
  bool up = false;
  for (auto t = 98000ms; t < 200000ms; t += 10ms) {
    const double f = uncued->force(at(t)).value;
    if (!up && f >= 3.0) {
      up = true;
      ++reps;
    }
    if (up && f <= 1.5) up = false;
    EXPECT_LT(f, 8.0);
  }
  EXPECT_EQ(reps, 9);

  const auto cued = person("compliant");
  static_cast<void>(range(*cued, 0s, 5s));
  cued->hear(at(5s), PersonCue::kLetGo);
  EXPECT_EQ(range(*cued, 8s, 200s).highest, 0.0) << "the memory is dropped at the first cue";
}

}  // namespace
}  // namespace knead::ball
