// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/hog.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace knead::fault {
namespace {

/// No hog at real-time priority outlives this, whatever becomes of its owner: with one on each processor a machine is
/// hard to use. Ordinary ones stay for as long as they are wanted.
constexpr unsigned kLongestRealtimeLifeS = 10;

[[noreturn]] void hog(unsigned cpu, int priority, int ready) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (priority > 0) ::alarm(kLongestRealtimeLifeS);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  ::sched_setaffinity(0, sizeof set, &set);
  sched_param param{};
  param.sched_priority = priority;
  const char granted = ::sched_setscheduler(0, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &param) == 0 ? 1 : 0;
  if (::write(ready, &granted, 1) != 1 || granted == 0) std::_Exit(1);
  for (volatile unsigned n = 0;;) n = n + 1;
}

}  // namespace

Hogs::Hogs(int priority) {
  std::array<int, 2> ready{};
  if (::pipe2(ready.data(), O_CLOEXEC) != 0) std::abort();
  const unsigned cpus = std::thread::hardware_concurrency();
  const unsigned count = priority > 0 ? cpus : 2 * cpus;
  for (unsigned n = 0; n < count; ++n) {
    const pid_t pid = ::fork();
    if (pid == 0) hog(n % cpus, priority, ready[1]);
    if (pid > 0) hogs_.push_back(pid);
  }
  for (unsigned n = 0; n < count; ++n) {
    char granted = 0;
    realtime_ = ::read(ready[0], &granted, 1) == 1 && granted == 1 && realtime_;
  }
  ::close(ready[0]);
  ::close(ready[1]);
}

Hogs::~Hogs() {
  for (const pid_t pid : hogs_) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

bool Hogs::all_live() const {
  return std::ranges::all_of(hogs_, [](pid_t pid) {
    siginfo_t ended{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
  });
}

}  // namespace knead::fault
