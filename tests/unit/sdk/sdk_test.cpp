// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <knead/plugin.hpp>

#include <functional>
#include <stdexcept>

#include "tests/unit/sdk/fake_host.hpp"

namespace knead::sdk_test {
namespace {

using namespace knead::sdk;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What the plugin under test does and saw, kept where the test can reach it: a plugin is behind a C interface.
struct Script {
  std::function<void(Host&)> on_create = [](Host&) {};
  std::function<void(Host&)> on_start = [](Host&) {};
  std::function<void(Host&)> on_tick = [](Host&) {};
  std::vector<std::string> heard;
  std::vector<double> forces;
  std::uint64_t lost = 0;
  ReleaseProgress progress;
  bool destroyed = false;
};
Script* script = nullptr;

class Scripted final : public SampledPlugin {
 public:
  static constexpr About kAbout{.id = "scripted", .name = "Scripted", .version = "1.2.3", .summary = "For a test."};
  static constexpr NumberParameter kGain{
      .key = "gain", .summary = "How much.", .unit = "N", .minimum = 0.0, .maximum = 20.0, .otherwise = 5.0};
  static constexpr SwitchParameter kHaptics{.key = "haptics", .summary = "Whether it ticks.", .otherwise = true};
  static constexpr TextParameter kVoice{
      .key = "voice", .summary = "Which voice.", .otherwise = "low", .allowed = {"low", "high"}};
  static constexpr auto kParameters = parameters(kGain, kHaptics, kVoice);

  explicit Scripted(Host& host) : SampledPlugin(host) { script->on_create(host); }
  ~Scripted() override { script->destroyed = true; }

 private:
  void on_samples(std::span<const Sample> samples, std::uint64_t lost) override {
    for (const Sample& sample : samples) script->forces.push_back(sample.force_n);
    script->lost += lost;
  }
  void on_session_start(const SessionStart& event) override {
    script->heard.emplace_back(event.side == Side::kRight ? "start right" : "start left");
  }
  void on_release_step(const ReleaseStep& event) override {
    script->heard.push_back("step " + std::to_string(event.step));
  }
  void on_release_progress(const ReleaseProgress& event) override { script->progress = event; }
  void on_release_done(const ReleaseDone& event) override {
    script->heard.emplace_back(event.completed ? "released" : "not released");
  }
  void on_activation_start(const ActivationStart& /*event*/) override {
    script->heard.emplace_back("set");
    script->on_start(host());
  }
  void on_pause(const Pause& /*event*/) override { script->heard.emplace_back(host().paused() ? "paused" : "?"); }
  void on_resume(const Resume& /*event*/) override { script->heard.emplace_back(host().paused() ? "?" : "resumed"); }
  void on_stop(const Stop& /*event*/) override { script->heard.emplace_back("stop"); }
  void on_end(const End& /*event*/) override { script->heard.emplace_back("end"); }
  void on_tick(const Tick& event) override {
    script->heard.push_back("tick " + std::to_string(event.now.count()));
    script->on_tick(host());
  }
};

class Sdk : public testing::Test {
 protected:
  Sdk() { script = &script_; }
  ~Sdk() override { end(); }

  void create() { plugin_ = knead_entry.factory->create(host.abi()); }
  void end() {
    if (plugin_ != nullptr) plugin_->destroy(plugin_);
    plugin_ = nullptr;
  }
  void send(std::uint32_t kind, std::int64_t session_us = 0) {
    knead_event_t event{};
    event.size = sizeof event;
    event.kind = kind;
    event.session_us = session_us;
    send(event);
  }
  void send(const knead_event_t& event) { plugin_->on_event(plugin_, &event); }
  /// Up to the set.
  void begin() {
    create();
    send(KNEAD_EVENT_SESSION_START);
    send(KNEAD_EVENT_ACTIVATION_START);
  }

  [[nodiscard]] const knead_plugin_t* plugin() const { return plugin_; }
  FakeHost host;

 private:
  Script script_;
  const knead_plugin_t* plugin_ = nullptr;
};

TEST_F(Sdk, TheEntryDescribesThePluginAndItsParameters) {
  EXPECT_EQ(knead_entry.size, sizeof(knead_entry_t));
  EXPECT_EQ(knead_entry.abi_major, std::uint32_t{KNEAD_ABI_MAJOR});
  const knead_descriptor_t& descriptor = *knead_entry.factory->descriptor;
  EXPECT_STREQ(descriptor.id, "scripted");
  EXPECT_STREQ(descriptor.version, "1.2.3");
  EXPECT_EQ(descriptor.vendor, nullptr);
  const auto* const* parameters = descriptor.parameters;
  EXPECT_STREQ(parameters[0]->key, "gain");
  EXPECT_EQ(parameters[0]->size, sizeof(knead_parameter_t));
  EXPECT_EQ(parameters[0]->type, std::uint32_t{KNEAD_PARAMETER_NUMBER});
  EXPECT_EQ(parameters[0]->maximum, 20.0);
  EXPECT_EQ(parameters[0]->default_number, 5.0);
  EXPECT_EQ(parameters[1]->default_number, 1.0);
  EXPECT_STREQ(parameters[2]->allowed_texts[1], "high");
  EXPECT_EQ(parameters[2]->allowed_texts[2], nullptr);
  EXPECT_EQ(parameters[3], nullptr);
}

TEST_F(Sdk, EventsArriveByTheirTypes) {
  begin();
  send(KNEAD_EVENT_PAUSE);
  send(KNEAD_EVENT_RESUME);
  send(KNEAD_EVENT_TICK, 50'000);
  send(KNEAD_EVENT_STOP);
  send(KNEAD_EVENT_END);
  EXPECT_THAT(script->heard, ElementsAre("start left", "set", "paused", "resumed", "tick 50000", "stop", "end"));
}

TEST_F(Sdk, AReleaseStepsEventHasItsNumbers) {
  create();
  knead_event_t event{};
  event.size = sizeof event;
  event.kind = KNEAD_EVENT_RELEASE_PROGRESS;
  event.session_us = 7;
  event.step = 1;
  event.completed = 1;
  event.credited_us = 45'000'000;
  event.elapsed_us = 50'000'000;
  send(event);
  EXPECT_EQ(script->progress.now, 7us);
  EXPECT_EQ(script->progress.step, 1);
  EXPECT_TRUE(script->progress.completed);
  EXPECT_EQ(script->progress.credited, 45s);
  EXPECT_EQ(script->progress.elapsed, 50s);
}

TEST_F(Sdk, AnEventOfALaterMinorVersionIsIgnored) {
  begin();
  script->heard.clear();
  send(4711);
  EXPECT_THAT(script->heard, IsEmpty());
  EXPECT_THAT(host.notes, IsEmpty());
}

TEST_F(Sdk, ParametersAreReadFromTheRoutineOrHaveTheirDefaults) {
  host.numbers["parameters.gain"] = 7.5;
  host.texts["parameters.voice"] = "high";
  host.numbers["reps"] = 6;
  script->on_create = [](Host& made) {
    EXPECT_EQ(made.value(Scripted::kGain), 7.5);
    EXPECT_TRUE(made.value(Scripted::kHaptics));
    EXPECT_EQ(made.value(Scripted::kVoice), "high");
    EXPECT_EQ(made.number("reps", 8.0), 6.0);
    EXPECT_EQ(made.number("press_n", 3.0), 3.0);
    EXPECT_EQ(made.text("exercise", "none"), "none");
  };
  create();
  EXPECT_NE(plugin(), nullptr);
}

TEST_F(Sdk, WhatAPluginAsksForReachesTheHost) {
  script->on_start = [](Host& made) {
    made.cue({.kind = CueKind::kCountdown, .text = "Three.", .count = 3});
    made.cue({.kind = CueKind::kInfo, .text = "No number."});
    made.request_motor({.level = 0.5, .duration = 100ms, .pattern = Pattern::kPulse, .frequency_hz = 40});
    made.request_motor({.level = 0.5, .duration = -1ms});
    made.log_rep({.n = 1, .start = 2s, .duration = 3s, .peak_n = 4.0, .too_hard = true});
    made.measure("share", 0.25);
    made.annotate("note", "text");
  };
  begin();
  ASSERT_THAT(host.cues, SizeIs(2));
  EXPECT_EQ(host.cues[0].kind, std::uint32_t{KNEAD_CUE_COUNTDOWN});
  EXPECT_EQ(host.cues[0].text, "Three.");
  EXPECT_EQ(host.cues[0].count, 3);
  EXPECT_EQ(host.cues[1].count, KNEAD_NO_COUNT);
  ASSERT_THAT(host.motor, SizeIs(2));
  EXPECT_EQ(host.motor[0].duration_ms, 100U);
  EXPECT_EQ(host.motor[0].pattern, std::uint32_t{KNEAD_PATTERN_PULSE});
  EXPECT_EQ(host.motor[1].duration_ms, 0U);
  ASSERT_THAT(host.reps, SizeIs(1));
  EXPECT_EQ(host.reps[0].start_us, 2'000'000);
  EXPECT_EQ(host.reps[0].too_hard, 1);
  EXPECT_THAT(host.measures, ElementsAre(std::pair<std::string, double>("share", 0.25)));
  EXPECT_THAT(host.notes, ElementsAre(std::pair<std::string, std::string>("note", "text")));
}

TEST_F(Sdk, ARefusedRequestIsToldAndChangesNoState) {
  host.answer = KNEAD_FLOOD;
  script->on_start = [](Host& made) {
    EXPECT_EQ(made.cue({.text = "Too many."}), Status::kFlood);
    EXPECT_FALSE(ok(made.request_release(10s)));
    EXPECT_FALSE(ok(made.finish(true)));
    EXPECT_EQ(made.state(), State::kActive);
  };
  begin();
  EXPECT_EQ(to_string(Status::kFlood), "flood");
}

TEST_F(Sdk, FinishingAndASetThatIsSetAsideChangeTheState) {
  script->on_start = [](Host& made) {
    EXPECT_TRUE(ok(made.request_release(10s)));
    EXPECT_EQ(made.state(), State::kWaiting);
  };
  begin();
  EXPECT_THAT(host.releases, ElementsAre(10'000'000));
  script->on_start = [](Host& made) {
    made.finish(true);
    EXPECT_EQ(made.state(), State::kDone);
  };
  send(KNEAD_EVENT_ACTIVATION_START);
  EXPECT_THAT(host.finished, ElementsAre(1));
}

TEST_F(Sdk, EverySampleComesOnceAndBeforeItsEvent) {
  begin();
  host.samples.resize(1300);
  for (std::size_t i = 0; i < host.samples.size(); ++i) host.samples[i].force_n = static_cast<double>(i);
  host.lost = 3;
  script->on_tick = [](Host&) { EXPECT_THAT(script->forces, SizeIs(1300)); };
  send(KNEAD_EVENT_TICK);
  send(KNEAD_EVENT_TICK);
  ASSERT_THAT(script->forces, SizeIs(1300));
  EXPECT_EQ(script->forces.back(), 1299.0);
  EXPECT_EQ(script->lost, 3U);
}

TEST_F(Sdk, ALossThatComesWithoutSamplesIsToldWithTheNextOnes) {
  begin();
  host.lost = 5;
  send(KNEAD_EVENT_TICK);
  host.samples.resize(1);
  host.lost = 2;
  send(KNEAD_EVENT_TICK);
  EXPECT_EQ(script->lost, 7U);
}

TEST_F(Sdk, AConstructorThatThrowsRefusesWithItsText) {
  script->on_create = [](Host&) { throw Refusal("there is no exercise called \"x\""); };
  create();
  EXPECT_EQ(plugin(), nullptr);
  EXPECT_THAT(host.refusals, ElementsAre("there is no exercise called \"x\""));
}

TEST_F(Sdk, AConstructorThatThrowsSomethingElseRefusesToo) {
  script->on_create = [](Host&) { throw 42; };
  create();
  EXPECT_EQ(plugin(), nullptr);
  EXPECT_THAT(host.refusals, SizeIs(1));
}

TEST_F(Sdk, WithoutSamplesAPluginThatNeedsThemRefuses) {
  host.with_samples = false;
  create();
  EXPECT_EQ(plugin(), nullptr);
  EXPECT_THAT(host.refusals, ElementsAre(HasSubstr("samples")));
}

TEST_F(Sdk, WithoutALogTheRowsAreNotFoundAndNothingBreaks) {
  host.with_log = false;
  script->on_start = [](Host& made) {
    EXPECT_FALSE(made.has_log());
    EXPECT_EQ(made.measure("x", 1.0), Status::kNotFound);
    EXPECT_EQ(made.log_rep({}), Status::kNotFound);
    throw std::runtime_error("and it fails");
  };
  begin();
  EXPECT_THAT(host.finished, ElementsAre(0));
}

TEST_F(Sdk, AnExceptionInTheSetEndsTheSetAndLeavesItsText) {
  script->on_start = [](Host&) { throw std::runtime_error("no such table\n"); };
  begin();
  EXPECT_THAT(host.finished, ElementsAre(0));
  EXPECT_THAT(host.notes, ElementsAre(std::pair<std::string, std::string>("plugin_failed", "no such table ")));
  ASSERT_THAT(host.cues, SizeIs(1));
  EXPECT_EQ(host.cues[0].kind, std::uint32_t{KNEAD_CUE_WARNING});
  script->heard.clear();
  send(KNEAD_EVENT_TICK);
  send(KNEAD_EVENT_END);
  EXPECT_THAT(script->heard, IsEmpty()) << "what has failed is not called again";
  EXPECT_THAT(host.finished, SizeIs(1));
}

TEST_F(Sdk, AnExceptionBeforeTheSetEndsTheSetWhenItBegins) {
  create();
  send(KNEAD_EVENT_SESSION_START);
  script->on_tick = [](Host&) { throw 42; };
  send(KNEAD_EVENT_TICK);
  EXPECT_THAT(host.finished, IsEmpty()) << "finish() is wrong in [waiting]";
  send(KNEAD_EVENT_ACTIVATION_START);
  EXPECT_THAT(host.finished, ElementsAre(0));
}

TEST_F(Sdk, AnExceptionAfterTheSetAsksForNothing) {
  script->on_start = [](Host& made) { made.finish(true); };
  begin();
  script->on_tick = [](Host&) { throw std::runtime_error("late"); };
  send(KNEAD_EVENT_TICK);
  EXPECT_THAT(host.finished, ElementsAre(1));
  EXPECT_THAT(host.notes, IsEmpty());
  EXPECT_THAT(host.cues, IsEmpty());
}

TEST_F(Sdk, ALongTextOfAnExceptionIsCutBetweenCharacters) {
  script->on_start = [](Host&) {
    std::string text(KNEAD_MAX_NOTE_TEXT - 1, 'x');
    text += "\u00e4 and more";
    throw std::runtime_error(text);
  };
  begin();
  ASSERT_THAT(host.notes, SizeIs(1));
  EXPECT_EQ(host.notes[0].second, std::string(KNEAD_MAX_NOTE_TEXT - 1, 'x'));
}

TEST_F(Sdk, DestroyFreesThePlugin) {
  create();
  end();
  EXPECT_TRUE(script->destroyed);
}

TEST_F(Sdk, ASamplesQualityIsReadByName) {
  Sample sample{};
  EXPECT_TRUE(is_usable(sample));
  EXPECT_TRUE(is_connected(sample));
  sample.quality = KNEAD_QUALITY_BUTTON;
  EXPECT_TRUE(is_usable(sample));
  sample.quality = KNEAD_QUALITY_STUCK;
  EXPECT_FALSE(is_usable(sample));
  sample.quality = KNEAD_QUALITY_GAP_BEFORE;
  EXPECT_FALSE(is_connected(sample));
}

}  // namespace
}  // namespace knead::sdk_test

KNEAD_PLUGIN(knead::sdk_test::Scripted)
