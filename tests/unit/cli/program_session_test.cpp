// SPDX-License-Identifier: Apache-2.0
// A session as a person at a terminal and as a script have it: the real `knead`, against a daemon this test plays.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include <boost/json/parse.hpp>

#include "daemon/api/discomfort_messages.hpp"
#include "tests/unit/cli/program_fixture.hpp"

namespace knead::api {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ProgramTest, InAPipeASessionIsPlainLinesAndEndsWithItsHeadline) {
  auto program = knead({"run", "upper-trap", "--side", "left", "--before", "6", "--ball", "KN-1"});
  wait_until_it_runs();
  on_server([this] {
    server_->notify_event("event", {{"kind", "cued"}, {"t_s", 1.5}, {"cue", {{"kind", "harder"}, {"text", "Press"}}}});
    end("completed");
  });
  EXPECT_EQ(program.exit_code(), 0);
  EXPECT_THAT(program.output(), AllOf(HasSubstr("[   1.5 s] harder     Press\n"), HasSubstr("Time in band: 80 %"),
                                      HasSubstr("knead show 5"), Not(HasSubstr("\x1b"))));
  on_server([this] {
    EXPECT_EQ(request_.side, session::Side::kLeft);
    EXPECT_EQ(request_.nrs_before, 6);
    EXPECT_EQ(request_.ball, "KN-1");
    EXPECT_TRUE(request_.own);
  });
}

TEST_F(ProgramTest, OnATerminalCtrlCStopsTheSessionAndTheTerminalIsAsItWas) {
  auto program = knead({"run", "upper-trap"}, Output::kTerminal);
  wait_until_it_runs();
  on_server([this] {
    LiveUpdate live;
    live.snapshot.force = Newtons{12.5};
    server_->notify_live("live", to_json(live));
  });
  ASSERT_TRUE(program.says("12.5 N")) << program.output();
  EXPECT_FALSE(program.echoes()) << "keys are read one by one";
  program.type("\x03");
  EXPECT_EQ(program.exit_code(), 3) << program.output();
  EXPECT_EQ(stops_, 1);
  EXPECT_TRUE(program.terminal_is_as_before());
  EXPECT_THAT(program.output(), AllOf(HasSubstr("\x1b[?25h"), HasSubstr("Time in band: 80 %")));
}

TEST_F(ProgramTest, OnATerminalSpacePausesAndGoesOnAndQStops) {
  auto program = knead({"run", "upper-trap"}, Output::kTerminal);
  ASSERT_TRUE(program.says("q stop"));
  program.type(" ");
  ASSERT_TRUE(program.says("PAUSED")) << program.output();
  program.type(" ");
  EXPECT_TRUE(eventually([this] { return resumes_ == 1; }));
  program.type("q");
  EXPECT_EQ(program.exit_code(), 3);
  EXPECT_EQ(pauses_, 1);
  EXPECT_EQ(stops_, 1);
  EXPECT_TRUE(program.terminal_is_as_before());
}

TEST_F(ProgramTest, EachEndingSignalStopsTheSessionAndRestoresTheTerminal) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    stops_ = 0;
    auto program = knead({"run", "upper-trap"}, Output::kTerminal);
    ASSERT_TRUE(program.says("q stop"));
    program.signal(number);
    EXPECT_EQ(program.exit_code(), 3) << number;
    EXPECT_EQ(stops_, 1) << number;
    EXPECT_TRUE(program.terminal_is_as_before()) << number;
  }
}

TEST_F(ProgramTest, OfDiscomfortTrialsOnlyTheOwnSetsEndCountsAndWithJsonOnlyTheResultIsOnStandardOutput) {
  std::atomic<bool> begun{false};
  on_server([&] {
    server_->on("discomfort.begin", [&](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      begun = true;
      return boost::json::value(to_json(DiscomfortBegun{.ball = "KN-1", .set = 7}));
    });
  });
  Program program({"--socket", path_, "discomfort", "--json"}, folder_ / "", Output::kPipe, folder_ / "errors");
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  on_server([this] {
    server_->notify_event("discomfort_ended", to_json(DiscomfortEnd{.set = 6, .outcome = "stopped"}));
    server_->notify_live("discomfort", to_json(DiscomfortUpdate{.set = 7, .cue = "Lean on slowly"}));
  });
  ASSERT_TRUE(eventually([&] {
    std::ifstream errors(folder_ / "errors");
    return std::string(std::istreambuf_iterator<char>(errors), {}).find("Lean on slowly\n") != std::string::npos;
  }));
  on_server([this] {
    server_->notify_event(
        "discomfort_ended",
        to_json(DiscomfortEnd{.set = 7, .set_id = 3, .outcome = "done", .mean_n = 28.0, .sd_n = 1.0}));
  });
  EXPECT_EQ(program.exit_code(), 0) << program.output();
  EXPECT_EQ(boost::json::parse(program.output()).at("set"), 7);
}

TEST_F(ProgramTest, ASecondSignalLeavesADaemonThatDoesNotAnswer) {
  deaf_ = true;
  auto program = knead({"run", "upper-trap"}, Output::kTerminal);
  ASSERT_TRUE(program.says("q stop"));
  program.signal(SIGINT);
  ASSERT_TRUE(program.says("stopping"));
  program.signal(SIGINT);
  EXPECT_EQ(program.exit_code(), 3);
  EXPECT_TRUE(program.terminal_is_as_before());
}

TEST_F(ProgramTest, ADaemonThatDiesEndsTheViewWithAnErrorAndTheTerminalAsItWas) {
  auto program = knead({"run", "upper-trap"}, Output::kTerminal);
  ASSERT_TRUE(program.says("q stop"));
  on_server([this] { server_.reset(); });
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.output(), HasSubstr("knead: the daemon closed the connection"));
  EXPECT_TRUE(program.terminal_is_as_before());
}

TEST_F(ProgramTest, WhenNobodyReadsTheLinesAnyMoreTheSessionIsStopped) {
  auto program = knead({"run", "upper-trap"});
  wait_until_it_runs();
  program.close_output();
  EXPECT_TRUE(eventually([this] {
    server_->notify_event("event", {{"kind", "contact"}, {"t_s", 1}});
    return stops_ == 1;
  }));
  EXPECT_EQ(program.exit_code(), 3);
}

TEST_F(ProgramTest, DetachedItReturnsAtOnceAndDoesNotOwnTheSession) {
  auto program = knead({"run", "upper-trap", "--detach"});
  EXPECT_EQ(program.exit_code(), 0);
  EXPECT_THAT(program.output(), HasSubstr("session 5 runs on KN-1"));
  on_server([this] { EXPECT_FALSE(request_.own); });
}

}  // namespace
}  // namespace knead::api
