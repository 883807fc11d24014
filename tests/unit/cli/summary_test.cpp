// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/summary.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "daemon/cli/exit_code.hpp"
#include "daemon/cli/text.hpp"

namespace knead::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string summary(const char* json) { return summary_text(boost::json::parse(json).as_object()); }

TEST(SummaryTest, TheHeadlineIsTheTimeInTheBand) {
  const std::string text = summary(R"({"outcome":"completed","reason":"","elapsed_s":192.5,
    "release":{"credited_s":90,"target_s":90},"activation":{"target_reps":8,"reps":[{"too_hard":true},{"too_hard":false}]},
    "measures":{"time_in_band_pct":86.6,"mean_force_n":24.25,"steadiness_cv":0.12,"dose_ns":2300},
    "samples":{"count":1000,"lost":7},"trips":[{"t_s":61,"detail":"The ball is too warm"}]})");
  EXPECT_THAT(text, StartsWith("Time in band: 87 %\n"));
  for (const char* part : {"completed after 3:12", "90.0 of 90 s", "2 of 8 reps, 1 too hard", "24.2 N on average",
                           "varied by 12 %", "The ball is too warm at 1:01", "7 samples"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(SummaryTest, NumbersThatAreNotThereAreNotInvented) {
  const std::string text =
      summary(R"({"outcome":"incomplete","reason":"no contact","measures":{"time_in_band_pct":null}})");
  EXPECT_THAT(text, AllOf(HasSubstr("was not pressed"), HasSubstr("incomplete: no contact"),
                          Not(HasSubstr("on average")), Not(HasSubstr("lost"))));
  EXPECT_FALSE(summary("{}").empty());
}

TEST(ExitCodeTest, ScriptsCanTellTheWaysASessionEnds) {
  EXPECT_EQ(exit_code_of_outcome("completed"), ExitCode::kDone);
  EXPECT_EQ(exit_code_of_outcome("incomplete"), ExitCode::kFailed);
  EXPECT_EQ(exit_code_of_outcome("faulted"), ExitCode::kFailed);
  EXPECT_EQ(exit_code_of_outcome("stopped"), ExitCode::kStopped);
  EXPECT_EQ(exit_code_of(Error{.code = Errc::kNoBall, .context = "", .remedy = ""}), ExitCode::kNotThere);
  EXPECT_EQ(exit_code_of(Error{.code = Errc::kNoDaemon, .context = "", .remedy = ""}), ExitCode::kNotThere);
  EXPECT_EQ(exit_code_of(Error{.code = Errc::kStorage, .context = "", .remedy = ""}), ExitCode::kFailed);
}

TEST(ClockTextTest, TimesReadLikeAClock) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(65.9), "1:05");
  EXPECT_EQ(clock_text(7384), "2:03:04");
  EXPECT_EQ(clock_text(-1), "0:00");
}

}  // namespace
}  // namespace knead::cli
