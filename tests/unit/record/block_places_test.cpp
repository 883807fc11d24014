// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/block_places.hpp"

#include <gmock/gmock.h>

namespace knead::record {
namespace {

using testing::ElementsAre;

TEST(BlockPlaces, OfASoundSessionStayWithTheRoomsBetweenThem) {
  const BlockPlace blocks[] = {{0, 100}, {100, 100}, {250, 100}, {350, 100}};
  EXPECT_THAT(place_blocks(blocks, 450), ElementsAre(0, 100, 250, 350));
}

TEST(BlockPlaces, OfABlockThatOverlapsIsTheEndOfTheOneBefore) {
  const BlockPlace blocks[] = {{0, 100}, {90, 100}, {250, 100}, {9'000'000'000'000, 100}, {450, 100}};
  EXPECT_THAT(place_blocks(blocks, 550), ElementsAre(0, 100, 250, 350, 450));
}

TEST(BlockPlaces, AreAsManyAsCanBeTrueTogetherAndOfTwoAccountsTheOneThatEndsLast) {
  const BlockPlace late_start[] = {{70, 10}, {10, 10}, {20, 10}, {30, 10}};
  EXPECT_THAT(place_blocks(late_start, std::nullopt), ElementsAre(0, 10, 20, 30));
  const BlockPlace either[] = {{50, 10}, {10, 10}};
  EXPECT_THAT(place_blocks(either, std::nullopt), ElementsAre(0, 10));
  EXPECT_THAT(place_blocks(either, 70), ElementsAre(0, 10));
}

TEST(BlockPlaces, OfABlockOfUnknownSizeLeaveRoomForItBeforeTheNext) {
  const BlockPlace blocks[] = {{0, 100}, {100, 0}, {200, 100}, {300, 100}};
  EXPECT_THAT(place_blocks(blocks, 400), ElementsAre(0, 100, 200, 300));
}

TEST(BlockPlaces, OfADayAreFoundAtOnceHoweverTheyAreDamaged) {
  std::vector<BlockPlace> blocks;
  for (std::uint64_t i = 0; i < 300'000; ++i) blocks.push_back({i * 10 + (i * 7919) % 1000, 10});
  const auto places = place_blocks(blocks, std::nullopt);
  ASSERT_EQ(places.size(), blocks.size());
  for (std::size_t i = 1; i < places.size(); ++i) ASSERT_GE(places[i], places[i - 1] + 10) << i;
}

}  // namespace
}  // namespace knead::record
