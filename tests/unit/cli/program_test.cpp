// SPDX-License-Identifier: Apache-2.0
// `knead` as a whole: exit codes, help, and what it says where there is no daemon. The real program, against a daemon
// this test plays.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "tests/unit/cli/program_fixture.hpp"

namespace knead::api {
namespace {

using testing::HasSubstr;

TEST_F(ProgramTest, OutcomesAndErrorsHaveTheirExitCodes) {
  {
    auto program = knead({"run", "upper-trap"});
    wait_until_it_runs();
    on_server([this] { end("incomplete"); });
    EXPECT_EQ(program.exit_code(), 1);
  }
  const struct {
    std::vector<std::string> arguments;
    int exit;
    const char* says;
  } cases[] = {{{"run", "none"}, 1, "knead: no routine \"none\"; try upper-trap\n"},
               {{"run", "upper-trap", "--ball", "none"}, 4, "knead: no ball"},
               {{"run"}, 2, "knead: "},
               {{"run", "upper-trap", "--side", "up"}, 2, "knead: "},
               {{"run", "upper-trap", "--before", "11"}, 2, "knead: "},
               {{"no-such-command"}, 2, "knead: there is no command \"no-such-command\";"},
               {{"sesions"}, 2, "knead: there is no command \"sesions\"; did you mean \"sessions\"?"},
               {{"routine", "chek"}, 2, "knead: there is no command \"chek\"; did you mean \"check\"?"},
               {{"routine"}, 2, "knead: A subcommand is required"},
               {{"export", "1"}, 2, "--format"},
               {{"export", "1", "--format", "json", "--what", "reps"}, 2, "--what"},
               {{"report"}, 2, "--trend"},
               {{"report", "1", "--profile", "anna"}, 2, "--trend"},
               {{"simulate", "--routine", "x"}, 2, "knead: "},
               {{"show", "1", "--db", "/no/such.db"}, 1, "/no/such.db"},
               {{"stop"}, 0, "stopped"},
               {{"status", "--json"}, 0, "\"pid\":77"},
               {{"status"}, 0, "process 77"}};
  for (const auto& c : cases) {
    auto program = knead(c.arguments);
    EXPECT_EQ(program.exit_code(), c.exit) << c.arguments.front();
    EXPECT_THAT(program.output(), HasSubstr(c.says));
  }
}

TEST_F(ProgramTest, WithoutADaemonEveryCommandThatNeedsOneSaysSoInOneLine) {
  for (const char* command : {"status", "devices", "pause", "resume", "stop", "clear", "tare", "discomfort"}) {
    Program program({"--socket", folder_ / "none.sock", command}, folder_ / "", Output::kPipe);
    EXPECT_EQ(program.exit_code(), 4) << command;
    EXPECT_THAT(program.output(), HasSubstr("knead: no daemon answers on "));
    EXPECT_EQ(std::count(program.output().begin(), program.output().end(), '\n'), 1) << program.output();
  }
}

TEST_F(ProgramTest, ConfigCheckSaysEverythingThatIsWrong) {
  const std::string file = folder_ / "bad.toml";
  std::ofstream(file) << "[interlock]\nlease = 1\nttl_ms = 900\n";
  auto program = knead({"config", "check", file});
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.output(), AllOf(HasSubstr("bad.toml:2"), HasSubstr("lease_ms"), HasSubstr("ceiling of 500 ms")));
}

TEST_F(ProgramTest, EveryCommandHasHelp) {
  for (const char* command :
       {"status",     "devices", "doctor",   "run",    "pause",  "resume", "stop",     "clear",   "tare",
        "calibrate",  "safety",  "sessions", "show",   "export", "report", "simulate", "routine", "config",
        "discomfort", "profile", "plan",     "trends", "replay", "db",     "plugin"}) {
    auto program = knead({command, "--help"});
    EXPECT_EQ(program.exit_code(), 0) << command;
    EXPECT_THAT(program.output(), HasSubstr("Usage")) << command;
  }
}

}  // namespace
}  // namespace knead::api
