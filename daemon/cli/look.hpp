// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace knead::cli {

/// What a terminal can show.
struct Look {
  int width = 80;      ///< columns
  bool utf8 = true;    ///< else ASCII alone
  bool colour = true;  ///< off with NO_COLOR (no-color.org) or TERM=dumb; bold goes with it
};

}  // namespace knead::cli
