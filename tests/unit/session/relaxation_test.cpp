// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/relaxation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/unit/session/band.hpp"

namespace knead::session {
namespace {

std::optional<Relaxation> relaxation_of(int seconds, const std::function<double(double)>& force, int gap_at_ms = -1) {
  RelaxationAccumulator accumulator;
  std::uint64_t seq = 0;
  for (int ms = 0; ms < seconds * 1000; ms += 10) {
    Sample sample;
    sample.seq = seq++;
    sample.force = {force(ms / 1000.0)};
    if (ms == gap_at_ms) sample.quality = Quality::kGapBefore;
    accumulator.feed(SessionTime(std::chrono::milliseconds(ms)), sample, test::kBand, Newtons{2});
  }
  return accumulator.result();
}

TEST(Relaxation, OfAForceThatStaysIsNone) {
  const auto relaxation = relaxation_of(62, [](double) { return 30.0; });
  ASSERT_TRUE(relaxation);
  EXPECT_NEAR(relaxation->r60, 0, 1e-12);
  EXPECT_NEAR(relaxation->slope, 0, 1e-12);
}

TEST(Relaxation, FindsTheSlopeOfAPowerLaw) {
  const auto relaxation = relaxation_of(62, [](double t) { return 30 * std::pow(std::max(t, 0.5), -0.08); });
  ASSERT_TRUE(relaxation);
  EXPECT_NEAR(relaxation->slope, -0.08, 5e-4);
  EXPECT_NEAR(relaxation->r60, 1 - std::pow(60.5, -0.08) / std::pow(0.56, -0.08), 5e-3);
}

TEST(Relaxation, WantsAWholeMinuteInContactWithNothingLost) {
  EXPECT_FALSE(relaxation_of(60, [](double) { return 30.0; })) << "too short";
  EXPECT_FALSE(relaxation_of(70, [](double t) { return t > 30 && t < 31 ? 0.0 : 30.0; })) << "let go in between";
  EXPECT_FALSE(relaxation_of(70, [](double) { return 30.0; }, 30'000)) << "something is missing";
  EXPECT_TRUE(relaxation_of(93, [](double) { return 30.0; }, 30'000)) << "a minute after it";
  EXPECT_FALSE(relaxation_of(70, [](double) { return 10.0; })) << "never in the band";
}

}  // namespace
}  // namespace knead::session
