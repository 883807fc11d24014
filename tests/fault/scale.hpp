// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace knead::fault {

/// One daemon with sixteen balls at 1 kHz, then with one at 8 kHz, then with one at 8 kHz beside fifty subscribers and
/// programs that take all of the processors, for @p length each, sessions on the first ball. Each records and has its
/// plugin. Prints what was sampled, what was lost and what it cost. The balls are the daemon's own: their side, where
/// real ones would compute for themselves, is part of the cost. @return whether nothing was lost.
bool scale(std::chrono::seconds length, bool realtime);

}  // namespace knead::fault
