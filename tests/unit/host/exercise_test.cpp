// SPDX-License-Identifier: Apache-2.0
// What a voice says in a set: that it can be said, that there is time for it, and that eyes are not needed.
#include "plugins/activation/exercise.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <knead/plugin.h>

#include <set>

#include "tests/unit/host/set_coach_rig.hpp"

namespace activation {
namespace {

using test::Rig;
using test::Said;
using testing::IsSupersetOf;

/// An unhurried voice; speech programs speak at 17 letters a second by default.
constexpr double kLettersPerSecond = 15.0;

double spoken_s(std::string_view text) { return static_cast<double>(text.size()) / kLettersPerSecond; }
double seconds(std::int64_t us) { return static_cast<double>(us) * 1e-6; }

/// Every cue that the exercise may ever give.
std::vector<Cue> all_cues(const Exercise& exercise) {
  std::vector<Cue> all{setup_cue(exercise), ball_cue(exercise), hold_cue(exercise), down_cue(exercise), rest_cue(),
                       let_go_cue(),        lighter_cue(false), lighter_cue(true),  countdown_cue(3)};
  for (int n = 1; n <= kMostReps; ++n) {
    all.push_back(up_cue(exercise, {n, kMostReps}));
    all.push_back(reminder_cue(exercise, {n, kMostReps}));
    all.push_back(done_cue(n));
    all.push_back(time_up_cue({n, kMostReps}));
  }
  return all;
}

TEST(Exercises, ThereIsOneForEachMuscleThatTheMethodWakes) {
  std::set<std::string_view> muscles;
  std::set<std::string_view> ids;
  for (const Exercise& each : exercises()) {
    muscles.insert(each.muscle);
    ids.insert(each.id);
    EXPECT_FALSE(each.title.empty()) << each.id;
    EXPECT_EQ(find_exercise(each.id), &each);
  }
  EXPECT_EQ(ids.size(), exercises().size()) << "an id twice";
  EXPECT_THAT(muscles, IsSupersetOf({"lower_trapezius", "middle_trapezius", "serratus_anterior", "infraspinatus"}));
  EXPECT_EQ(find_exercise("handstand"), nullptr);
}

TEST(Exercises, EveryCueIsOneThatAVoiceCanSayAndTheInterfaceTakes) {
  for (const Exercise& exercise : exercises()) {
    for (const Cue& cue : all_cues(exercise)) {
      EXPECT_FALSE(cue.text.empty());
      EXPECT_LE(cue.text.size(), std::size_t{KNEAD_MAX_CUE_TEXT}) << cue.text;
      EXPECT_EQ(cue.text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ,."),
                std::string::npos)
          << "a symbol in: " << cue.text;
      EXPECT_EQ(cue.text.back(), '.') << cue.text;
    }
  }
}

TEST(Exercises, EveryWordHasTheTimeItTakes) {
  for (const Exercise& each : exercises()) {
    EXPECT_LE(spoken_s(each.setup), seconds(kSetupUs)) << each.setup;
    EXPECT_LE(spoken_s(each.ball), seconds(kBallUs)) << each.ball;
    EXPECT_LE(spoken_s(up_cue(each, {2, 8}).text), seconds(each.tempo.up_us) + 0.5) << each.up;
    EXPECT_LE(spoken_s(each.hold), seconds(each.tempo.hold_us)) << each.hold;
    EXPECT_LE(spoken_s(each.down), seconds(each.tempo.down_us)) << each.down;
    EXPECT_LE(spoken_s(rest_cue().text), seconds(each.tempo.rest_us));
  }
}

/// Somebody with eyes closed, who does what is said and nothing else: presses on "up", lets go slowly on "down".
struct EyesClosed : Rig {
  void do_as_told() {
    constexpr std::int64_t kLoweringMs = 1500;
    begin();
    for (double force = 0.0; !completed && now_us < 300 * kSecondUs;) {
      hold(force, 50);
      const Said& heard = said.back();
      if (heard.kind == CueKind::kRepUp) force = 5.0;
      if (heard.kind == CueKind::kRepDown && now_us / 1000 - heard.ms >= kLoweringMs) force = 0.0;
    }
  }
};

class Transcript : public testing::TestWithParam<std::tuple<std::size_t, Detection>> {};

TEST_P(Transcript, ASetCanBeDoneFromTheCuesAlone) {
  EyesClosed person;
  person.plan.exercise = exercises()[std::get<0>(GetParam())];
  person.plan.tempo = person.plan.exercise.tempo;
  person.plan.detect = std::get<1>(GetParam());
  person.plan.reps = 3;
  person.do_as_told();

  std::string transcript;
  for (const Said& each : person.said) {
    transcript += std::to_string(each.ms) + " ms  " + each.text + "\n";
  }
  const Exercise& e = person.plan.exercise;
  const std::string up(e.up);
  const std::string hold(e.hold);
  const std::string down(e.down);
  EXPECT_THAT(person.texts(), testing::ElementsAre(e.setup, e.ball, "3.", "2.", "1.",    //
                                                   "Rep 1. " + up, hold, down, "Rest.",  //
                                                   "Rep 2. " + up, hold, down, "Rest.",  //
                                                   "Rep 3, the last. " + up, hold, down, "Done. 3 reps."))
      << transcript;
  EXPECT_EQ(person.completed, true) << transcript;
  EXPECT_EQ(person.reps.size(), 3U);
  // One voice: a sentence is over before the next one begins.
  for (std::size_t i = 1; i < person.said.size(); ++i) {
    const double between_s = static_cast<double>(person.said[i].ms - person.said[i - 1].ms) * 1e-3;
    EXPECT_GE(between_s + 0.1, spoken_s(person.said[i - 1].text)) << person.said[i - 1].text << "\n" << transcript;
  }
}

INSTANTIATE_TEST_SUITE_P(Exercises, Transcript,
                         testing::Combine(testing::Range(std::size_t{0}, exercises().size()),
                                          testing::Values(Detection::kPress, Detection::kTempo)),
                         [](const auto& of) {
                           return std::string(exercises()[std::get<0>(of.param)].id) +
                                  (std::get<1>(of.param) == Detection::kPress ? "_by_press" : "_by_tempo");
                         });

}  // namespace
}  // namespace activation
