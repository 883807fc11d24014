// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/coach.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/session/band.hpp"

namespace knead::session {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Newtons kContact{2};

struct Word {
  std::chrono::milliseconds at;
  CueKind kind;
  bool operator==(const Word&) const = default;
};

/// What is said while each force lasts for its time.
std::vector<Word> words_over(const std::vector<std::pair<double, std::chrono::milliseconds>>& course) {
  Coach coach;
  SessionTime t{};
  coach.reset(t - 10s);
  std::vector<Word> words;
  for (const auto& [force, lasts] : course) {
    for (const SessionTime end = t + lasts; t < end; t += 10ms) {
      const bool in_band = force >= test::kBand.lo.value && force <= test::kBand.hi.value;
      if (const auto cue = coach.feed(t, {force}, in_band, test::kBand, kContact)) {
        words.push_back({std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()), cue->kind});
      }
    }
  }
  return words;
}

TEST(Coach, SaysWhatTheForceAsksForAfterALittlePatience) {
  EXPECT_THAT(words_over({{0, 1s}}), ElementsAre(Word{700ms, CueKind::kPress}));
  EXPECT_THAT(words_over({{5, 1s}}), ElementsAre(Word{700ms, CueKind::kHarder}));
  EXPECT_THAT(words_over({{50, 1s}}), ElementsAre(Word{700ms, CueKind::kLighter}));
}

TEST(Coach, PraisesComingIntoTheBandAtOnceAndOnlyOnce) {
  EXPECT_THAT(words_over({{20, 30s}}), ElementsAre(Word{0ms, CueKind::kHold}));
}

TEST(Coach, LetsABreathPassWithoutAWord) {
  EXPECT_THAT(words_over({{20, 5s}, {10, 600ms}, {20, 5s}, {50, 600ms}, {20, 5s}}),
              ElementsAre(Word{0ms, CueKind::kHold}));
}

TEST(Coach, KeepsTwoSecondsBetweenWordsAndSixBeforeTheSameOne) {
  EXPECT_THAT(words_over({{5, 1s}, {50, 1200ms}, {5, 8s}}),
              ElementsAre(Word{700ms, CueKind::kHarder}, Word{6700ms, CueKind::kHarder}));
  EXPECT_THAT(words_over({{5, 1s}, {50, 3s}}),
              ElementsAre(Word{700ms, CueKind::kHarder}, Word{2700ms, CueKind::kLighter}));
}

TEST(Coach, IsSilentRightAfterAReset) {
  Coach coach;
  coach.reset(SessionTime{1s});
  EXPECT_EQ(coach.feed(SessionTime{1500ms}, {20}, true, test::kBand, kContact), std::nullopt);
  EXPECT_NE(coach.feed(SessionTime{3s}, {20}, true, test::kBand, kContact), std::nullopt);
}

}  // namespace
}  // namespace knead::session
