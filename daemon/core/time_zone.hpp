// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace knead {

/// Local time minus UTC at a moment, by the system's time zone (TZ, /etc/localtime). Any thread.
std::chrono::seconds utc_offset(std::chrono::sys_seconds t) noexcept;

}  // namespace knead
