// SPDX-License-Identifier: Apache-2.0
// A plugin is somebody else's code: it asks, the session decides.
#include <gmock/gmock.h>

#include <limits>

#include "tests/unit/session/rig.hpp"

namespace knead::session::test {
namespace {

using testing::HasSubstr;

Rig in_activation() {
  Rig rig;
  rig.release();
  return rig;
}

action::RequestMotor buzz(std::chrono::milliseconds duration) {
  return {.request = {.level = {200}, .pattern = protocol::Pattern::kPulse, .frequency_hz = 40}, .duration = duration};
}

const event::Noted* noted(const Rig& rig, std::string_view key) {
  for (const Event& event : rig.events) {
    const auto* note = std::get_if<event::Noted>(&event.what);
    if (note != nullptr && note->key == key) return note;
  }
  return nullptr;
}

TEST(SessionPlugin, R1ItsMotorRequestLapsesSoonEnoughForTheMotorToBeOffAfterAQuarterOfASecond) {
  Rig rig = in_activation();
  rig.plugin(buzz(10s));
  EXPECT_EQ(rig.session.motor_request().level, Level{200});
  rig.wait(229ms);
  EXPECT_TRUE(rig.motor_on());
  rig.wait(1ms);
  EXPECT_FALSE(rig.motor_on());
}

TEST(SessionPlugin, MayAskForLessTimeAndForNone) {
  Rig rig = in_activation();
  rig.plugin(buzz(50ms));
  rig.wait(50ms);
  EXPECT_FALSE(rig.motor_on());
  rig.plugin(buzz(100ms));
  rig.plugin(buzz(-5ms));
  EXPECT_FALSE(rig.motor_on());
}

TEST(SessionPlugin, MovesNoMotorOutsideTheActivationNorInAPause) {
  Rig rig;
  rig.plugin(buzz(200ms));
  EXPECT_FALSE(rig.motor_on());
  rig.release();
  rig.plugin(buzz(200ms));
  rig.session.pause(rig.t, "cli");
  EXPECT_FALSE(rig.motor_on());
  rig.plugin(buzz(200ms));
  ASSERT_TRUE(rig.session.resume(rig.t));
  EXPECT_FALSE(rig.motor_on());
}

TEST(SessionPlugin, MovesNoMotorThatNobodyTouches) {
  Rig rig = in_activation();
  rig.hold(0, 100ms);
  rig.plugin(buzz(200ms));
  EXPECT_FALSE(rig.motor_on());
  rig.hold(5, 10ms);
  EXPECT_TRUE(rig.motor_on());
}

TEST(SessionPlugin, HasItsMotorRequestCheckedForValuesThatAreNone) {
  Rig rig = in_activation();
  auto wild = buzz(200ms);
  wild.request.pattern = static_cast<protocol::Pattern>(77);
  wild.request.frequency_hz = 60000;
  rig.plugin(wild);
  EXPECT_EQ(rig.session.motor_request().pattern, protocol::Pattern::kSteady);
  EXPECT_EQ(rig.session.motor_request().frequency_hz, 200);
}

TEST(SessionPlugin, LogsNoMoreRepsThanTheRoutineAsksFor) {
  Rig rig = in_activation();
  for (int i = 0; i < 5; ++i) rig.rep();
  EXPECT_EQ(rig.session.reps().size(), 2U);
  rig.plugin(action::Finish{true});
  EXPECT_EQ(rig.session.outcome(), Outcome::kCompleted);
  ASSERT_NE(noted(rig, "session.ignored_reps"), nullptr);
  EXPECT_EQ(noted(rig, "session.ignored_reps")->value, 3);
}

TEST(SessionPlugin, LogsNoMoreRepsThanTheMethodAllowsWhateverTheRoutineSays) {
  Routine greedy = routine();
  greedy.activation->reps = 30;
  Rig rig(greedy);
  rig.release();
  for (int i = 0; i < 30; ++i) rig.rep();
  EXPECT_EQ(rig.session.reps().size(), static_cast<std::size_t>(kMaxReps));
}

TEST(SessionPlugin, CannotLogARepBeforeTheActivationNorOneThatCannotBe) {
  Rig rig;
  rig.rep();
  rig.release();
  rig.rep(std::numeric_limits<double>::quiet_NaN());
  rig.rep(-1);
  EXPECT_TRUE(rig.session.reps().empty());
}

TEST(SessionPlugin, CannotCallARepEasyThatPeakedAboveTheCeiling) {
  Rig rig = in_activation();
  rig.rep(7.9);
  rig.rep(8.1);
  EXPECT_FALSE(rig.session.reps()[0].too_hard);
  EXPECT_TRUE(rig.session.reps()[1].too_hard);
}

TEST(SessionPlugin, CannotCallASetCompleteThatIsNot) {
  Rig rig = in_activation();
  rig.rep();
  rig.plugin(action::Finish{true});
  EXPECT_EQ(rig.session.outcome(), Outcome::kIncomplete);
  EXPECT_THAT(rig.session.reason(), HasSubstr("1 of 2 reps"));
}

TEST(SessionPlugin, HasItsCuesCleanedAndCut) {
  Rig rig = in_activation();
  rig.plugin(action::ShowCue{{.kind = CueKind::kRepUp, .text = "Up\x1b[2J" + std::string(200, 'x')}});
  const Cue cue = rig.session.snapshot().last_cue;
  EXPECT_EQ(cue.text, "Up[2J" + std::string(115, 'x'));
  EXPECT_EQ(cue.text.size(), 120U);
}

TEST(SessionPlugin, FloodsNobodyWithCues) {
  Rig rig = in_activation();
  for (int i = 0; i < 1000; ++i) rig.plugin(action::ShowCue{{.text = "again"}});
  std::size_t shown = 0;
  for (const auto& [at, cued] : rig.all<event::Cued>()) shown += cued.from_plugin ? 1U : 0U;
  EXPECT_EQ(shown, 20U);
  rig.wait(1s);
  rig.plugin(action::ShowCue{{.text = "later"}});
  EXPECT_EQ(rig.session.snapshot().last_cue.text, "later");
  rig.plugin(action::Finish{false});
  ASSERT_NE(noted(rig, "session.dropped_cues"), nullptr);
  EXPECT_EQ(noted(rig, "session.dropped_cues")->value, 980);
}

TEST(SessionPlugin, HasItsNotesBounded) {
  Rig rig = in_activation();
  rig.plugin(action::Note{.key = std::string(500, 'k'), .value = 1, .unit = std::string(99, 'u'), .text = "t"});
  rig.plugin(action::Note{.key = "nan", .value = std::numeric_limits<double>::quiet_NaN(), .unit = {}, .text = {}});
  for (int i = 0; i < 1000; ++i) rig.plugin(action::Note{.key = "k", .value = 1, .unit = {}, .text = {}});
  const auto notes = rig.all<event::Noted>();
  EXPECT_EQ(notes.size(), 50U);
  EXPECT_EQ(notes[0].second.key.size(), 64U);
  EXPECT_EQ(notes[0].second.unit.size(), 16U);
  EXPECT_EQ(noted(rig, "nan"), nullptr);
}

TEST(SessionPlugin, EndsTheSessionWellWhenItFails) {
  Rig rig = in_activation();
  rig.plugin(buzz(200ms));
  rig.session.on_plugin_failed(rig.t, "the plugin crashed");
  rig.collect();
  EXPECT_FALSE(rig.motor_on());
  EXPECT_EQ(rig.session.outcome(), Outcome::kIncomplete);
  EXPECT_THAT(rig.session.reason(), HasSubstr("the plugin crashed"));
  EXPECT_EQ(rig.count<event::PluginFailed>(), 1U);
  EXPECT_EQ(rig.count<event::ActivationEnded>(), 1U);
}

TEST(SessionPlugin, WhenItFailsEarlyLeavesThePersonTheirRelease) {
  Rig rig;
  rig.hold(20, 5s);
  rig.session.on_plugin_failed(rig.t, "it crashed");
  EXPECT_FALSE(rig.session.ended());
  rig.release();
  EXPECT_TRUE(rig.session.ended());
  EXPECT_TRUE(rig.session.steps()[0].completed);
  EXPECT_EQ(rig.session.outcome(), Outcome::kIncomplete);
}

// ---- Further release ----------------------------------------------------------------------------------------------

Routine generous() {
  Routine r = routine();
  r.activation->further_release = 30s;
  return r;
}
constexpr action::RequestRelease kMore{15s};

TEST(FurtherRelease, FollowsTheStepsThereAreWhenAskedForDuringTheRelease) {
  Rig rig(generous());
  rig.hold(20, 10s);
  rig.plugin(kMore);
  ASSERT_EQ(rig.session.steps().size(), 2U);
  EXPECT_EQ(rig.session.steps()[1].target, 15s);
  EXPECT_EQ(rig.session.steps()[1].muscle, "upper_trapezius");
  rig.hold(20, 51s);
  EXPECT_EQ(rig.count<event::ActivationStarted>(), 0U);
  rig.hold(20, 15s);
  EXPECT_EQ(rig.count<event::ActivationStarted>(), 1U);
  EXPECT_TRUE(rig.session.steps()[1].completed);
}

TEST(FurtherRelease, SetsABegunSetAsideAndThenBeginsItAnew) {
  Rig rig(generous());
  rig.release();
  rig.plugin(buzz(200ms));
  rig.plugin(kMore);
  EXPECT_EQ(rig.session.snapshot().phase, Phase::kRelease);
  rig.hold(20, 16s);
  EXPECT_EQ(rig.session.snapshot().phase, Phase::kActivation);
  EXPECT_EQ(rig.count<event::ActivationStarted>(), 2U);
  rig.rep();
  rig.rep();
  rig.plugin(action::Finish{true});
  EXPECT_EQ(rig.session.outcome(), Outcome::kCompleted);
}

TEST(FurtherRelease, IsRefusedBeyondWhatTheRoutineGrants) {
  Rig none;
  none.release();
  none.plugin(kMore);
  EXPECT_EQ(none.session.steps().size(), 1U);

  Rig rig(generous());
  rig.hold(20, 10s);
  rig.plugin(action::RequestRelease{31s});
  rig.plugin(action::RequestRelease{4s});
  EXPECT_EQ(rig.session.steps().size(), 1U);
  for (int i = 0; i < 3; ++i) rig.plugin(action::RequestRelease{5s});
  EXPECT_EQ(rig.session.steps().size(), 3U);
  rig.session.stop(rig.t, "cli");
  rig.collect();
  ASSERT_NE(noted(rig, "session.refused_releases"), nullptr);
  EXPECT_EQ(noted(rig, "session.refused_releases")->value, 3);
}

TEST(FurtherRelease, IsRefusedOnceARepIsDoneAndInAPause) {
  Rig rig(generous());
  rig.hold(20, 10s);
  rig.session.pause(rig.t, "test");
  rig.plugin(kMore);
  ASSERT_TRUE(rig.session.resume(rig.t));
  rig.hold(20, 51s);
  rig.rep();
  rig.plugin(kMore);
  EXPECT_EQ(rig.session.steps().size(), 1U);
}

TEST(FurtherRelease, DoesNotMakeACustomSessionOutliveItsStatedWorstCase) {
  Routine custom = generous();
  custom.method = Method::kCustom;
  const auto stated = custom.worst_case();
  Rig rig(custom);
  rig.hold(20, 1s);
  rig.plugin(action::RequestRelease{15s});
  rig.plugin(action::RequestRelease{15s});
  rig.hold(5, 600s);  // in contact, never in band
  EXPECT_TRUE(rig.session.ended());
  EXPECT_LE(rig.all<event::SessionEnded>().front().first - rig.all<event::Contact>().front().first, stated);
}

}  // namespace
}  // namespace knead::session::test
