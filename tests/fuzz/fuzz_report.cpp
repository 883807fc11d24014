// SPDX-License-Identifier: Apache-2.0
// What a ball may send on 0x81: whatever the decoder takes is within hw/PROTOCOL.md, section 3, and is encoded to the
// very same bytes.
#include <algorithm>
#include <array>

#include "hw/protocol/codec.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::bytes_of(data, size);
  const auto report = protocol::decode_report(bytes);
  if (!report) {
    must(protocol::to_string(report.error()) != "unknown error", "a refusal says why");
    return 0;
  }
  must(report->count >= 1 && report->count <= protocol::kMaxReadings, "a report holds 1 to 12 readings");
  must(report->period_us >= 125 && report->period_us <= 1000, "a period is that of 1 to 8 kHz");
  const auto readings = std::span(report->raw).first(report->count);
  must(std::ranges::all_of(readings, [](auto raw) { return raw >= protocol::kRawMin && raw <= protocol::kRawMax; }),
       "readings are of 24 bits");

  std::array<std::byte, protocol::kPacketSize> again{};
  const std::size_t used = protocol::encode_report(*report, again);
  must(std::ranges::equal(std::span(again).first(used), bytes), "a report is encoded to the bytes it came as");
  return 0;
}
