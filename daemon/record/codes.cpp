// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/codes.hpp"

#include <algorithm>
#include <bit>

namespace knead::record {

namespace {

constexpr unsigned kBitsOfEscaped = 64;
constexpr unsigned kHalf = 32;  // the most that is put or taken at once

/// Low bits first.
class BitWriter {
 public:
  explicit BitWriter(std::vector<std::byte>& out) : out_(out) {}
  /// @p count <= 32
  void put(std::uint64_t bits, unsigned count) {
    held_ |= bits << held_count_;
    held_count_ += count;
    for (; held_count_ >= 8; held_count_ -= 8, held_ >>= 8U) out_.push_back(static_cast<std::byte>(held_));
  }
  void finish() {
    if (held_count_ > 0) out_.push_back(static_cast<std::byte>(held_));
  }

 private:
  std::vector<std::byte>& out_;
  std::uint64_t held_ = 0;
  unsigned held_count_ = 0;  // < 8 between calls
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> in) : in_(in) {}
  /// @p count <= 32; zeros beyond the end.
  std::uint64_t take(unsigned count) {
    fill();
    const std::uint64_t bits = held_ & ((std::uint64_t{1} << count) - 1);
    drop(count);
    return bits;
  }
  /// Ones, up to and with the zero that ends them, or @p most of them.
  unsigned ones(unsigned most) {
    fill();
    const unsigned count = std::min(static_cast<unsigned>(std::countr_one(held_)), most);
    drop(count < most ? count + 1 : count);
    return count;
  }
  [[nodiscard]] bool ended_well() const { return !failed_ && at_ == in_.size() && held_count_ < 8 && held_ == 0; }

 private:
  void fill() {
    for (; held_count_ <= 32 && at_ < in_.size(); held_count_ += 8) {
      held_ |= std::to_integer<std::uint64_t>(in_[at_++]) << held_count_;
    }
  }
  void drop(unsigned count) {
    failed_ |= count > held_count_;
    held_ >>= count;
    held_count_ -= std::min(count, held_count_);
  }

  std::span<const std::byte> in_;
  std::size_t at_ = 0;
  std::uint64_t held_ = 0;
  unsigned held_count_ = 0;
  bool failed_ = false;
};

}  // namespace

std::uint64_t VarintReader::take() {
  std::uint64_t v = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == in_.size()) break;
    const auto byte = static_cast<std::uint64_t>(in_[at_++]);
    v |= (byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return v;
  }
  failed_ = true;
  return 0;
}

std::uint64_t rice_bits(std::span<const std::uint64_t> values, unsigned k) {
  std::uint64_t bits = 0;
  for (const std::uint64_t v : values) {
    const std::uint64_t high = v >> k;
    bits += high < kRiceEscape ? high + 1 + k : kRiceEscape + kBitsOfEscaped;
  }
  return bits;
}

unsigned rice_parameter(std::span<const std::uint64_t> values) {
  if (values.empty()) return 0;
  std::uint64_t sum = 0;
  for (const std::uint64_t v : values) sum += std::min(v, std::uint64_t{1} << kMaxRiceParameter);
  // The mean tells it for noise; a few outliers raise the mean, and then less is better.
  auto k = std::min(static_cast<unsigned>(std::bit_width(sum / values.size())), kMaxRiceParameter);
  std::uint64_t bits = rice_bits(values, k);
  while (k > 0) {
    const std::uint64_t fewer = rice_bits(values, k - 1);
    if (fewer > bits) break;
    bits = fewer;
    --k;
  }
  return k;
}

void rice_put(std::vector<std::byte>& out, std::span<const std::uint64_t> values, unsigned k) {
  constexpr std::uint64_t kOnes = (std::uint64_t{1} << kRiceEscape) - 1;
  constexpr std::uint64_t kLowHalf = 0xFFFF'FFFF;
  BitWriter bits(out);
  const auto put_low = [&bits](std::uint64_t v, unsigned count) {
    if (count > kHalf) {
      bits.put(v & kLowHalf, kHalf);
      v >>= kHalf;
      count -= kHalf;
    }
    bits.put(v & ((std::uint64_t{1} << count) - 1), count);
  };
  for (const std::uint64_t v : values) {
    const std::uint64_t high = v >> k;
    if (high < kRiceEscape) {
      bits.put((std::uint64_t{1} << high) - 1, static_cast<unsigned>(high) + 1);
      put_low(v, k);
    } else {
      bits.put(kOnes, kRiceEscape);
      put_low(v, kBitsOfEscaped);
    }
  }
  bits.finish();
}

bool rice_take(std::span<const std::byte> in, std::span<std::uint64_t> values, unsigned k) {
  BitReader bits(in);
  const auto take_low = [&bits](unsigned count) {
    const std::uint64_t low = bits.take(std::min(count, kHalf));
    return count > kHalf ? low | bits.take(count - kHalf) << kHalf : low;
  };
  for (std::uint64_t& v : values) {
    const std::uint64_t high = bits.ones(kRiceEscape);
    v = high < kRiceEscape ? high << k | take_low(k) : take_low(kBitsOfEscaped);
  }
  return bits.ended_well();
}

}  // namespace knead::record
