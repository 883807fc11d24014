// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/session/routine.hpp"

namespace knead::session::test {

/// What the tests press in and out of: 15 to 40 N, with 1 N for who is in it already.
constexpr Band kBand{.lo = {15}, .hi = {40}, .hysteresis = {1}};

}  // namespace knead::session::test
