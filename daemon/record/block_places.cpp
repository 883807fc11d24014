// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/block_places.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace knead::record {

namespace {

/// How many places are free before a block. In a sound session that never falls from one block to the next.
using Free = std::optional<std::uint64_t>;

Free free_before(std::uint64_t first_index, std::uint64_t samples_before) {
  if (first_index < samples_before || first_index > kMostSamples) return std::nullopt;
  return first_index - samples_before;
}

/// Which make the longest run that never falls; of several the one that ends last. Patience sorting.
std::vector<bool> longest_run(std::span<const Free> free) {
  constexpr auto kNone = static_cast<std::size_t>(-1);
  // By length less 1: where, of the runs so long, the one that ends lowest does; these ends never fall.
  std::vector<std::size_t> ends;
  std::vector<std::size_t> before(free.size(), kNone);
  for (std::size_t at = 0; at < free.size(); ++at) {
    if (!free[at]) continue;
    const auto longer = std::ranges::upper_bound(ends, *free[at], {}, [&](std::size_t end) { return *free[end]; });
    if (longer != ends.begin()) before[at] = *std::prev(longer);
    if (longer == ends.end()) {
      ends.push_back(at);
    } else {
      *longer = at;
    }
  }
  std::vector<bool> in_it(free.size(), false);
  for (std::size_t at = ends.empty() ? kNone : ends.back(); at != kNone; at = before[at]) in_it[at] = true;
  return in_it;
}

}  // namespace

std::vector<std::uint64_t> place_blocks(std::span<const BlockPlace> blocks, std::optional<std::uint64_t> end) {
  std::vector<Free> free;
  std::uint64_t samples = 0;
  for (const BlockPlace& block : blocks) {
    free.push_back(free_before(block.first_index, samples));
    samples += block.count;
  }
  if (end) free.push_back(free_before(*end, samples));
  const std::vector<bool> believed = longest_run(free);
  std::vector<std::uint64_t> places;
  std::uint64_t place = 0;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (believed[i]) place = free[i].value_or(0);
    places.push_back(before + place);
    before += blocks[i].count;
  }
  return places;
}

}  // namespace knead::record
