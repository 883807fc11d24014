// SPDX-License-Identifier: Apache-2.0
// Golden bytes, both directions; each is laid out as the tables of hw/PROTOCOL.md are.
#include "hw/protocol/codec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/unit/protocol/hex.hpp"

namespace knead::protocol {

// NOLINTNEXTLINE(readability-identifier-naming): the name GoogleTest looks for
void PrintTo(DecodeError e, std::ostream* out) { *out << to_string(e); }

namespace {

// ---- Reports ------------------------------------------------------------------------------------------------------

struct ReportCase {
  std::string name;
  Report report;
  std::string bytes;
};

const std::vector<ReportCase>& report_cases() {
  static const std::vector<ReportCase> cases{
      {"one_reading_as_in_the_page",
       {.count = 1,
        .flags = 0x0002,
        .seq = 7,
        .time_us = 8000,
        .period_us = 1000,
        .motor_level = 128,
        .temperature_c = 24,
        .raw = {584213}},
       "01 01 02 00  07 00 00 00  40 1F 00 00  E8 03 80 18  15 EA 08 00"},
      {"both_rails_a_cold_ball_and_the_last_sequence_number",
       {.count = 2,
        .flags = 0x0310,
        .seq = 0xFFFFFFFF,
        .time_us = 0x89ABCDEF,
        .period_us = 125,
        .motor_level = 255,
        .temperature_c = -5,
        .raw = {kRawMin, kRawMax}},
       "01 02 10 03  FF FF FF FF  EF CD AB 89  7D 00 FF FB  00 00 80 FF  FF FF 7F 00"},
      {"twelve_readings_fill_the_packet",
       {.count = 12, .seq = 1, .period_us = 125, .raw = {0, 1, -1, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
       "01 0C 00 00  01 00 00 00  00 00 00 00  7D 00 00 00"
       "00 00 00 00  01 00 00 00  FF FF FF FF  03 00 00 00  04 00 00 00  05 00 00 00"
       "06 00 00 00  07 00 00 00  08 00 00 00  09 00 00 00  0A 00 00 00  0B 00 00 00"},
      {"flags_of_a_later_minor_version_are_kept_for_whoever_knows_them",
       {.count = 1, .flags = 0x8000, .seq = 1, .period_us = 1000},
       "01 01 00 80  01 00 00 00  00 00 00 00  E8 03 00 00  00 00 00 00"}};
  return cases;
}

class GoldenReport : public testing::TestWithParam<ReportCase> {};

TEST_P(GoldenReport, EncodesToItsBytes) {
  std::array<std::byte, kPacketSize> out{};
  const std::size_t size = encode_report(GetParam().report, out);
  EXPECT_EQ(to_hex(std::span(out).first(size)), to_hex(from_hex(GetParam().bytes)));
}

TEST_P(GoldenReport, DecodesFromItsBytes) {
  const auto decoded = decode_report(from_hex(GetParam().bytes));
  ASSERT_TRUE(decoded) << to_string(decoded.error());
  const Report& want = GetParam().report;
  EXPECT_EQ(decoded->count, want.count);
  EXPECT_EQ(decoded->flags, want.flags);
  EXPECT_EQ(decoded->seq, want.seq);
  EXPECT_EQ(decoded->time_us, want.time_us);
  EXPECT_EQ(decoded->period_us, want.period_us);
  EXPECT_EQ(decoded->motor_level, want.motor_level);
  EXPECT_EQ(decoded->temperature_c, want.temperature_c);
  EXPECT_EQ(decoded->raw, want.raw);
}

INSTANTIATE_TEST_SUITE_P(Protocol, GoldenReport, testing::ValuesIn(report_cases()),
                         [](const auto& one) { return one.param.name; });

// ---- What is refused ----------------------------------------------------------------------------------------------

struct Refusal {
  std::string name;
  std::string bytes;
  DecodeError why;
};

class RefusedReport : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedReport, SaysWhy) {
  const auto decoded = decode_report(from_hex(GetParam().bytes));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error(), GetParam().why);
}
INSTANTIATE_TEST_SUITE_P(
    Protocol, RefusedReport,
    testing::Values(
        Refusal{"nothing", "", DecodeError::kTooShort},
        Refusal{"half_a_header", "01 01 00 00 07 00 00 00", DecodeError::kTooShort},
        Refusal{"another_type", "02 01 00 00  07 00 00 00  00 00 00 00  E8 03 00 00  00 00 00 00",
                DecodeError::kUnknownType},
        Refusal{"a_reading_cut_short", "01 01 00 00  07 00 00 00  00 00 00 00  E8 03 00 00  00 00 00",
                DecodeError::kTooShort},
        Refusal{"a_byte_too_many", "01 01 00 00  07 00 00 00  00 00 00 00  E8 03 00 00  00 00 00 00  00",
                DecodeError::kTooLong},
        Refusal{"no_readings", "01 00 00 00  07 00 00 00  00 00 00 00  E8 03 00 00", DecodeError::kBadCount},
        Refusal{"thirteen_readings", "01 0D 00 00  07 00 00 00  00 00 00 00  E8 03 00 00", DecodeError::kBadCount},
        Refusal{"faster_than_8_khz", "01 01 00 00  07 00 00 00  00 00 00 00  7C 00 00 00  00 00 00 00",
                DecodeError::kBadPeriod},
        Refusal{"slower_than_1_khz", "01 01 00 00  07 00 00 00  00 00 00 00  E9 03 00 00  00 00 00 00",
                DecodeError::kBadPeriod},
        Refusal{"a_count_above_24_bits", "01 01 00 00  07 00 00 00  00 00 00 00  E8 03 00 00  00 00 80 00",
                DecodeError::kBadRaw},
        Refusal{"a_count_below_24_bits", "01 01 00 00  07 00 00 00  00 00 00 00  E8 03 00 00  FF FF 7F FF",
                DecodeError::kBadRaw}),
    [](const auto& one) { return one.param.name; });

class RefusedCommand : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedCommand, SaysWhy) {
  const auto decoded = decode_motor_command(from_hex(GetParam().bytes));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error(), GetParam().why);
}
INSTANTIATE_TEST_SUITE_P(
    Protocol, RefusedCommand,
    testing::Values(Refusal{"nothing", "", DecodeError::kTooShort},
                    Refusal{"a_byte_too_few", "10 80 96 00 26 00 00 00 09 00 00", DecodeError::kTooShort},
                    Refusal{"a_byte_too_many", "10 80 96 00 26 00 00 00 09 00 00 00 00", DecodeError::kTooLong},
                    Refusal{"another_type", "11 80 96 00 26 00 00 00 09 00 00 00", DecodeError::kUnknownType},
                    Refusal{"a_level_without_a_ttl", "10 80 00 00 26 00 00 00 09 00 00 00", DecodeError::kBadTtl},
                    Refusal{"a_ttl_of_501_ms", "10 01 F5 01 26 00 00 00 09 00 00 00", DecodeError::kBadTtl},
                    Refusal{"an_unknown_pattern", "10 80 96 00 26 00 03 00 09 00 00 00", DecodeError::kBadPattern},
                    Refusal{"a_reserved_byte_in_use", "10 80 96 00 26 00 00 01 09 00 00 00",
                            DecodeError::kBadReserved}),
    [](const auto& one) { return one.param.name; });

// A calibration is refused for its content only when its CRC is right: each of these has the CRC that belongs to it.
class RefusedCalibration : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedCalibration, SaysWhy) {
  const auto decoded = decode_calibration(from_hex(GetParam().bytes));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error(), GetParam().why);
}
INSTANTIATE_TEST_SUITE_P(
    Protocol, RefusedCalibration,
    testing::Values(
        Refusal{"too_short", "01 00 00 00", DecodeError::kTooShort},
        Refusal{"too_long",
                "01 00 00 00 F5 48 01 00 00 00 00 00 75 CD 1F 00 A0 86 01 00 F5 48 01 00 F5 48 01 00 5E 07 77 A9 00",
                DecodeError::kTooLong},
        Refusal{"one_bit_flipped",
                "01 00 00 00 F5 48 01 00 00 00 00 00 75 CD 1F 00 A0 86 01 00 F5 48 01 00 F4 48 01 00 5E 07 77 A9",
                DecodeError::kBadCrc},
        Refusal{"equal_raw_points",
                "01 00 00 00 05 00 00 00 00 00 00 00 05 00 00 00 E8 03 00 00 00 00 00 00 00 00 00 00 8D BF C4 C4",
                DecodeError::kBadPoints},
        Refusal{"equal_forces",
                "01 00 00 00 05 00 00 00 E8 03 00 00 06 00 00 00 E8 03 00 00 00 00 00 00 00 00 00 00 55 EB 74 97",
                DecodeError::kBadPoints},
        Refusal{"a_tare_outside_24_bits",
                "01 00 00 00 05 00 00 00 00 00 00 00 06 00 00 00 E8 03 00 00 00 00 80 00 00 00 00 00 A7 1F BC F3",
                DecodeError::kBadRaw},
        Refusal{"calibrated_neither_yes_nor_no",
                "02 00 00 00 05 00 00 00 00 00 00 00 06 00 00 00 E8 03 00 00 00 00 00 00 00 00 00 00 58 0C D2 EF",
                DecodeError::kBadReserved},
        Refusal{"a_reserved_byte_in_use",
                "01 01 00 00 05 00 00 00 00 00 00 00 06 00 00 00 E8 03 00 00 00 00 00 00 00 00 00 00 3E 10 80 83",
                DecodeError::kBadReserved}),
    [](const auto& one) { return one.param.name; });

// ---- Commands and control data, both directions ---------------------------------------------------------------------

template <class T, std::size_t N>
void expect_both_ways(const T& value, std::string_view bytes,
                      void (*encode)(const T&, std::span<std::byte, N>) noexcept,
                      Decoded<T> (*decode)(std::span<const std::byte>) noexcept) {
  std::array<std::byte, N> out{};
  out.fill(std::byte{0xEE});  // an encoder that leaves a byte alone is seen
  encode(value, out);
  EXPECT_EQ(to_hex(out), to_hex(from_hex(bytes)));
  const auto decoded = decode(from_hex(bytes));
  ASSERT_TRUE(decoded) << to_string(decoded.error());
  EXPECT_EQ(*decoded, value);
}

TEST(GoldenMotorCommand, RunsAndStopsAsInThePage) {
  expect_both_ways(MotorCommand{.level = Level{128}, .frequency_hz = 38, .ttl_ms = 150, .seq = 9},
                   "10 80 96 00 26 00 00 00 09 00 00 00", encode_motor_command, decode_motor_command);
  expect_both_ways(MotorCommand{.seq = 10}, "10 00 00 00 00 00 00 00 0A 00 00 00", encode_motor_command,
                   decode_motor_command);
}

TEST(GoldenMotorCommand, HasEveryFieldAtItsOffset) {
  expect_both_ways(
      MotorCommand{
          .level = Level{0x21}, .pattern = Pattern::kWave, .frequency_hz = 0x4342, .ttl_ms = 500, .seq = 0x64636261},
      "10 21 F4 01 42 43 02 00 61 62 63 64", encode_motor_command, decode_motor_command);
}

TEST(GoldenMotorCommand, TtlMeansNothingWhenTheMotorIsToldToStop) {
  EXPECT_TRUE(decode_motor_command(from_hex("10 00 FF FF 00 00 00 00 01 00 00 00")));
}

TEST(GoldenInfo, HasEveryFieldAtItsOffset) {
  expect_both_ways(
      Info{.version_major = 1,
           .version_minor = 2,
           .firmware = 0x0304,
           .max_rate_hz = 8000,
           .rate_hz = 1000,
           .contact_area_mm2 = 0x0605,
           .motor_default_hz = 38,
           .motor_ceiling = 204,
           .temperature_limit_c = 45,
           .full_scale_n = 100},
      "01 02 04 03  40 1F E8 03  05 06 26 00  CC 2D 64 00  00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00",
      encode_info, decode_info);
}

TEST(GoldenInfo, IgnoresWhatALaterMinorVersionAdds) {
  EXPECT_TRUE(decode_info(
      from_hex("01 09 04 03 40 1F E8 03 05 06 26 00 CC 2D 64 00 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF")));
}

TEST(GoldenCalibration, IsThatOfThePage) {
  expect_both_ways(Calibration{.calibrated = true,
                               .point_a_raw = 84213,
                               .point_a_mn = 0,
                               .point_b_raw = 2084213,
                               .point_b_mn = 100000,
                               .tare_raw = 84213,
                               .reference_raw = 84213},
                   "01 00 00 00 F5 48 01 00 00 00 00 00 75 CD 1F 00 A0 86 01 00 F5 48 01 00 F5 48 01 00 5E 07 77 A9",
                   encode_calibration, decode_calibration);
}

TEST(GoldenCalibration, HasEveryFieldAtItsOffset) {
  expect_both_ways(Calibration{.calibrated = true,
                               .point_a_raw = 0x00131211,
                               .point_a_mn = -2,
                               .point_b_raw = -0x00232221,
                               .point_b_mn = 0x34333231,
                               .tare_raw = 0x00434241,
                               .reference_raw = 0x00535251},
                   "01 00 00 00 11 12 13 00 FE FF FF FF DF DD DC FF 31 32 33 34 41 42 43 00 51 52 53 00 99 02 73 3E",
                   encode_calibration, decode_calibration);
}

TEST(GoldenCalibration, OfABallThatNeverMetAWeightNeedsNoPoints) {
  expect_both_ways(Calibration{},
                   "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 E9 77 70 80",
                   encode_calibration, decode_calibration);
}

TEST(GoldenStatus, HasEveryFieldAtItsOffset) {
  expect_both_ways(
      Status{.flags = 0x0201,
             .rejected_commands = 0x14131211,
             .dropped_readings = 0x24232221,
             .ttl_expiries = 0x34333231,
             .uptime_us = 0x4847464544434241},
      "01 02 00 00  11 12 13 14  21 22 23 24  31 32 33 34  41 42 43 44 45 46 47 48  00 00 00 00 00 00 00 00",
      encode_status, decode_status);
}

TEST(GoldenStatus, OfAnotherLengthIsRefused) {
  EXPECT_EQ(decode_status(std::vector<std::byte>(31)).error(), DecodeError::kTooShort);
  EXPECT_EQ(decode_info(std::vector<std::byte>(33)).error(), DecodeError::kTooLong);
}

// ---- Force --------------------------------------------------------------------------------------------------------

TEST(CalibrationFormula, MeasuresForceFromTheTareAndLoadFromTheReference) {
  const Calibration c{.calibrated = true,
                      .point_a_raw = 1000,
                      .point_a_mn = 0,
                      .point_b_raw = 201000,
                      .point_b_mn = 10000,
                      .tare_raw = 21000,
                      .reference_raw = 1000};
  EXPECT_DOUBLE_EQ(c.force(101000).value, 4.0);
  EXPECT_DOUBLE_EQ(c.force_from_reference(101000).value, 5.0);
}

TEST(CalibrationFormula, GivesNoForceWithoutACalibration) { EXPECT_EQ(Calibration{}.force(123456).value, 0.0); }

}  // namespace
}  // namespace knead::protocol
