// SPDX-License-Identifier: Apache-2.0
// What a bad cable, a bad hub or a ball gone mad makes of reports.
#pragma once

#include <cstdint>

#include "tests/unit/usb/virtual_usb.hpp"

namespace knead::fault {

/// Nothing comes through.
test::Wire silent_wire();
/// As many bytes as the report has, that mean nothing.
test::Wire garbage_wire(std::uint64_t seed);
/// Each report ends somewhere before its end, the empty one included.
test::Wire truncating_wire(std::uint64_t seed);
/// The first report, again and again, in place of each that follows.
test::Wire repeating_wire();
/// Each report twice.
test::Wire doubling_wire();
/// From the first report on sequence numbers are so many ahead, with the time that belongs to them or without.
test::Wire seq_jump_wire(std::uint32_t readings, bool with_time);
/// From the first report on the ball's clock is so far ahead, or behind.
test::Wire clock_jump_wire(std::int32_t us);

}  // namespace knead::fault
