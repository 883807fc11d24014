// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include "daemon/core/units.hpp"

namespace knead {

HostClock::time_point HostClock::now() noexcept {
  timespec ts{};
  ::clock_gettime(CLOCK_MONOTONIC, &ts);
  return time_point(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
}

}  // namespace knead
