// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "daemon/core/units.hpp"
#include "tests/beat.hpp"
#include "tests/bench/paired/scheduling.hpp"

namespace knead::bench {

/// What a reader in another process shares with whoever sends to it. Both read the same monotonic clock.
class Turns {
 public:
  /// The sender's, right before it sends.
  void begin() noexcept { begun_.store(now(), std::memory_order_release); }
  /// The reader's, right after it has the message.
  void note() noexcept {
    const std::int64_t took = now() - begun_.load(std::memory_order_acquire);
    const std::size_t turn = seen_.load(std::memory_order_relaxed);
    if (turn < took_.size()) took_[turn] = took;
    seen_.store(turn + 1, std::memory_order_release);
  }
  /// The reader's: from here on it will miss no message.
  void set_ready() noexcept { ready_.store(true, std::memory_order_release); }

  [[nodiscard]] bool ready() const noexcept { return ready_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t seen() const noexcept { return seen_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t took(std::size_t turn) const { return took_.at(turn); }

  static constexpr std::size_t kMost = 1024;

 private:
  static std::int64_t now() noexcept { return HostClock::now().time_since_epoch().count(); }

  std::atomic<std::int64_t> begun_{0};
  std::atomic<std::size_t> seen_{0};
  std::atomic<bool> ready_{false};
  std::array<std::int64_t, kMost> took_{};
};

/// A process of its own that notes when it has each message. Must be made while this process has one thread.
class ForkedReader {
 public:
  /// @p read runs in the other process, on the other processor: it gets ready, then notes a turn for each message.
  template <class Read>
  ForkedReader(const Scheduling& scheduling, Read read) : here_(scheduling.cpu) {
    void* memory = ::mmap(nullptr, sizeof(Turns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    turns_ = new (memory) Turns;
    child_ = ::fork();
    if (child_ < 0) std::abort();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const OnProcessor there(scheduling.other_cpu);
      read(*turns_);
      ::_exit(0);
    }
  }
  ~ForkedReader() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::munmap(turns_, sizeof(Turns));
  }
  ForkedReader(const ForkedReader&) = delete;
  ForkedReader& operator=(const ForkedReader&) = delete;

  /// Nanoseconds from right before @p send to the reader's having it, turn by turn, a turn a beat: the reader goes back
  /// to waiting in between.
  template <class Send>
  std::vector<double> time_turns(std::size_t count, Send send) {
    test::Beat beat;
    return time_turns(count, send, [&] { beat.wait(); });
  }
  /// The same with a @p pause of a millisecond or so of the sender's own. No turn begins before the one before was
  /// seen: a reader that was held up must not be timed against a later message. Empty when the reader does not answer.
  template <class Send, class Pause>
  std::vector<double> time_turns(std::size_t count, Send send, Pause pause) {
    constexpr std::size_t kUntimedTurns = 20;
    if (!wait_for([&] { return turns_->ready(); }, pause)) return {};
    for (std::size_t turn = 0; turn < kUntimedTurns + count; ++turn) {
      turns_->begin();
      send();
      if (!wait_for([&] { return turns_->seen() > turn; }, pause)) return {};
    }
    std::vector<double> times;
    for (std::size_t turn = kUntimedTurns; turn < kUntimedTurns + count; ++turn)
      times.push_back(static_cast<double>(turns_->took(turn)));
    return times;
  }

 private:
  template <class Condition, class Pause>
  static bool wait_for(Condition condition, Pause pause) {
    const HostTime deadline = HostClock::now() + test::kPatience;
    for (;;) {
      pause();
      if (condition()) return true;
      if (HostClock::now() > deadline) return false;
    }
  }

  OnProcessor here_;  // the sender
  Turns* turns_ = nullptr;
  pid_t child_ = -1;
};

}  // namespace knead::bench
