// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace knead::cli {

/// After a stop was asked for: how long the daemon may take to say how it ended.
constexpr std::chrono::seconds kStopPatience{5};

/// SIGINT, SIGTERM and SIGHUP as something to poll() for, so that ending by one is an ordinary return: the session is
/// stopped and the terminal restored. SIGPIPE is ignored from then on: a reader of our output that leaves must not
/// leave a session behind that nobody watches. Made before any thread.
class SignalSource {
 public:
  SignalSource();
  ~SignalSource();
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  /// Takes one signal. @return whether there was one.
  bool take();
  /// Waits for one, or for @p fd (-1: none) to be readable, or for @p patience (-1: for ever). @return whether there
  /// was one.
  bool came_while_waiting(int fd, std::chrono::milliseconds patience = std::chrono::milliseconds(-1));
  /// One was taken.
  [[nodiscard]] bool came() const { return came_; }

 private:
  int fd_ = -1;
  bool came_ = false;
};

}  // namespace knead::cli
