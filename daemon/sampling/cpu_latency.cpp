// SPDX-License-Identifier: Apache-2.0
#include "daemon/sampling/cpu_latency.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace knead::sampling {

Result<CpuLatencyHold> CpuLatencyHold::take() {
  const int fd = ::open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return fail_errno(Errc::kAccessDenied, "processors may sleep deeply during a session: /dev/cpu_dma_latency",
                      "install udev/70-knead.rules and join the group knead, or set realtime.hold_cpu_latency = false");
  CpuLatencyHold hold(fd);
  const std::int32_t microseconds = 0;
  if (::write(fd, &microseconds, sizeof microseconds) != sizeof microseconds)
    return fail_errno(Errc::kRefused, "processors may sleep deeply during a session: /dev/cpu_dma_latency");
  return hold;
}

CpuLatencyHold::CpuLatencyHold(CpuLatencyHold&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

CpuLatencyHold::~CpuLatencyHold() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace knead::sampling
