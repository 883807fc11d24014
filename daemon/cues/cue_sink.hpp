// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/session/cue.hpp"

namespace knead::cues {

/// Turns cues into something a person notices. Main thread; must not block: a cue that cannot be shown now is dropped.
class CueSink {
 public:
  virtual ~CueSink() = default;
  virtual void show(const session::Cue& cue) = 0;
};

}  // namespace knead::cues
