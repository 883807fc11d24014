// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "daemon/api/messages.hpp"
#include "daemon/cli/look.hpp"

namespace knead::cli {

/// What stays the same for a whole session.
struct LiveTitle {
  std::string title;
  std::string ball;
  bool custom = false;    ///< the routine leaves the method (R8)
  bool stopping = false;  ///< a stop was asked for
};

constexpr int kMinWidth = 40;
constexpr int kMaxWidth = 200;

/// The live view: always kLiveLines lines, none wider than the terminal (taken as kMinWidth to kMaxWidth columns), safe
/// to print whatever a plugin's cue says. Pure.
constexpr std::size_t kLiveLines = 9;
std::vector<std::string> render_live(const api::LiveUpdate& live, const LiveTitle& title, const Look& look);

}  // namespace knead::cli
