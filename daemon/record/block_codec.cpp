// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/block_codec.hpp"

#include <zstd.h>

#include <chrono>
#include <new>

namespace knead::record {

namespace {

constexpr std::size_t kColumns = 7;
constexpr std::size_t kMaxVarint = 10;  // bytes of a 64-bit LEB128
/// zstd's own default: on one-second blocks of sensor noise higher levels gain under a percent for several times the
/// work.
constexpr int kLevel = 3;

constexpr std::uint64_t zigzag(std::uint64_t v) { return (v << 1U) ^ (0 - (v >> 63U)); }
constexpr std::uint64_t unzigzag(std::uint64_t v) { return (v >> 1U) ^ (0 - (v & 1U)); }

class VarintWriter {
 public:
  explicit VarintWriter(std::vector<std::byte>& out) : out_(out) { out_.clear(); }
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
  std::uint64_t take() {
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
  [[nodiscard]] bool ended_well() const { return !failed_ && at_ == in_.size(); }

 private:
  std::span<const std::byte> in_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// A column's predictor: what is stored is the residual of order 1 (difference) or 2 (difference of the difference).
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

std::uint64_t device_us(const Sample& s) {
  return static_cast<std::uint64_t>(s.device_time.time_since_epoch().count());
}
std::uint64_t host_ns(const Sample& s) { return static_cast<std::uint64_t>(s.host_time.time_since_epoch().count()); }
std::uint64_t session_us(const TimedSample& s) { return static_cast<std::uint64_t>(s.t.time_since_epoch().count()); }

template <int kOrder, class Get>
void put_column(VarintWriter& out, std::span<const TimedSample> samples, Get get) {
  Predictor<kOrder> predict;
  for (const TimedSample& s : samples) out.put(zigzag(predict.residual(get(s))));
}

template <int kOrder, class Set>
void take_column(VarintReader& in, std::span<TimedSample> samples, Set set) {
  Predictor<kOrder> predict;
  for (TimedSample& s : samples) set(s, predict.value(unzigzag(in.take())));
}

std::unexpected<Error> damaged(const char* how) {
  return fail(Errc::kStorage, std::string("a block of samples is damaged: ") + how, "restore a backup of the database");
}

}  // namespace

void BlockEncoder::Free::operator()(ZSTD_CCtx_s* context) const noexcept { ZSTD_freeCCtx(context); }

BlockEncoder::BlockEncoder() : context_(ZSTD_createCCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

std::vector<std::byte> BlockEncoder::encode(std::span<const TimedSample> samples) {
  VarintWriter out(columns_);
  out.put(samples.size());
  // The sequence rises by one; predicting "one more" instead of "the same" is the -1 of the header comment.
  std::uint64_t expected = 0;
  for (const TimedSample& s : samples) {
    out.put(zigzag(s.sample.seq - expected));
    expected = s.sample.seq + 1;
  }
  put_column<2>(out, samples, [](const TimedSample& s) { return device_us(s.sample); });
  put_column<1>(out, samples, [](const TimedSample& s) { return session_us(s) - device_us(s.sample); });
  put_column<2>(out, samples, [](const TimedSample& s) { return host_ns(s.sample) - 1000 * device_us(s.sample); });
  put_column<1>(out, samples,
                [](const TimedSample& s) { return static_cast<std::uint64_t>(std::int64_t{s.sample.raw}); });
  put_column<1>(out, samples,
                [](const TimedSample& s) { return std::uint64_t{static_cast<std::uint32_t>(s.sample.quality)}; });
  put_column<1>(out, samples, [](const TimedSample& s) { return std::uint64_t{s.sample.motor.value}; });

  std::vector<std::byte> block(ZSTD_compressBound(columns_.size()));
  const std::size_t size = ZSTD_compress2(context_.get(), block.data(), block.size(), columns_.data(), columns_.size());
  // Cannot fail for want of room (compressBound), so only for want of memory.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  block.resize(size);
  block.shrink_to_fit();
  return block;
}

void BlockDecoder::Free::operator()(ZSTD_DCtx_s* context) const noexcept { ZSTD_freeDCtx(context); }

BlockDecoder::BlockDecoder() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
}

Result<std::span<const TimedSample>> BlockDecoder::decode(int codec, std::span<const std::byte> block,
                                                          const protocol::Calibration& calibration) {
  if (codec != kBlockCodec) {
    return fail(Errc::kStorage, "a block of samples uses codec " + std::to_string(codec) + ", which is not known here",
                "use a newer Knead");
  }
  const unsigned long long size = ZSTD_getFrameContentSize(block.data(), block.size());
  constexpr std::size_t kMaxBytes = (kMaxBlockSamples * kColumns + 1) * kMaxVarint;
  // The two error values of zstd are the largest numbers there are.
  if (size > kMaxBytes) return damaged("it has no sound size");
  columns_.resize(static_cast<std::size_t>(size));
  const std::size_t got =
      ZSTD_decompressDCtx(context_.get(), columns_.data(), columns_.size(), block.data(), block.size());
  if (ZSTD_isError(got) != 0) return damaged(ZSTD_getErrorName(got));
  if (got != columns_.size()) return damaged("it ends early");

  VarintReader in(columns_);
  const std::uint64_t count = in.take();
  if (count > kMaxBlockSamples || count * kColumns > columns_.size()) return damaged("its count is wrong");
  samples_.assign(static_cast<std::size_t>(count), TimedSample{});

  std::uint64_t expected = 0;
  for (TimedSample& s : samples_) {
    s.sample.seq = expected + unzigzag(in.take());
    expected = s.sample.seq + 1;
  }
  take_column<2>(in, samples_, [](TimedSample& s, std::uint64_t v) {
    s.sample.device_time = DeviceTime(std::chrono::microseconds(static_cast<std::int64_t>(v)));
  });
  take_column<1>(in, samples_, [](TimedSample& s, std::uint64_t v) {
    s.t = SessionTime(std::chrono::microseconds(static_cast<std::int64_t>(v + device_us(s.sample))));
  });
  take_column<2>(in, samples_, [](TimedSample& s, std::uint64_t v) {
    s.sample.host_time = HostTime(std::chrono::nanoseconds(static_cast<std::int64_t>(v + 1000 * device_us(s.sample))));
  });
  take_column<1>(in, samples_, [&](TimedSample& s, std::uint64_t v) {
    s.sample.raw = static_cast<std::int32_t>(v);
    s.sample.force = calibration.force(s.sample.raw);
  });
  take_column<1>(in, samples_, [](TimedSample& s, std::uint64_t v) {
    s.sample.quality = static_cast<Quality>(static_cast<std::uint32_t>(v));
  });
  take_column<1>(in, samples_,
                 [](TimedSample& s, std::uint64_t v) { s.sample.motor = Level{static_cast<std::uint8_t>(v)}; });
  if (!in.ended_well()) return damaged("its columns do not add up");
  return std::span<const TimedSample>(samples_);
}

}  // namespace knead::record
