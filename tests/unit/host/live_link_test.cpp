// SPDX-License-Identifier: Apache-2.0
// Plugins on the daemon's event loop, with its deadlines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/host/plugin_process.hpp"
#include "tests/unit/host/plugin_bench.hpp"

namespace knead::host {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
namespace what = session::event;

class LivePlugin : public testing::Test {
 protected:
  void start(const std::string& does) {
    plugin_ = bench_.launch_fixture(does).value();
    plugin_->attach(
        io_,
        [this](const session::PluginAction& action) {
          did_.take(action);
          answering_.push_back(plugin_->answering());
          if (on_action_) on_action_();
        },
        [this](std::string reason) {
          failures_.push_back(std::move(reason));
          if (on_failure_) on_failure_();
        });
    plugin_->on_tick_skipped([this](SessionTime t) { skipped_.push_back(t); });
    tell(what::SessionStarted{});
    tell(what::ActivationStarted{});
  }
  void tell(decltype(session::Event::what) event) {
    plugin_->post(bench_.event(std::move(event)), bench_.head(), PluginBench::kEpoch);
  }
  /// Runs the loop until it is so; 20 s is for a machine that has much else to do.
  template <class Condition>
  [[nodiscard]] bool until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_one_for(100ms);
    }
    return condition();
  }

  PluginBench bench_;
  boost::asio::io_context io_;
  std::unique_ptr<PluginProcess> plugin_;
  Doings did_;
  std::vector<PluginProcess::Answering> answering_;
  std::vector<SessionTime> skipped_;
  std::vector<std::string> failures_;
  std::function<void()> on_action_;
  std::function<void()> on_failure_;
};

TEST_F(LivePlugin, AnswersEventsInOrder) {
  start("echo");
  for (int i = 0; i < 5; ++i) tell(what::Paused{""}), tell(what::Resumed{});
  ASSERT_TRUE(until([&] { return did_.notes.size() == 12; }));
  EXPECT_EQ(did_.notes[0].text.substr(0, 2), "1 ");
  EXPECT_EQ(did_.notes[1].text.substr(0, 2), "5 ");
  EXPECT_EQ(did_.notes[11].text.substr(0, 2), "7 ");
  EXPECT_THAT(failures_, IsEmpty());
}

TEST_F(LivePlugin, ACrashIsToldOnceInASentence) {
  start("crash");
  ASSERT_TRUE(until([&] { return !failures_.empty(); }));
  tell(what::Tick{});
  io_.restart();
  io_.poll();
  EXPECT_THAT(failures_, ElementsAre("the plugin crashed (SIGSEGV)"));
}

TEST_F(LivePlugin, AHangLosesItsMotorRequestAndThenItsLife) {
  start("motor-then-hang");
  ASSERT_TRUE(until([&] { return did_.motor.size() == 2; }));
  EXPECT_GT(did_.motor[0].request.level.value, 0);
  EXPECT_EQ(did_.motor[1].request.level.value, 0) << "withdrawn in its name";
  EXPECT_THAT(failures_, IsEmpty()) << "the motor comes first";
  EXPECT_EQ(plugin_->statistics().slow_calls, 1U);
  ASSERT_TRUE(until([&] { return !failures_.empty(); }));
  EXPECT_THAT(failures_, ElementsAre("the plugin did not answer for a second and was ended"));
}

TEST_F(LivePlugin, ALateCallLosesTheMotorButNotItsPlace) {
  start("late");
  ASSERT_TRUE(until([&] { return !did_.cues.empty(); }));
  ASSERT_EQ(did_.motor.size(), 2U) << "the request of the late call is dropped";
  EXPECT_EQ(did_.motor[1].request.level.value, 0);
  EXPECT_THAT(failures_, IsEmpty());
}

TEST_F(LivePlugin, EachActionKnowsItsCallAndWhoseItIs) {
  start("late");
  ASSERT_TRUE(until([&] { return !did_.cues.empty(); }));
  ASSERT_EQ(answering_.size(), 3U) << "motor, its withdrawal, cue";
  for (const auto& answering : answering_) EXPECT_EQ(answering.call, 2U);
  EXPECT_FALSE(answering_[0].by_host);
  EXPECT_TRUE(answering_[1].by_host) << "withdrawn in its name";
  EXPECT_FALSE(answering_[2].by_host);
}

TEST_F(LivePlugin, TicksThatABusyPluginWillNotHearOfAreTold) {
  start("late");
  std::vector<SessionTime> told;
  for (int i = 0; i < 3; ++i) {
    bench_.press(0, 50ms);
    told.push_back(bench_.now());
    tell(what::Tick{});
  }
  EXPECT_THAT(skipped_, ElementsAre(told[0], told[1]));
  // Something else came in between: the tick before it keeps its place.
  tell(what::Paused{""});
  tell(what::Tick{});
  EXPECT_EQ(skipped_.size(), 2U);
}

TEST_F(LivePlugin, AFloodIsCutOffAndTheLoopGoesOn) {
  bool timer_ran = false;
  boost::asio::steady_timer timer(io_, 1ms);
  start("flood-on");
  timer.async_wait([&](const boost::system::error_code&) { timer_ran = true; });
  ASSERT_TRUE(until([&] { return !failures_.empty(); }));
  EXPECT_TRUE(timer_ran);
  EXPECT_LE(did_.cues.size(), 64U);
}

TEST_F(LivePlugin, MayBeDestroyedFromItsOwnHandlers) {
  on_action_ = [&] { plugin_.reset(); };
  start("echo");
  ASSERT_TRUE(until([&] { return !plugin_; }));
  on_action_ = nullptr;
  on_failure_ = [&] { plugin_.reset(); };
  start("crash");
  ASSERT_TRUE(until([&] { return !plugin_; }));
  EXPECT_EQ(failures_.size(), 1U);
}

TEST_F(LivePlugin, NothingIsHeardOfItAfterItIsDestroyed) {
  start("echo");
  plugin_.reset();
  io_.restart();
  io_.poll();
  EXPECT_THAT(did_.notes, IsEmpty());
  EXPECT_THAT(failures_, IsEmpty());
}

TEST_F(LivePlugin, LaunchesWithoutWaiting) {
  bool answered = false;
  PluginProcess::launch(io_, bench_.launch_of(PluginBench::first_party()),
                        [&](Result<std::unique_ptr<PluginProcess>> launched) {
                          answered = true;
                          plugin_ = std::move(launched.value());
                        });
  EXPECT_FALSE(answered);
  ASSERT_TRUE(until([&] { return answered; }));
  EXPECT_EQ(plugin_->info().id, "activation");
}

TEST_F(LivePlugin, ALaunchThatHangsIsGivenUp) {
  std::string reason;
  bench_.activation.exercise = "hang-in-create";
  PluginProcess::launch(
      io_, bench_.launch_of(PluginBench::fixture("fixture.so")),
      [&](const Result<std::unique_ptr<PluginProcess>>& launched) { reason = launched.error().context; });
  ASSERT_TRUE(until([&] { return !reason.empty(); }));
  EXPECT_THAT(reason, testing::HasSubstr("not ready within 2 s"));
}

}  // namespace
}  // namespace knead::host
