// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/time_zone.hpp"

#include <ctime>

namespace knead {

std::chrono::seconds utc_offset(std::chrono::sys_seconds t) noexcept {
  const std::time_t c_time = t.time_since_epoch().count();
  ::tzset();  // localtime_r alone looks once and never again; a daemon outlives a journey
  std::tm local{};
  if (::localtime_r(&c_time, &local) == nullptr) return {};
  return std::chrono::seconds(local.tm_gmtoff);
}

}  // namespace knead
