// SPDX-License-Identifier: Apache-2.0
// What holds for every message: it comes back as it went out, and no bytes whatever upset a decoder.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>  // needs GoogleTest before it

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "hw/protocol/codec.hpp"

namespace knead::protocol {
namespace {

std::int32_t any_raw() { return *rc::gen::inRange<std::int32_t>(kRawMin, kRawMax + 1); }

Report any_report() {
  Report r;
  r.count = *rc::gen::inRange<std::uint8_t>(1, kMaxReadings + 1);
  r.flags = *rc::gen::arbitrary<std::uint16_t>();
  r.seq = *rc::gen::arbitrary<std::uint32_t>();
  r.time_us = *rc::gen::arbitrary<std::uint32_t>();
  r.period_us = *rc::gen::inRange<std::uint16_t>(125, 1001);
  r.motor_level = *rc::gen::arbitrary<std::uint8_t>();
  r.temperature_c = *rc::gen::arbitrary<std::int8_t>();
  for (std::size_t i = 0; i < r.count; ++i) r.raw[i] = any_raw();
  return r;
}

/// Bytes in a heap block of exactly their size, so that the address sanitizer sees a read past the end.
class Exact {
 public:
  explicit Exact(const std::vector<std::uint8_t>& bytes)
      : size_(bytes.size()), bytes_(std::make_unique<std::byte[]>(bytes.size())) {  // NOLINT(modernize-avoid-c-arrays)
    std::ranges::transform(bytes, bytes_.get(), [](std::uint8_t b) { return std::byte{b}; });
  }
  [[nodiscard]] std::span<const std::byte> view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;  // NOLINT(modernize-avoid-c-arrays)
};

RC_GTEST_PROP(ReportOnTheWire, ComesBackAsItWentOut, ()) {
  const Report report = any_report();
  std::array<std::byte, kPacketSize> out{};
  const std::size_t size = encode_report(report, out);
  RC_ASSERT(size == kReportHeaderSize + std::size_t{4} * report.count);
  const auto back = decode_report(std::span(out).first(size));
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->count == report.count);
  RC_ASSERT(back->flags == report.flags);
  RC_ASSERT(back->seq == report.seq);
  RC_ASSERT(back->time_us == report.time_us);
  RC_ASSERT(back->period_us == report.period_us);
  RC_ASSERT(back->motor_level == report.motor_level);
  RC_ASSERT(back->temperature_c == report.temperature_c);
  RC_ASSERT(back->raw == report.raw);
}

RC_GTEST_PROP(MotorCommandOnTheWire, ComesBackAsItWentOut, ()) {
  const MotorCommand command{.level = Level{*rc::gen::arbitrary<std::uint8_t>()},
                             .pattern = static_cast<Pattern>(*rc::gen::inRange(0, 3)),
                             .frequency_hz = *rc::gen::arbitrary<std::uint16_t>(),
                             .ttl_ms = *rc::gen::inRange<std::uint16_t>(1, kMaxTtlMs + 1),
                             .seq = *rc::gen::arbitrary<std::uint32_t>()};
  std::array<std::byte, kMotorCommandSize> out{};
  encode_motor_command(command, out);
  const auto back = decode_motor_command(out);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == command);
}

RC_GTEST_PROP(CalibrationOnTheWire, ComesBackAsItWentOutAndNoFlippedBitPasses, ()) {
  const Calibration calibration{
      .calibrated = true,
      .point_a_raw = 0,
      .point_a_mn = 0,
      .point_b_raw = *rc::gen::suchThat(rc::gen::inRange(kRawMin, kRawMax), [](int v) { return v != 0; }),
      .point_b_mn = *rc::gen::nonZero<std::int32_t>(),
      .tare_raw = any_raw(),
      .reference_raw = any_raw()};
  std::array<std::byte, kCalibrationSize> out{};
  encode_calibration(calibration, out);
  const auto back = decode_calibration(out);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == calibration);

  const auto bit = *rc::gen::inRange<std::size_t>(0, kCalibrationSize * 8);
  out[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
  RC_ASSERT(decode_calibration(out).error() == DecodeError::kBadCrc);
}

RC_GTEST_PROP(AnyBytes, AreDecodedOrRefusedAndNeverReadPast, ()) {
  auto bytes = *rc::gen::resize(80, rc::gen::arbitrary<std::vector<std::uint8_t>>());
  // Random bytes rarely begin well: help half of them past the first check.
  if (!bytes.empty() && *rc::gen::arbitrary<bool>()) {
    bytes[0] = *rc::gen::element(kReportSamples, kCommandMotor);
    if (bytes.size() > kReportHeaderSize) bytes[1] = static_cast<std::uint8_t>((bytes.size() - kReportHeaderSize) / 4);
  }
  const Exact exact(bytes);
  if (const auto report = decode_report(exact.view())) {
    RC_ASSERT(report->count >= 1);
    RC_ASSERT(report->count <= kMaxReadings);
    RC_ASSERT(bytes.size() == kReportHeaderSize + std::size_t{4} * report->count);
  }
  if (const auto command = decode_motor_command(exact.view())) {
    RC_ASSERT(command->level == Level{} || command->ttl_ms <= kMaxTtlMs);
  }
  static_cast<void>(decode_info(exact.view()));
  static_cast<void>(decode_calibration(exact.view()));
  static_cast<void>(decode_status(exact.view()));
}

}  // namespace
}  // namespace knead::protocol
