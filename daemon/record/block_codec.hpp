// SPDX-License-Identifier: Apache-2.0
// Samples to a compressed block and back, to the bit. Pure.
//
// Codec 2: a zstd frame (with its checksum) around
//
//   count, then six columns of `count` numbers each, one after the other:
//     sequence      difference to the one before, minus 1        (0 without loss)
//     device clock  difference of the difference                 (0 at a steady rate)
//     session time  of (session time - device clock), difference (0 but where the session's clock is re-anchored)
//     host clock    of (host clock - device clock in ns), difference of the difference
//     quality       difference
//     motor level   difference
//   then the raw counts: order, parameter, the first of them, and until the end a Rice code (codes.hpp) of all of
//   them less the first:
//     order 1       the differences
//     order 2       the differences of the differences
//
// Every number is a zig-zag LEB128 (in the Rice code: zig-zag) of arithmetic modulo 2^64, so that no value of any field
// is out of reach. The force is not there: it follows from the raw count and the calibration, which can be corrected
// later.
//
// Why so. The six columns follow a clock or seldom change: zstd makes next to nothing of them, the host's clock with
// its nanoseconds too, since ClockSync places readings along a line. The raw counts are noise around a slow curve, of
// which no general compressor can make more than its order-0 entropy, plus a table of symbols that a block of a second
// is too short for. A Rice code has no table and comes within some percent of it. Of the orders 1 and 2 the one with
// smaller numbers is taken: at rest the first, on the flank of a press the second. Longer predictors gain
// 4 to 8 % more (docs/record.md).
//
// Codec 1 (Knead 0.1; read, no longer written) was the same with the raw counts as a seventh column, of differences,
// between host clock and quality.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/record/model.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace knead::record {

class VarintWriter;

/// Stored beside each block; a better codec gets the next number and old blocks stay readable.
constexpr int kBlockCodec = 2;
/// More than eight times a second at the highest rate: a bound for whoever reads a block nobody vouches for.
constexpr std::size_t kMaxBlockSamples = std::size_t{1} << 16U;

/// Keeps the compressor's memory between blocks. One thread.
class BlockEncoder {
 public:
  BlockEncoder();
  /// @pre at most kMaxBlockSamples.
  [[nodiscard]] std::vector<std::byte> encode(std::span<const TimedSample> samples);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const noexcept;
  };
  void put_raw(VarintWriter& out, std::span<const TimedSample> samples);

  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::vector<std::byte> columns_;
  std::vector<std::uint64_t> first_;   // differences of the raw counts
  std::vector<std::uint64_t> second_;  // and differences of those
};

/// Keeps the decompressor's memory between blocks. One thread.
class BlockDecoder {
 public:
  BlockDecoder();
  /// The samples of one block; valid until the next call. Force comes from @p calibration.
  /// Errors: kStorage for an unknown codec, a checksum that does not match, or bytes that are no block.
  [[nodiscard]] Result<std::span<const TimedSample>> decode(int codec, std::span<const std::byte> block,
                                                            const protocol::Calibration& calibration);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const noexcept;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::vector<std::byte> columns_;
  std::vector<std::uint64_t> residuals_;
  std::vector<TimedSample> samples_;
};

}  // namespace knead::record
