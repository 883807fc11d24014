// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/signals.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <initializer_list>

namespace knead::cli {
namespace {

sigset_t ours() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

SignalSource::SignalSource() {
  const sigset_t set = ours();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

SignalSource::~SignalSource() {
  if (fd_ >= 0) ::close(fd_);
  const sigset_t set = ours();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool SignalSource::take() {
  signalfd_siginfo info{};
  if (::read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return false;
  came_ = true;
  return true;
}

bool SignalSource::came_while_waiting(int fd, std::chrono::milliseconds patience) {
  std::array<pollfd, 2> sources{
      {{.fd = fd_, .events = POLLIN, .revents = 0}, {.fd = fd, .events = POLLIN, .revents = 0}}};
  while (::poll(sources.data(), sources.size(), static_cast<int>(patience.count())) < 0 && errno == EINTR) {
  }
  return take();
}

}  // namespace knead::cli
