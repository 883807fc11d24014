// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/core/units.hpp"

namespace knead::ball {

/// What acts on a ball from outside. The ball asks at times that never go back.
class Touch {
 public:
  virtual ~Touch() = default;
  /// Force on the ball's sensor at @p t.
  virtual Newtons force(DeviceTime t) = 0;
  /// Whether the ball's button is held down at @p t.
  virtual bool button(DeviceTime t) {
    static_cast<void>(t);
    return false;
  }
};

}  // namespace knead::ball
