// SPDX-License-Identifier: Apache-2.0
// The least that a message from one process to another can do: a line over a Unix stream socket, and nobody who makes
// or reads its content.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/bench/paired/scheduling.hpp"

namespace knead::bench {

/// Of one round.
constexpr std::size_t kSends = 500;

enum class Waiting : std::uint8_t {
  kAsleep,    ///< in the kernel
  kSpinning,  ///< asks again and again
};
/// Takes from @p socket until a line's end. @return false when there will be none.
bool receive_line(int socket, Waiting waiting);

/// Nanoseconds from before the send of @p size bytes to another process's having received them.
std::vector<double> bare_send(const Scheduling& scheduling, std::size_t size, Waiting waiting);

}  // namespace knead::bench
