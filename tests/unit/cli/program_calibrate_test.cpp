// SPDX-License-Identifier: Apache-2.0
// `knead calibrate` at a terminal: the real program, against a daemon this test plays.
#include <gmock/gmock.h>

#include "daemon/api/calibration_messages.hpp"
#include "tests/unit/cli/program_fixture.hpp"

namespace knead::api {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace knead::api
