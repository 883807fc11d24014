// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/core/error.hpp"

namespace knead::sampling {

/// Keeps every processor out of its deep sleep states, whose exit would be added to each wake-up of the sampling thread
/// (on an idle machine tens of microseconds), for as long as it lives. It costs power, so it is held while a session
/// runs and not longer. The kernel's PM QoS interface, /dev/cpu_dma_latency: the wish ends with the descriptor, however
/// the process ends.
class CpuLatencyHold {
 public:
  /// Errors: what the system says, with the remedy.
  static Result<CpuLatencyHold> take();
  ~CpuLatencyHold();
  CpuLatencyHold(CpuLatencyHold&& other) noexcept;
  CpuLatencyHold& operator=(CpuLatencyHold&&) = delete;

 private:
  explicit CpuLatencyHold(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace knead::sampling
