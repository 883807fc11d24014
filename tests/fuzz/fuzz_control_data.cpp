// SPDX-License-Identifier: Apache-2.0
// The data of control requests as either side may get it: what is taken comes back the same after a way over the wire,
// and a calibration that is taken can measure.
#include <array>
#include <cmath>

#include "hw/protocol/codec.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

namespace {

template <class T, std::size_t N>
void goes_both_ways(const T& value, void (*encode)(const T&, std::span<std::byte, N>) noexcept,
                    protocol::Decoded<T> (*decode)(std::span<const std::byte>) noexcept) {
  std::array<std::byte, N> bytes{};
  encode(value, bytes);
  const auto again = decode(bytes);
  must(again.has_value(), "what was encoded is decoded");
  must(*again == value, "a value comes back as it went out");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::bytes_of(data, size);
  if (const auto info = protocol::decode_info(bytes))
    goes_both_ways(*info, protocol::encode_info, protocol::decode_info);
  if (const auto status = protocol::decode_status(bytes))
    goes_both_ways(*status, protocol::encode_status, protocol::decode_status);
  if (const auto calibration = protocol::decode_calibration(bytes)) {
    goes_both_ways(*calibration, protocol::encode_calibration, protocol::decode_calibration);
    const double slope = calibration->newtons_per_count();
    must(std::isfinite(slope), "a slope is a number");
    must((slope != 0.0) == calibration->calibrated, "a calibrated ball has a slope, another has none");
    must(std::isfinite(calibration->force(protocol::kRawMin).value), "a force is a number at the lower rail");
    must(std::isfinite(calibration->force_from_reference(protocol::kRawMax).value),
         "a load is a number at the upper rail");
  }
  return 0;
}
