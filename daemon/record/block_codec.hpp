// SPDX-License-Identifier: Apache-2.0
// Samples to a compressed block and back, to the bit. Pure.
//
// Codec 1: a zstd frame (with its checksum) around
//
//   count, then seven columns of `count` numbers each, one after the other:
//     sequence      difference to the one before, minus 1        (0 without loss)
//     device clock  difference of the difference                 (0 at a steady rate)
//     session time  of (session time - device clock), difference (0 but where the session's clock is re-anchored)
//     host clock    of (host clock - device clock in ns), difference of the difference
//     raw count     difference
//     quality       difference
//     motor level   difference
//
// Every number is a zig-zag LEB128 of arithmetic modulo 2^64, so that no value of any field is out of reach. The force
// is not there: it follows from the raw count and the calibration, which can be corrected later.
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

/// Stored beside each block; a better codec gets the next number and old blocks stay readable.
constexpr int kBlockCodec = 1;
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
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::vector<std::byte> columns_;
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
  std::vector<TimedSample> samples_;
};

}  // namespace knead::record
