// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/block_codec.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::calibration;
using test::expect_same;

TEST(BlockCodec, GivesBackEverySampleOfARoughRide) {
  const auto samples = test::rough_ride(8000, 1);
  BlockEncoder encoder;
  BlockDecoder decoder;
  const auto block = encoder.encode(samples);
  const auto got = decoder.decode(kBlockCodec, block, calibration());
  ASSERT_TRUE(got) << got.error().message();
  expect_same(*got, samples);
}

TEST(BlockCodec, GivesBackAnEmptyBlock) {
  BlockEncoder encoder;
  BlockDecoder decoder;
  const auto block = encoder.encode({});
  const auto got = decoder.decode(kBlockCodec, block, calibration());
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->empty());
}

RC_GTEST_PROP(BlockCodec, GivesBackAnyFieldsWhatever, ()) {
  // Whatever 64 bits can hold, in any order: differences of differences wrap, and come back.
  const auto any = rc::gen::arbitrary<std::int64_t>();
  const auto samples = *rc::gen::container<std::vector<TimedSample>>(
      rc::gen::map(rc::gen::tuple(any, any, any, any, rc::gen::arbitrary<std::int32_t>(),
                                  rc::gen::arbitrary<std::uint32_t>(), rc::gen::arbitrary<std::uint8_t>()),
                   [](const auto& f) {
                     TimedSample s;
                     s.t = SessionTime(std::chrono::microseconds(std::get<0>(f)));
                     s.sample.seq = static_cast<std::uint64_t>(std::get<1>(f));
                     s.sample.device_time = DeviceTime(std::chrono::microseconds(std::get<2>(f)));
                     s.sample.host_time = HostTime(std::chrono::nanoseconds(std::get<3>(f)));
                     s.sample.raw = std::get<4>(f) >> 8;
                     s.sample.quality = static_cast<Quality>(std::get<5>(f));
                     s.sample.motor = Level{std::get<6>(f)};
                     s.sample.force = calibration().force(s.sample.raw);
                     return s;
                   }));
  BlockEncoder encoder;
  BlockDecoder decoder;
  const auto block = encoder.encode(samples);
  const auto got = decoder.decode(kBlockCodec, block, calibration());
  RC_ASSERT(got.has_value());
  RC_ASSERT(got->size() == samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const TimedSample& a = (*got)[i];
    const TimedSample& b = samples[i];
    RC_ASSERT(a.t == b.t);
    RC_ASSERT(a.sample.seq == b.sample.seq);
    RC_ASSERT(a.sample.device_time == b.sample.device_time);
    RC_ASSERT(a.sample.host_time == b.sample.host_time);
    RC_ASSERT(a.sample.raw == b.sample.raw);
    RC_ASSERT(a.sample.quality == b.sample.quality);
    RC_ASSERT(a.sample.motor == b.sample.motor);
    RC_ASSERT(a.sample.force == b.sample.force);
  }
}

TEST(BlockCodec, NoticesEveryFlippedBit) {
  const auto samples = test::rough_ride(40, 2);
  BlockEncoder encoder;
  BlockDecoder decoder;
  const auto block = encoder.encode(samples);
  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    auto bad = block;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto got = decoder.decode(kBlockCodec, bad, calibration());
    if (got) {
      // A bit of the frame's header that changes nothing may flip; the samples never do.
      ASSERT_NO_FATAL_FAILURE(expect_same(*got, samples)) << "bit " << bit;
    }
  }
}

TEST(BlockCodec, RefusesATruncatedBlockAndAnUnknownCodec) {
  const auto samples = test::rough_ride(100, 3);
  BlockEncoder encoder;
  BlockDecoder decoder;
  auto block = encoder.encode(samples);
  for (std::size_t size = 0; size < block.size(); ++size) {
    EXPECT_FALSE(decoder.decode(kBlockCodec, std::span(block).first(size), calibration())) << size << " bytes";
  }
  const auto unknown = decoder.decode(99, block, calibration());
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), testing::HasSubstr("codec 99"));
}

TEST(BlockCodec, MakesASteadySignalSmall) {
  auto samples = test::rough_ride(1000, 4, false);
  BlockEncoder encoder;
  const auto bytes = static_cast<double>(encoder.encode(samples).size());
  RecordProperty("bytes_per_sample", std::to_string(bytes / 1000.0));
  // A row per sample in SQLite costs tens of bytes. The test's host clock jitters in every sample, which alone is 0.7.
  EXPECT_LT(bytes / 1000.0, 2.5);
}

}  // namespace
}  // namespace knead::record
