// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace knead::record {

/// When something was, for people: a clock that is set moves it, and nothing of a session is computed from it.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

}  // namespace knead::record
