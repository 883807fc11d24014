// SPDX-License-Identifier: Apache-2.0
// A block of samples, as a disk may give it back: refused, or samples that a new block holds as well. The first byte
// chooses the codec, and whether the rest is a block or, past its checksum, the columns in one.
#include <zstd.h>

#include <vector>

#include "daemon/record/block_codec.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

namespace {

std::vector<std::byte> framed(std::span<const std::byte> columns) {
  std::vector<std::byte> block(ZSTD_compressBound(columns.size()));
  block.resize(ZSTD_compress(block.data(), block.size(), columns.data(), columns.size(), 1));
  return block;
}

bool same(const record::TimedSample& a, const record::TimedSample& b) {
  return a.t == b.t && a.sample.seq == b.sample.seq && a.sample.device_time == b.sample.device_time &&
         a.sample.host_time == b.sample.host_time && a.sample.raw == b.sample.raw &&
         a.sample.quality == b.sample.quality && a.sample.motor == b.sample.motor;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t choice = input.u8();
  const int codec = 1 + (choice & 1U);
  const auto rest = input.take(size);
  const std::vector<std::byte> block =
      (choice & 2U) != 0 ? framed(rest) : std::vector<std::byte>(rest.begin(), rest.end());
  record::BlockDecoder decoder;
  const auto samples = decoder.decode(codec, block, {});
  if (!samples) {
    must(!samples.error().message().empty(), "a refusal says why");
    return 0;
  }
  must(samples->size() <= record::kMaxBlockSamples, "a block has a bound");
  record::BlockEncoder encoder;
  record::BlockDecoder again;
  const auto got = again.decode(record::kBlockCodec, encoder.encode(*samples), {});
  must(got.has_value() && got->size() == samples->size(), "what was decoded can be encoded");
  for (std::size_t i = 0; i < got->size(); ++i) must(same((*got)[i], (*samples)[i]), "a sample comes back as it was");
  return 0;
}
