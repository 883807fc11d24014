// SPDX-License-Identifier: Apache-2.0
// Calibration, tare and the safety questions over the real programs.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>
#include <string>

#include "daemon/api/calibration_messages.hpp"
#include "daemon/api/messages.hpp"
#include "tests/scenario/daemon_process.hpp"
#include "tests/unit/cli/program_output.hpp"

namespace knead::scenario {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Calibration : public testing::Test {
 protected:
  static std::string name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  static api::BallStatus ball(api::Client& client) {
    const auto reply = client.call("daemon.status");
    if (!reply) throw std::runtime_error(reply.error().message());
    return api::daemon_status_from(reply->as_object()).balls.front();
  }
  static ProgramOutput knead(const DaemonProcess& daemon, const std::string& arguments) {
    return run_program(fmt::format("{} --socket {} {} </dev/null", KNEAD_PATH, daemon.socket(), arguments));
  }
  /// What a second of the ball at rest says, once it does rest.
  static session::Rest rest(api::Client& client) {
    session::Rest rest;
    if (!wait_for([&] {
          const auto reply = client.call("ball.measure");
          if (reply) rest = api::measure_reply_from(reply->as_object()).rest;
          return reply.has_value();
        }))
      throw std::runtime_error("the ball does not come to rest");
    return rest;
  }

  ScratchFolder folder_{"calibration-" + name()};
};

TEST_F(Calibration, IsMadeListedShownAndUndone) {
  DaemonProcess daemon(folder_, {"--sim", "never-touches"});
  api::Client client = daemon.connect();
  const session::Rest zero = rest(client);
  EXPECT_THAT(knead(daemon, "devices").text, HasSubstr("calibrated before"));
  // A ball that gives 5 % more counts a newton than its factory said.
  const auto point = [&](double newtons) {
    return session::KnownForce{.force = {newtons}, .raw = zero.raw + newtons * 21'000.0, .spread_raw = zero.spread_raw};
  };
  const api::CalibrateRequest request{.points = {point(0.0), point(10.0), point(20.0)}};
  const auto done = client.call("ball.calibrate", to_json(request));
  ASSERT_TRUE(done) << done.error().message();
  const auto reply = api::calibrate_reply_from(done->as_object());
  EXPECT_EQ(reply.record_problem, "");
  EXPECT_NEAR(reply.change_pct, 100.0 * (20.0 / 21.0 - 1.0), 0.01);
  ASSERT_TRUE(ball(client).calibration);
  EXPECT_TRUE(ball(client).calibration->by_weights);

  EXPECT_THAT(knead(daemon, "status").text, AllOf(HasSubstr("(today), residual 0.00 %")));
  EXPECT_THAT(knead(daemon, "tare").text, HasSubstr("counts as 0 N"));
  EXPECT_THAT(knead(daemon, "calibrate --list").text,
              AllOf(HasSubstr("found in it  20000.0 counts/N"), HasSubstr("weights      21000.0 counts/N"),
                    Not(HasSubstr("undone"))));
  const ProgramOutput undone = knead(daemon, "calibrate --undo");
  EXPECT_EQ(undone.exit, 0) << undone.text;
  EXPECT_THAT(undone.text, HasSubstr("20000.0 counts/N"));
  EXPECT_THAT(knead(daemon, "calibrate --list --json").text,
              AllOf(HasSubstr("\"means\":\"undo\""), HasSubstr("\"undone_at\":\"2")));
  const ProgramOutput nothing = knead(daemon, "calibrate --undo");
  EXPECT_EQ(nothing.exit, 1);
  EXPECT_THAT(nothing.text, HasSubstr("before this one is on record"));
}

TEST_F(Calibration, OutlivesTheDaemonInTheRecord) {
  std::string at;
  {
    DaemonProcess daemon(folder_, {"--sim", "never-touches"});
    api::Client client = daemon.connect();
    ASSERT_TRUE(wait_for([&] { return ball(client).calibration.has_value(); }));
    at = ball(client).calibration->at;
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), 0);
  }
  DaemonProcess daemon(folder_, {"--sim", "never-touches"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(wait_for([&] { return ball(client).calibration.has_value(); }));
  EXPECT_EQ(ball(client).calibration->at, at) << "the same calibration, first seen then";
}

TEST_F(Calibration, IsRefusedWhileASessionRunsAndWithNonsense) {
  DaemonProcess daemon(folder_, {"--sim", "never-touches"});
  api::Client client = daemon.connect();
  const session::Rest zero = rest(client);
  const session::KnownForce nothing{.force = {0.0}, .raw = zero.raw};
  const session::KnownForce heavy{.force = {20.0}, .raw = zero.raw + 400'000.0};
  const auto nonsense = client.call("ball.calibrate", {{"points", {{{"force_n", 0}}}}});
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().code, Errc::kInvalidInput);
  const auto alone = client.call("ball.calibrate", to_json(api::CalibrateRequest{.points = {nothing}}));
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, Errc::kInvalidInput);

  ASSERT_TRUE(client.call("session.run", {{"routine", "upper-trap"}}));
  for (const char* method : {"ball.tare", "ball.undo_calibration"}) {
    const auto busy = client.call(method);
    ASSERT_FALSE(busy) << method;
    EXPECT_EQ(busy.error().code, Errc::kBusy);
  }
  const auto busy = client.call("ball.calibrate", to_json(api::CalibrateRequest{.points = {nothing, heavy}}));
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Errc::kBusy);
}

TEST_F(Calibration, WithoutATerminalAWeightIsWaitedForAndTheOldOneStays) {
  DaemonProcess daemon(folder_, {"--sim", "never-touches"});
  api::Client client = daemon.connect();
  const ProgramOutput said = knead(daemon, "calibrate --weight 2kg --wait 3");
  EXPECT_EQ(said.exit, 1) << said.text;
  EXPECT_THAT(said.text, AllOf(HasSubstr("Take everything off the ball"), HasSubstr("Put 19.61 N (2000 g)"),
                               HasSubstr("the reading did not change")));
  EXPECT_THAT(knead(daemon, "calibrate --list").text, Not(HasSubstr("weights")));
  EXPECT_EQ(knead(daemon, "calibrate --weight 2").exit, 2);
  EXPECT_EQ(knead(daemon, "calibrate").exit, 2);
}

TEST_F(Calibration, TheSafetyQuestionsStandBeforeASessionAndCanBeAnsweredWithFlags) {
  DaemonProcess daemon(folder_, {"--sim", "steady"}, "[session]\nsafety_questions = \"always\"\n");
  api::Client client = daemon.connect();
  const ProgramOutput refused = knead(daemon, "run upper-trap --profile anna --detach");
  EXPECT_EQ(refused.exit, 1);
  EXPECT_THAT(refused.text, AllOf(HasSubstr("not answered yet"), HasSubstr("`knead safety --profile anna`")));

  EXPECT_EQ(knead(daemon, "safety --profile anna").exit, 2) << "nobody is there to be asked";
  EXPECT_EQ(knead(daemon, "safety --profile anna --none-apply").exit, 2) << "unread";
  EXPECT_EQ(knead(daemon, "safety --i-have-read --apply headache").exit, 1);
  const ProgramOutput yes = knead(daemon, "safety --profile anna --i-have-read --apply pregnancy");
  EXPECT_EQ(yes.exit, 1);
  EXPECT_THAT(yes.text, HasSubstr("ask a clinician first: pregnancy"));
  EXPECT_EQ(knead(daemon, "run upper-trap --profile anna --detach").exit, 1);
  const ProgramOutput asked =
      knead(daemon, "safety --profile anna --i-have-read --apply pregnancy --asked-a-clinician");
  EXPECT_EQ(asked.exit, 0) << asked.text;
  EXPECT_EQ(knead(daemon, "run upper-trap --profile anna --detach").exit, 0);
  EXPECT_THAT(knead(daemon, "safety --profile anna --show").text,
              AllOf(HasSubstr("Are you pregnant?"), HasSubstr("front or the side of the neck"),
                    HasSubstr("yes to pregnancy, and that a clinician was asked"), HasSubstr("Sessions may begin.")));
  EXPECT_THAT(knead(daemon, "doctor").text, HasSubstr("anna: answered on 2"));
}

TEST_F(Calibration, OnAVirtualBallAndWhereAPractitionerAsksNobodyIsAsked) {
  {
    DaemonProcess daemon(folder_, {"--sim", "steady"});
    api::Client client = daemon.connect();
    EXPECT_EQ(knead(daemon, "run upper-trap --detach").exit, 0);
  }
  DaemonProcess daemon(folder_, {"--sim", "steady"}, "[session]\nsafety_questions = \"practitioner\"\n");
  api::Client client = daemon.connect();
  EXPECT_EQ(knead(daemon, "run upper-trap --detach").exit, 0);
  EXPECT_THAT(knead(daemon, "safety --show").text, HasSubstr("This installation asks nobody"));
}

}  // namespace
}  // namespace knead::scenario
