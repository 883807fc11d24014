// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/chart.hpp"

#include <gmock/gmock.h>

namespace knead::record {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Chart, KeepsAPeakOfOneSampleAmongMany) {
  PixelCurve curve(100, 0.0, 100.0);
  for (int i = 0; i < 100'000; ++i) curve.add(i / 1000.0, i == 51'237 ? 62.5 : 20.0);
  EXPECT_EQ(curve.highest(), 62.5);
  const Scale as_it_is{0.0, 100.0, 0.0, 100.0};
  EXPECT_THAT(curve.path(as_it_is, as_it_is), HasSubstr("L51.5 20V62.5V20"));
}

TEST(Chart, DoesNotGrowWithTheSamples) {
  const Scale as_it_is{0.0, 10.0, 0.0, 900.0};
  std::size_t size = 0;
  for (const int rate : {1000, 8000}) {
    PixelCurve curve(900, 0.0, 10.0);
    for (int i = 0; i < 10 * rate; ++i) curve.add(i / static_cast<double>(rate), i % 7);
    const std::size_t now = curve.path(as_it_is, as_it_is).size();
    EXPECT_LT(now, 900U * 32U);
    if (size == 0) size = now;
    EXPECT_NEAR(static_cast<double>(now), static_cast<double>(size), static_cast<double>(size) / 10.0);
  }
}

TEST(Chart, DrawsNoLineOverAnInterruption) {
  PixelCurve curve(10, 0.0, 10.0);
  curve.add(0.5, 3.0);
  curve.add(1.5, 3.0);
  curve.interrupt();
  curve.add(8.5, 4.0);
  const Scale as_it_is{0.0, 10.0, 0.0, 10.0};
  EXPECT_EQ(curve.path(as_it_is, as_it_is), "M0.5 3h.1L1.5 3M8.5 4h.1");
}

TEST(Chart, CountsInRoundNumbers) {
  EXPECT_THAT(ticks(0.0, 43.2, 6), ElementsAre(0.0, 10.0, 20.0, 30.0, 40.0));
  EXPECT_THAT(ticks(-1.0, 1.0, 4), ElementsAre(-1.0, -0.5, 0.0, 0.5, 1.0));
  EXPECT_THAT(ticks(3.0, 3.0, 4), ElementsAre(3.0));
  EXPECT_THAT(time_ticks(0.0, 157.0, 12), ElementsAre(0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150));
  EXPECT_EQ(plain(0.30000000000000004), "0.3");
  EXPECT_EQ(px(12.04), "12");
  EXPECT_EQ(px(-0.01), "0");
}

}  // namespace
}  // namespace knead::record
