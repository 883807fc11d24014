// SPDX-License-Identifier: Apache-2.0
// `knead` as a person and as a script meet it: the real program, against a daemon this test plays.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <csignal>
#include <fstream>
#include <utility>

#include "daemon/api/calibration_messages.hpp"
#include "daemon/api/discomfort_messages.hpp"
#include "daemon/api/messages.hpp"
#include "daemon/record/profile_change.hpp"
#include "daemon/record/store.hpp"
#include "tests/unit/api/server_fixture.hpp"

namespace knead::api {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The program under a pseudo terminal or with its output in a pipe.
class Program {
 public:
  enum class Output : std::uint8_t { kPipe, kTerminal };

  /// @p errors: a file for standard error; empty: it goes where standard output goes.
  Program(std::vector<std::string> arguments, const std::string& home, Output output, const std::string& errors = {}) {
    arguments.insert(arguments.begin(), KNEAD_PROGRAM);
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::vector<std::string> variables{"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "TERM=xterm", "LC_ALL=C.UTF-8"};
    std::vector<char*> envp;
    envp.reserve(variables.size() + 1);
    for (auto& variable : variables) envp.push_back(variable.data());
    envp.push_back(nullptr);

    int slave = -1;
    if (output == Output::kTerminal) {
      EXPECT_EQ(::openpty(&fd_, &slave, nullptr, nullptr, nullptr), 0);
      ::tcgetattr(fd_, &before_);
    } else {
      int ends[2];
      EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
      fd_ = ends[0];
      slave = ends[1];
    }
    ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
    const int errors_fd = errors.empty() ? -1 : ::open(errors.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    pid_ = ::fork();
    if (pid_ == 0) {
      // Only async-signal-safe calls: other threads of this process are gone, and may have held locks.
      if (output == Output::kTerminal) {
        ::setsid();
        ::ioctl(slave, TIOCSCTTY, 0);
        ::dup2(slave, STDIN_FILENO);
      }
      ::dup2(slave, STDOUT_FILENO);
      ::dup2(errors_fd >= 0 ? errors_fd : slave, STDERR_FILENO);
      ::execve(KNEAD_PROGRAM, argv.data(), envp.data());
      ::_exit(127);
    }
    if (errors_fd >= 0) ::close(errors_fd);
    // A terminal's slave end stays open here, so that its settings can still be read when the program is gone.
    if (output == Output::kTerminal)
      slave_ = slave;
    else
      ::close(slave);
  }
  ~Program() {
    if (pid_ > 0 && !ended_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (fd_ >= 0) ::close(fd_);
    if (slave_ >= 0) ::close(slave_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void close_output() { ::close(std::exchange(fd_, -1)); }
  void signal(int number) const { ::kill(pid_, number); }
  void type(std::string_view keys) const {
    EXPECT_EQ(::write(fd_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  /// Reads until @p text was put out. False: it never was.
  bool says(std::string_view text) {
    while (output_.find(text) == std::string::npos)
      if (!read_some()) return false;
    return true;
  }
  /// -1 when it does not end, or ends by a signal.
  int exit_code() {
    // A pipe ends with the program; a terminal does not, so ask in between.
    for (const auto deadline = std::chrono::steady_clock::now() + kPatience;
         std::chrono::steady_clock::now() < deadline;) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        ended_ = true;
        while (read_some(std::chrono::milliseconds(0))) {
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      read_some(std::chrono::milliseconds(5));
    }
    return -1;
  }
  [[nodiscard]] const std::string& output() const { return output_; }
  [[nodiscard]] bool terminal_is_as_before() const {
    termios now{};
    ::tcgetattr(fd_, &now);
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag;
  }
  [[nodiscard]] bool echoes() const {
    termios now{};
    ::tcgetattr(fd_, &now);
    return (now.c_lflag & ECHO) != 0;
  }

 private:
  static constexpr std::chrono::seconds kPatience{30};
  bool read_some(std::chrono::milliseconds patience = kPatience) {
    pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};  // a closed one only waits
    if (::poll(&entry, 1, static_cast<int>(patience.count())) <= 0) return false;
    char chunk[4096];
    const auto got = ::read(fd_, chunk, sizeof chunk);
    if (got <= 0) return false;
    output_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }

  int fd_ = -1;
  int slave_ = -1;
  pid_t pid_ = -1;
  bool ended_ = false;
  termios before_{};
  std::string output_;
};
using Output = Program::Output;

/// A daemon with one ball; a session of it ends when it is stopped or when the test says so.
class ProgramTest : public ServerFixture {
 protected:
  void SetUp() override {
    start();
    on_server([this] {
      server_->on("events.subscribe",
                  [](const boost::json::object& params, Connection& from) -> Result<boost::json::value> {
                    const auto* live = params.if_contains("live");
                    from.subscribe({.events = true, .live = live != nullptr && live->as_bool()});
                    return boost::json::value(true);
                  });
      server_->on("session.run", [this](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
        auto request = run_request_from(params);
        if (!request) return std::unexpected(request.error());
        if (request->routine == "none") return fail(Errc::kNotFound, "no routine \"none\"", "try upper-trap");
        if (request->ball == "none") return fail(Errc::kNoBall, "no ball with the serial none");
        request_ = *request;
        running_ = true;
        return boost::json::value(to_json(RunReply{.session_id = 5, .title = "Upper trap", .ball = "KN-1"}));
      });
      server_->on("session.stop", [this](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        ++stops_;
        if (!deaf_) end("stopped");
        return boost::json::value(true);
      });
      server_->on("session.pause", [this](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        ++pauses_;
        LiveUpdate live;
        live.snapshot.paused = true;
        server_->notify_live("live", to_json(live));
        return boost::json::value(true);
      });
      server_->on("session.resume", [this](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        ++resumes_;
        return boost::json::value(true);
      });
      server_->on("daemon.status", [](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        return boost::json::value(to_json(DaemonStatus{.pid = 77}));
      });
    });
  }
  /// On the server's thread.
  void end(const char* outcome) {
    server_->notify_event(
        "ended", {{"session_id", 5},
                  {"report", {{"outcome", outcome}, {"elapsed_s", 12}, {"measures", {{"time_in_band_pct", 80}}}}}});
  }
  Program knead(std::vector<std::string> arguments, Output output = Output::kPipe) {
    arguments.insert(arguments.begin(), {"--socket", path_});
    return {std::move(arguments), folder_ / "", output};
  }
  void wait_until_it_runs() {
    ASSERT_TRUE(eventually([this] { return running_.load(); }));
  }

  std::atomic<bool> running_{false};
  RunRequest request_;  ///< server's thread
  std::atomic<int> stops_{0};
  std::atomic<int> pauses_{0};
  std::atomic<int> resumes_{0};
  std::atomic<bool> deaf_{false};
};

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

// ---- Calibration and the safety questions, at a terminal ------------------------------------------------------------

/// A daemon whose ball lies still under whatever the test puts on it.
class CalibrateProgramTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    on_server([this] {
      server_->on("ball.measure", [this](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        ++measured_;
        if (restless_) return fail(Errc::kRefused, "the ball is not at rest", "let go of it");
        return boost::json::value(to_json(
            MeasureReply{.serial = "KN-1", .rest = {.raw = 84'000.0 + load_n_ * 20'000.0, .spread_raw = 30.0}}));
      });
      server_->on("ball.calibrate",
                  [this](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
                    auto request = calibrate_request_from(params);
                    if (!request) return std::unexpected(request.error());
                    calibrated_ = *request;
                    const auto done = session::calibrate(request->points, {.full_scale_n = 100});
                    if (!done) return std::unexpected(done.error());
                    return boost::json::value(to_json(CalibrateReply{.serial = "KN-1",
                                                                     .calibration = done->calibration,
                                                                     .residuals_n = done->residuals_n,
                                                                     .residual_pct = done->residual_pct}));
                  });
    });
  }

  std::atomic<double> load_n_{0.0};
  std::atomic<bool> restless_{false};
  std::atomic<int> measured_{0};
  std::optional<CalibrateRequest> calibrated_;  ///< server's thread
};

TEST_F(CalibrateProgramTest, APersonIsLedThroughTheWeightsAndToldTheResidual) {
  auto program = knead({"calibrate", "--weight", "20N", "--weight", "10N"}, Output::kTerminal);
  ASSERT_TRUE(program.says("Take everything off the ball")) << program.output();
  program.type("\n");
  ASSERT_TRUE(program.says("Put 20.00 N (2039 g) on the ball")) << program.output();
  load_n_ = 20.0;
  program.type("\n");
  ASSERT_TRUE(program.says("Put 10.00 N")) << program.output();
  load_n_ = 10.5;
  program.type("\n");
  ASSERT_TRUE(program.says("Take everything off the ball once more")) << program.output();
  load_n_ = 0.1;
  program.type("\n");
  EXPECT_EQ(program.exit_code(), 0) << program.output();
  EXPECT_THAT(program.output(), AllOf(HasSubstr("ball KN-1 is calibrated: 20000.0 counts/N"),
                                      HasSubstr("reads   10.50 N (+0.500 N)"), HasSubstr("residual 0.50 %")));
  on_server([this] {
    ASSERT_TRUE(calibrated_);
    EXPECT_EQ(calibrated_->ball, "KN-1");
    ASSERT_EQ(calibrated_->points.size(), 3U);
    EXPECT_EQ(calibrated_->points[1].force, Newtons{20.0});
    EXPECT_FALSE(calibrated_->accept_change);
  });
}

TEST_F(CalibrateProgramTest, CtrlCLeavesTheOldCalibrationInForce) {
  auto program = knead({"calibrate", "--weight", "2kg"}, Output::kTerminal);
  ASSERT_TRUE(program.says("Take everything off the ball"));
  program.type("\n");
  ASSERT_TRUE(program.says("Put 19.61 N"));
  program.type("\x03");
  EXPECT_EQ(program.exit_code(), 3) << "by a person";
  EXPECT_THAT(program.output(), HasSubstr("stopped; the ball has its old calibration"));
  EXPECT_TRUE(program.terminal_is_as_before());
  on_server([this] { EXPECT_FALSE(calibrated_) << "nothing was asked of the ball"; });
}

TEST_F(CalibrateProgramTest, CtrlCWhileTheBallMovesIsHeardToo) {
  restless_ = true;
  auto program = knead({"calibrate", "--weight", "2kg"}, Output::kTerminal);
  ASSERT_TRUE(program.says("Take everything off the ball"));
  program.type("\n");
  ASSERT_TRUE(eventually([&] { return measured_ > 1; }));
  program.type("\x03");
  EXPECT_EQ(program.exit_code(), 3) << program.output();
}

TEST_F(CalibrateProgramTest, ABallThatCreptUnderTheWeightsIsNotCalibrated) {
  auto program = knead({"calibrate", "--weight", "20N"}, Output::kTerminal);
  for (const double load : {0.0, 20.0, 0.8}) {
    ASSERT_TRUE(program.says(load == 0.0    ? "Take everything off the ball and"
                             : load == 20.0 ? "Put 20.00 N"
                                            : "once more"))
        << program.output();
    load_n_ = load;
    program.type("\n");
  }
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.output(), AllOf(HasSubstr("reads +0.80 N now"), HasSubstr("begin again")));
  on_server([this] { EXPECT_FALSE(calibrated_); });
}

TEST_F(CalibrateProgramTest, ABallThatDoesNotComeToRestIsSaidToAndNothingIsChanged) {
  restless_ = true;
  auto program = knead({"calibrate", "--weight", "2kg", "--wait", "1"});
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.output(), HasSubstr("knead: the ball is not at rest; let go of it"));
  on_server([this] { EXPECT_FALSE(calibrated_); });
}

TEST_F(ProgramTest, ASessionThatIsRefusedForWantOfAnswersAsksThemAtTheTerminalAndBegins) {
  std::atomic<bool> answered{false};
  std::optional<SafetyAnswerRequest> kept;  // server's thread
  on_server([&] {
    server_->on("session.run", [&](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
      EXPECT_EQ(run_request_from(params)->profile, "anna");
      if (!answered) return fail(Errc::kRefused, "the safety questions are not answered yet", "answer them");
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
