// SPDX-License-Identifier: Apache-2.0
// What a profile is asked and what it has of its own: the real `knead`, against a daemon this test plays.
#include <gmock/gmock.h>

#include <fstream>

#include "daemon/api/safety_messages.hpp"
#include "daemon/record/profile_change.hpp"
#include "daemon/record/store.hpp"
#include "tests/unit/cli/program_fixture.hpp"

namespace knead::api {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ProgramTest, ASessionThatIsRefusedForWantOfAnswersAsksThemAtTheTerminalAndBegins) {
  std::atomic<bool> answered{false};
  std::optional<SafetyAnswerRequest> kept;  // server's thread
  on_server([&] {
    server_->on("session.run", [&](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
      EXPECT_EQ(run_request_from(params)->profile, "anna");
      if (!answered) return fail(Errc::kUnanswered, "the safety questions are not answered yet", "answer them");
      running_ = true;
      return boost::json::value(to_json(RunReply{.session_id = 5, .title = "Upper trap", .ball = "KN-1"}));
    });
    server_->on("safety.questions", [&](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      return boost::json::value(to_json(SafetyStatus{.profile = "anna",
                                                     .rule = "ask",
                                                     .may_begin = answered,
                                                     .why = "the safety questions are not answered yet; answer them"}));
    });
    server_->on("safety.answer", [&](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
      auto request = safety_answer_request_from(params);
      if (!request) return std::unexpected(request.error());
      kept = *request;
      answered = true;
      return boost::json::value(to_json(SafetyStatus{.profile = "anna", .rule = "ask", .may_begin = true}));
    });
  });
  auto program = knead({"run", "upper-trap", "--profile", "anna"}, Output::kTerminal);
  for (const auto& question : session::safety_questions()) {
    ASSERT_TRUE(program.says(std::string(question.text))) << program.output();
    program.type("n\n");
  }
  ASSERT_TRUE(program.says("Will you keep to this?")) << program.output();
  EXPECT_FALSE(running_);
  program.type("y\n");
  wait_until_it_runs();
  on_server([&] {
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->profile, "anna");
    EXPECT_TRUE(kept->given.yes.empty());
  });
  ASSERT_TRUE(program.says("q stop")) << program.output();
  program.type("q");
  EXPECT_EQ(program.exit_code(), 3);
}

TEST_F(ProgramTest, ASessionThatIsRefusedForAnotherReasonAsksNoQuestions) {
  on_server([&] {
    server_->on("session.run", [](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      return fail(Errc::kRefused, "a stop is latched", "clear it");
    });
    server_->on("safety.questions", [](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      return boost::json::value(
          to_json(SafetyStatus{.rule = "ask", .why = "the safety questions are not answered yet; answer them"}));
    });
  });
  auto program = knead({"run", "upper-trap"}, Output::kTerminal);
  EXPECT_EQ(program.exit_code(), 1) << program.output();
  EXPECT_THAT(program.output(), AllOf(HasSubstr("a stop is latched"), Not(HasSubstr("A few questions"))));
}

TEST_F(ProgramTest, APlanThatIsSetIsTheDaemonsAndKeepsWhatIsNotGiven) {
  std::vector<boost::json::object> set;  // server's thread
  const std::string database = folder_ / "knead.db";
  {
    auto store = record::Store::open(database).value();
    const session::Plan plan{.first_day = 20'000, .weeks = 9, .at = {400, 1100}, .remind = true};
    ASSERT_TRUE(record::change_profile(store, {.profile = "", .plan = plan}, Newtons{60}, {}));
  }
  on_server([&] {
    server_->on("daemon.status", [&](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      return boost::json::value(to_json(DaemonStatus{.record = {.database = database}}));
    });
    server_->on("profile.set", [&](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
      set.push_back(params);
      return boost::json::value({{"profile", ""}, {"plan", nullptr}});
    });
  });
  auto program = knead({"plan", "--json", "set", "--no-remind"});
  EXPECT_EQ(program.exit_code(), 0) << program.output();
  EXPECT_EQ(program.output(), "{\"profile\":\"\",\"plan\":null}\n");
  on_server([&] {
    ASSERT_EQ(set.size(), 1U);
    EXPECT_EQ(set[0].at("plan_weeks"), 9);
    EXPECT_EQ(set[0].at("plan_first_day"), 20'000);
    EXPECT_EQ(set[0].at("plan_first_at"), "06:40");
    EXPECT_EQ(set[0].at("plan_remind"), false);
  });
  const struct {
    std::vector<std::string> arguments;
    int exit;
  } cases[] = {{{"plan", "--db", database, "set"}, 2},      {{"plan", "--db", database, "clear"}, 2},
               {{"plan", "--simulated", "set"}, 2},         {{"plan", "set", "--first-at", "7"}, 2},
               {{"plan", "set", "--first-at", "21:00"}, 2}, {{"plan", "clear"}, 0}};
  for (const auto& c : cases) {
    auto other = knead(c.arguments);
    EXPECT_EQ(other.exit_code(), c.exit) << c.arguments.back() << other.output();
  }
  on_server([&] { EXPECT_EQ(set.size(), 2U) << "nothing of what was wrong was asked of the daemon"; });
  std::ofstream(database, std::ios::trunc) << "no record at all";
  auto unread = knead({"plan", "set"});
  EXPECT_EQ(unread.exit_code(), 1) << "a plan that cannot be read is not replaced by a new one";
  on_server([&] { EXPECT_EQ(set.size(), 2U); });
}

TEST_F(ProgramTest, ABandThatIsNoneIsWrongUse) {
  on_server([&] {
    server_->on("profile.set", [](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      return fail(Errc::kInvalidInput, "the band ends below where it begins", "swap them");
    });
  });
  auto program = knead({"profile", "--band", "40", "20"});
  EXPECT_EQ(program.exit_code(), 2) << program.output();
}

}  // namespace
}  // namespace knead::api
