// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

namespace knead::test {

/// A timer of the kernel's that fires each millisecond, as a ball takes its readings: the event on which a
/// measurement's turns begin and on which a condition is looked at again. Between two beats its thread is asleep, so
/// the processor is left to whoever is measured. One thread.
class Beat {
 public:
  explicit Beat(std::chrono::nanoseconds period = std::chrono::milliseconds(1))
      : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    const timespec each{.tv_sec = period.count() / 1'000'000'000, .tv_nsec = period.count() % 1'000'000'000};
    const itimerspec times{.it_interval = each, .it_value = each};
    if (timer_ < 0 || ::timerfd_settime(timer_, 0, &times, nullptr) != 0)
      throw std::system_error(errno, std::generic_category(), "no timer for a beat");
  }
  ~Beat() { ::close(timer_); }
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;

  /// Until the next beat. Those that passed since the last call are missed: none is caught up on, or a turn that took
  /// too long would be followed by turns without a rest.
  void wait() {
    pollfd due{.fd = timer_, .events = POLLIN, .revents = 0};
    if (::poll(&due, 1, 0) > 0) take();
    take();
  }

 private:
  void take() {
    std::uint64_t passed = 0;
    ssize_t got = 0;
    do {
      got = ::read(timer_, &passed, sizeof passed);
    } while (got < 0 && errno == EINTR);
    if (got != sizeof passed) throw std::system_error(errno, std::generic_category(), "a beat cannot be read");
  }

  int timer_;
};

/// How long a test waits for what must happen. Far beyond what a loaded machine needs: it only ends what has failed.
constexpr std::chrono::seconds kPatience{30};

/// Looks at @p condition on each beat, the last time when @p bound has passed: a thread that is kept waiting between
/// its last look and that moment must not report what it has not seen.
/// @return whether it came true.
template <class Condition>
[[nodiscard]] bool eventually(const Condition& condition, std::chrono::nanoseconds bound = kPatience,
                              std::chrono::nanoseconds period = std::chrono::milliseconds(1)) {
  if (condition()) return true;
  const auto end = std::chrono::steady_clock::now() + bound;
  Beat beat(period);
  for (bool last = false; !last;) {
    beat.wait();
    last = std::chrono::steady_clock::now() >= end;
    if (condition()) return true;
  }
  return false;
}

}  // namespace knead::test
