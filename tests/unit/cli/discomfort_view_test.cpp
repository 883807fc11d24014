// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/discomfort_view.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace knead::cli {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

api::DiscomfortUpdate ramp(double rate) {
  return {.phase = "ramp",
          .attempts = 2,
          .good = 1,
          .trials = 3,
          .force_n = 23.0,
          .stop_n = 46.0,
          .rate_n_per_s = rate,
          .target_n_per_s = 5.0,
          .rate_tolerance = 0.25,
          .cue = "Lean on slowly"};
}
constexpr Look kNarrow{.width = 60, .utf8 = false, .colour = false};

TEST(DiscomfortView, SaysWhichTrialItIsAndWhatToDo) {
  const auto lines = render_discomfort(ramp(5.0), kNarrow);
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_EQ(lines[0], "Trial 2 of 3, 1 repeated");
  EXPECT_THAT(lines[1], AllOf(HasSubstr("####"), HasSubstr("23.0 N")));
  EXPECT_EQ(lines[3], "> Lean on slowly");
  EXPECT_THAT(lines[4], HasSubstr("first discomfort"));
}

TEST(DiscomfortView, SaysWhetherTheRateIsRightAndNothingWithoutOne) {
  EXPECT_THAT(render_discomfort(ramp(5.0), kNarrow)[2], HasSubstr("good"));
  EXPECT_THAT(render_discomfort(ramp(6.2), kNarrow)[2], HasSubstr("good"));
  EXPECT_THAT(render_discomfort(ramp(6.3), kNarrow)[2], HasSubstr("too fast"));
  EXPECT_THAT(render_discomfort(ramp(3.7), kNarrow)[2], HasSubstr("too slow"));
  auto resting = ramp(0.0);
  resting.rate_n_per_s.reset();
  resting.rest_left_s = 3.2;
  EXPECT_THAT(render_discomfort(resting, kNarrow)[2], Not(HasSubstr("too")));
  EXPECT_THAT(render_discomfort(resting, kNarrow)[3], HasSubstr("(4 s)"));
}

TEST(DiscomfortView, WhateverADaemonSaysTheLinesFitAndSteerNoTerminal) {
  auto odd = ramp(std::numeric_limits<double>::infinity());
  odd.force_n = std::numeric_limits<double>::quiet_NaN();
  odd.stop_n = 0.0;
  odd.cue.assign(500, 'x');
  odd.cue += "\x1b[2J";
  for (const int width : {0, 20, 60, 1000}) {
    const auto lines = render_discomfort(odd, {.width = width, .utf8 = false, .colour = false});
    EXPECT_THAT(lines, Each(Not(HasSubstr("\x1b")))) << width;
    EXPECT_LE(lines[3].size(), 200U) << width;
  }
}

}  // namespace
}  // namespace knead::cli
