// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/time_zone.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace knead {
namespace {

TEST(TimeZone, FollowsATravellerWithoutARestart) {
  const std::chrono::sys_seconds noon{std::chrono::sys_days(std::chrono::year(2025) / 7 / 1) + std::chrono::hours(12)};
  // POSIX's own notation, west counted positive: no list of zones has to be installed.
  ::setenv("TZ", "HOME-2", 1);
  EXPECT_EQ(utc_offset(noon), std::chrono::hours(2));
  ::setenv("TZ", "AWAY5", 1);
  EXPECT_EQ(utc_offset(noon), std::chrono::hours(-5));
}

}  // namespace
}  // namespace knead
