// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "tests/fault/world.hpp"

namespace knead::fault {

/// Sessions back to back on one daemon, a fault at a random moment in each, all from @p seed; each record is checked
/// for samples unaccounted for, and the daemon for memory and descriptors it does not give back. Prints a line for each
/// minute. @return whether all was well.
bool soak(const WorldOptions& options, std::chrono::seconds length, std::uint64_t seed);

}  // namespace knead::fault
