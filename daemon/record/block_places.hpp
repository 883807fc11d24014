// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace knead::record {

/// More than a day at the highest rate: an index or a count of samples beyond it is damage.
constexpr std::uint64_t kMostSamples = std::uint64_t{8000} * 86'400;

/// What a block's row says of its place among the session's samples.
struct BlockPlace {
  std::uint64_t first_index = 0;
  std::uint64_t count = 0;
};

/// The indices that the blocks of a session, in their order, must have so that none overlap: of as many as can be true
/// together the one that the row says, of the others that of the end of the block before. Places may be free between
/// blocks, where some could not be written. @p end of the session's samples, where it is known. Pure; n log n.
[[nodiscard]] std::vector<std::uint64_t> place_blocks(std::span<const BlockPlace> blocks,
                                                      std::optional<std::uint64_t> end);

}  // namespace knead::record
