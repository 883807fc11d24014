// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace knead::fault {

/// The loads that scale() knows: many, fast, crowd.
std::vector<std::string> load_names();

/// One daemon with sixteen balls at 1 kHz (many), then with one at 8 kHz (fast), then with one at 8 kHz beside fifty
/// subscribers and programs that take all of the processors to the end (crowd), for @p length each, sessions on the
/// first ball; only those in @p names unless that is empty. Each records and has its plugin. Prints what was sampled,
/// what was lost and what it cost. The balls are the daemon's own: their side, where real ones would compute for
/// themselves, is part of the cost. @return whether nothing was lost, under the whole of the load.
bool scale(const std::vector<std::string>& names, std::chrono::seconds length, bool realtime);

}  // namespace knead::fault
