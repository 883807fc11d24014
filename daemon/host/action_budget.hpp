// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <chrono>

#include "daemon/core/units.hpp"

namespace knead::host {

/// How many actions a plugin has left, in one callback and in one second of session time. Both ends keep one: the
/// plugin host answers KNEAD_FLOOD, and the daemon ends whoever got past that (it was not our host that sent those
/// frames). Pure.
class ActionBudget {
 public:
  /// An event is handed to the plugin.
  void on_event(SessionTime t) noexcept {
    in_event_ = 0;
    if (t < second_ || t - second_ >= std::chrono::seconds(1)) {
      second_ = t;
      in_second_ = 0;
    }
  }
  /// One action; false when it is one too many.
  [[nodiscard]] bool take() noexcept {
    if (in_event_ >= KNEAD_MAX_ACTIONS_PER_EVENT || in_second_ >= KNEAD_MAX_ACTIONS_PER_SECOND) return false;
    ++in_event_;
    ++in_second_;
    return true;
  }

 private:
  SessionTime second_{};
  int in_event_ = 0;
  int in_second_ = 0;
};

}  // namespace knead::host
