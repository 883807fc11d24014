// SPDX-License-Identifier: Apache-2.0
// What the codecs of blocks are made of: numbers of a column as differences, varints and Rice codes. Pure; all
// arithmetic is modulo 2^64, so that no value of any field is out of reach. Private to this folder and its benchmark.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace knead::record {

/// Small numbers of either sign as small numbers: 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
constexpr std::uint64_t zigzag(std::uint64_t v) { return (v << 1U) ^ (0 - (v >> 63U)); }
constexpr std::uint64_t unzigzag(std::uint64_t v) { return (v >> 1U) ^ (0 - (v & 1U)); }

constexpr std::size_t kMaxVarint = 10;  // bytes of a 64-bit LEB128

/// What is stored of a number: how it differs from the one before (order 1), or that difference from the one before it
/// (order 2, which is 0 along a straight line).
template <int kOrder>
class Predictor {
 public:
  std::uint64_t residual(std::uint64_t value) {
    const std::uint64_t difference = value - last_;
    const std::uint64_t result = kOrder == 1 ? difference : difference - slope_;
    last_ = value;
    slope_ = difference;
    return result;
  }
  std::uint64_t value(std::uint64_t residual) {
    slope_ = kOrder == 1 ? residual : slope_ + residual;
    return last_ += slope_;
  }

 private:
  std::uint64_t last_ = 0;
  std::uint64_t slope_ = 0;
};

/// LEB128: seven bits a byte, the lowest first, the top bit set in all but the last.
class VarintWriter {
 public:
  explicit VarintWriter(std::vector<std::byte>& out) : out_(out) {}
  void put(std::uint64_t v) {
    while (v >= 0x80U) {
      out_.push_back(static_cast<std::byte>(v | 0x80U));
      v >>= 7U;
    }
    out_.push_back(static_cast<std::byte>(v));
  }

 private:
  std::vector<std::byte>& out_;
};

/// Reads 0 beyond the end and remembers it, so that callers check once.
class VarintReader {
 public:
  explicit VarintReader(std::span<const std::byte> in) : in_(in) {}
  std::uint64_t take();
  [[nodiscard]] bool failed() const { return failed_; }
  /// What has not been read.
  [[nodiscard]] std::span<const std::byte> rest() const { return in_.subspan(at_); }

 private:
  std::span<const std::byte> in_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// A Rice code of parameter k: v >> k in unary (ones, ended by a zero), then the k low bits. Nothing is near it in
/// simplicity for numbers that noise makes, and it needs no table, which a block of a second is too short to pay for.
/// A number whose unary part would reach kRiceEscape stands as that many ones and its 64 bits.
constexpr unsigned kRiceEscape = 24;
constexpr unsigned kMaxRiceParameter = 40;

/// Bits of @p values with parameter @p k.
[[nodiscard]] std::uint64_t rice_bits(std::span<const std::uint64_t> values, unsigned k);
/// The parameter that makes @p values shortest, or nearly.
[[nodiscard]] unsigned rice_parameter(std::span<const std::uint64_t> values);
/// Appends them to @p out, the lowest bit of each byte first, the last byte filled up with zeros.
void rice_put(std::vector<std::byte>& out, std::span<const std::uint64_t> values, unsigned k);
/// Fills @p values from @p in. @return whether @p in is their code, to its last byte and its padding.
[[nodiscard]] bool rice_take(std::span<const std::byte> in, std::span<std::uint64_t> values, unsigned k);

}  // namespace knead::record
