// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/block_codec.hpp"

#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <new>

#include "daemon/record/codes.hpp"

namespace knead::record {

namespace {

constexpr int kCodec1 = 1;
/// Of each codec's columns of varints: a sound block has a byte or more of each for each sample.
constexpr std::size_t columns_of(int codec) { return codec == kCodec1 ? 7 : 6; }
/// Of the six columns of varints higher levels make nothing smaller, and the Rice code cannot be.
constexpr int kLevel = 1;

std::uint64_t device_us(const Sample& s) {
  return static_cast<std::uint64_t>(s.device_time.time_since_epoch().count());
}
std::uint64_t host_ns(const Sample& s) { return static_cast<std::uint64_t>(s.host_time.time_since_epoch().count()); }
std::uint64_t raw_count(const Sample& s) { return static_cast<std::uint64_t>(std::int64_t{s.raw}); }
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

template <int kOrder, class Set>
void from_residuals(std::span<const std::uint64_t> residuals, std::span<TimedSample> samples, Set set) {
  Predictor<kOrder> predict;
  for (std::size_t i = 0; i < samples.size(); ++i) set(samples[i], predict.value(unzigzag(residuals[i])));
}

/// Of two orders the one with the smaller sum is the shorter code. A single outlier must not decide it.
std::uint64_t size_hint(std::span<const std::uint64_t> residuals) {
  constexpr std::uint64_t kOutlier = std::uint64_t{1} << 16U;
  std::uint64_t sum = 0;
  for (const std::uint64_t v : residuals) sum += std::min(v, kOutlier);
  return sum;
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
  columns_.clear();
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
                [](const TimedSample& s) { return std::uint64_t{static_cast<std::uint32_t>(s.sample.quality)}; });
  put_column<1>(out, samples, [](const TimedSample& s) { return std::uint64_t{s.sample.motor.value}; });
  put_raw(out, samples);

  std::vector<std::byte> block(ZSTD_compressBound(columns_.size()));
  const std::size_t size = ZSTD_compress2(context_.get(), block.data(), block.size(), columns_.data(), columns_.size());
  // Cannot fail for want of room (compressBound), so only for want of memory.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  block.resize(size);
  block.shrink_to_fit();
  return block;
}

void BlockEncoder::put_raw(VarintWriter& out, std::span<const TimedSample> samples) {
  first_.clear();
  second_.clear();
  const std::uint64_t origin = samples.empty() ? 0 : raw_count(samples.front().sample);
  Predictor<1> first;
  Predictor<2> second;
  for (const TimedSample& s : samples) {
    const std::uint64_t raw = raw_count(s.sample) - origin;
    first_.push_back(zigzag(first.residual(raw)));
    second_.push_back(zigzag(second.residual(raw)));
  }
  const bool straight = size_hint(second_) < size_hint(first_);
  const auto& residuals = straight ? second_ : first_;
  const unsigned k = rice_parameter(residuals);
  out.put(straight ? 2 : 1);
  out.put(k);
  out.put(zigzag(origin));
  rice_put(columns_, residuals, k);
}

void BlockDecoder::Free::operator()(ZSTD_DCtx_s* context) const noexcept { ZSTD_freeDCtx(context); }

BlockDecoder::BlockDecoder() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
}

Result<std::span<const TimedSample>> BlockDecoder::decode(int codec, std::span<const std::byte> block,
                                                          const protocol::Calibration& calibration) {
  if (codec != kBlockCodec && codec != kCodec1) {
    return fail(Errc::kStorage, "a block of samples uses codec " + std::to_string(codec) + ", which is not known here",
                "use a newer Knead");
  }
  const unsigned long long size = ZSTD_getFrameContentSize(block.data(), block.size());
  constexpr std::size_t kMaxBytes = (kMaxBlockSamples * columns_of(kCodec1) + 1) * kMaxVarint;
  // The two error values of zstd are the largest numbers there are.
  if (size > kMaxBytes) return damaged("it has no sound size");
  columns_.resize(static_cast<std::size_t>(size));
  const std::size_t got =
      ZSTD_decompressDCtx(context_.get(), columns_.data(), columns_.size(), block.data(), block.size());
  if (ZSTD_isError(got) != 0) return damaged(ZSTD_getErrorName(got));
  if (got != columns_.size()) return damaged("it ends early");

  VarintReader in(columns_);
  const std::uint64_t count = in.take();
  if (count > kMaxBlockSamples || count * columns_of(codec) > columns_.size()) return damaged("its count is wrong");
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
  const auto set_raw = [&calibration](TimedSample& s, std::uint64_t v) {
    s.sample.raw = static_cast<std::int32_t>(v);
    s.sample.force = calibration.force(s.sample.raw);
  };
  if (codec == kCodec1) take_column<1>(in, samples_, set_raw);
  take_column<1>(in, samples_, [](TimedSample& s, std::uint64_t v) {
    s.sample.quality = static_cast<Quality>(static_cast<std::uint32_t>(v));
  });
  take_column<1>(in, samples_,
                 [](TimedSample& s, std::uint64_t v) { s.sample.motor = Level{static_cast<std::uint8_t>(v)}; });
  bool sound = !in.failed();
  if (codec == kCodec1) {
    sound = sound && in.rest().empty();
  } else {
    const std::uint64_t order = in.take();
    const std::uint64_t k = in.take();
    const std::uint64_t origin = unzigzag(in.take());
    const auto set_from_origin = [&](TimedSample& s, std::uint64_t v) { set_raw(s, origin + v); };
    residuals_.resize(samples_.size());
    sound = sound && !in.failed() && (order == 1 || order == 2) && k <= kMaxRiceParameter &&
            rice_take(in.rest(), residuals_, static_cast<unsigned>(k));
    if (sound && order == 1) from_residuals<1>(residuals_, samples_, set_from_origin);
    if (sound && order == 2) from_residuals<2>(residuals_, samples_, set_from_origin);
  }
  if (!sound) return damaged("its columns do not add up");
  return std::span<const TimedSample>(samples_);
}

}  // namespace knead::record
