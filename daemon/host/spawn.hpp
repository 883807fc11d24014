// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "daemon/core/error.hpp"
#include "daemon/host/unique_fd.hpp"

namespace knead::host {

/// Where the plugin host finds what it inherits.
constexpr int kSocketFd = 3;
constexpr int kRingFd = 4;

/// What ChildProcess::end() says of a process that ended by itself, as it should.
inline constexpr std::string_view kEndedOrderly = "ended its process (exit status 0)";

/// A plugin host's process. Killed and reaped on destruction. It is addressed by a pidfd, so nobody else's process can
/// be hit, and waiting for it takes no other child's status away.
class ChildProcess {
 public:
  /// Starts @p program with @p plugin_file as its argument, the two descriptors at their places, an empty environment
  /// and nothing else of ours.
  static Result<ChildProcess> spawn(const std::string& program, const std::string& plugin_file, int socket, int ring);

  ChildProcess(ChildProcess&&) noexcept = default;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Kills it unless it is dead already, and waits until it is, which takes no longer than the kernel needs. Returns
  /// how it ended, in words that follow "the plugin": "crashed (SIGSEGV)".
  std::string end();

 private:
  ChildProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_;
  UniqueFd pidfd_;
};

}  // namespace knead::host
