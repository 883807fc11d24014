// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/block_codec.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <charconv>
#include <string_view>

#include "daemon/record/codes.hpp"
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

/// A loss, a flag, a motor step, a rail, a host clock that does not run like the ball's: what the recorded blocks hold.
std::vector<TimedSample> recorded_samples() {
  std::vector<TimedSample> samples;
  for (int i = 0; i < 24; ++i) {
    TimedSample s;
    const int lost = i < 9 ? 0 : 4;
    s.sample.seq = 4'294'967'290U + static_cast<unsigned>(i + lost);
    s.sample.device_time = DeviceTime(std::chrono::microseconds(7'000'123 + 1000 * (i + lost)));
    s.sample.host_time = HostTime(std::chrono::nanoseconds(55'000'000'000'017 + std::int64_t{1'000'021} * (i + lost)));
    s.t = SessionTime(std::chrono::microseconds(1000 * (i + lost)));
    s.sample.raw = 84'213 + 37 * i * i + i * 7919 % 23 - (i == 20 ? 8'000'000 : 0);
    s.sample.quality = i == 9 ? Quality::kGapBefore : i == 20 ? Quality::kSaturated : Quality::kGood;
    s.sample.motor = Level{static_cast<std::uint8_t>(i < 5 ? 0 : 128)};
    s.sample.force = calibration().force(s.sample.raw);
    samples.push_back(s);
  }
  return samples;
}

std::vector<std::byte> bytes_of_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at + 2 <= hex.size(); at += 2) {
    std::uint8_t byte = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
    bytes.push_back(std::byte{byte});
  }
  return bytes;
}

TEST(BlockCodec, ReadsBlocksThatWereRecordedWithEachCodecThereWas) {
  // Never changed once released: people's records are made of them.
  constexpr std::string_view kCodec1 =
      "28b52ffd24e73d0400340618f4ffffff1f00ff0800f6c0d606a5b1d60600c03ebf3e00f5c0b2a6c8e38181198700a801a70100eaa30a58"
      "ec018003e603a805bc06a207e408f809de0aa00cb40dc80eae0ff0108412ea12ac14c015d9b1d007e8dfd007fc18e21900020403800200"
      "0f00b90d401ead8c4fd8ac00b1017fb82154060628fc2c30e01a0c0777b0655800b6da597910";
  constexpr std::string_view kCodec2 =
      "28b52ffd24fbdd0400440718f4ffffff1f00ff08f6c0d606a5b1d6060000c03ebf3e0000f5c0b2a6c8e381811987a801a7010204038002"
      "0114eaa30a00000016006007008001c03c00a00a009e01203a00c808003e01f02a00200680d600201d00d7030087000812805a02605100"
      "c00af0ff978d41ff7fe82f848f0188330011004000188025639071e7c6b96981a0a032501918a0f0b36060055ccc15c0bcd7322c005b3d"
      "d4142f";
  BlockDecoder decoder;
  const auto samples = recorded_samples();
  int codec = 1;
  for (const std::string_view hex : {kCodec1, kCodec2}) {
    SCOPED_TRACE(codec);
    const auto got = decoder.decode(codec++, bytes_of_hex(hex), calibration());
    ASSERT_TRUE(got) << got.error().message();
    expect_same(*got, samples);
  }
  EXPECT_EQ(codec, kBlockCodec + 1) << "a new codec comes with a recorded block of its own";
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
                     s.sample.raw = std::get<4>(f);
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

TEST(BlockCodec, RefusesMoreSamplesThanABlockMayHold) {
  BlockEncoder encoder;
  BlockDecoder decoder;
  std::vector<TimedSample> samples(kMaxBlockSamples);
  EXPECT_TRUE(decoder.decode(kBlockCodec, encoder.encode(samples), calibration()));
  samples.emplace_back();
  EXPECT_FALSE(decoder.decode(kBlockCodec, encoder.encode(samples), calibration()));
}

TEST(BlockCodec, KeepsASampleOfAKilohertzInTenBitsAndLess) {
  // The ball's own noise, 6 counts, around a hand that presses and lets go; the host's clock along ClockSync's line.
  std::mt19937 random(4);
  std::normal_distribution<double> noise(0.0, 6.0);
  std::vector<TimedSample> samples;
  for (int i = 0; i < 1000; ++i) {
    TimedSample s;
    s.sample.seq = 70'000U + static_cast<unsigned>(i);
    s.sample.device_time = DeviceTime(std::chrono::microseconds(70'000'000 + 1000 * i));
    s.sample.host_time = HostTime(std::chrono::nanoseconds(9'000'000'000'000 + std::llround(1'000'031.7 * i)));
    s.t = SessionTime(std::chrono::milliseconds(i));
    s.sample.raw = static_cast<std::int32_t>(400'000.0 + 300'000.0 * std::sin(i / 900.0) + noise(random));
    samples.push_back(s);
  }
  BlockEncoder encoder;
  const auto bytes = static_cast<double>(encoder.encode(samples).size());
  RecordProperty("bytes_per_sample", std::to_string(bytes / 1000.0));
  EXPECT_LT(bytes / 1000.0, 1.2);
}

RC_GTEST_PROP(Rice, GivesBackAnyNumbersWithAnyParameter, ()) {
  const auto values = *rc::gen::arbitrary<std::vector<std::uint64_t>>();
  const auto k = *rc::gen::inRange(0U, kMaxRiceParameter + 1);
  std::vector<std::byte> code;
  rice_put(code, values, k);
  RC_ASSERT(code.size() == (rice_bits(values, k) + 7) / 8);
  std::vector<std::uint64_t> got(values.size());
  RC_ASSERT(rice_take(code, got, k));
  RC_ASSERT(got == values);
}

TEST(Rice, FindsTheShortestParameterDespiteAnOutlier) {
  std::mt19937 random(5);
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 1000; ++i) values.push_back(random() % 40);
  values[500] = std::uint64_t{1} << 60U;
  const unsigned found = rice_parameter(values);
  for (unsigned k = 0; k <= kMaxRiceParameter; ++k) EXPECT_LE(rice_bits(values, found), rice_bits(values, k)) << k;
}

TEST(Rice, RefusesACodeThatIsCutShortOrGoesOn) {
  const std::vector<std::uint64_t> values{5, 900, 3, 77};
  std::vector<std::byte> code;
  rice_put(code, values, 3);
  std::vector<std::uint64_t> got(values.size());
  EXPECT_FALSE(rice_take(std::span(code).first(code.size() - 1), got, 3));
  code.push_back({});
  EXPECT_FALSE(rice_take(code, got, 3));
}

}  // namespace
}  // namespace knead::record
