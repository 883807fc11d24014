// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cli/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace knead::cli {

Program::Program(std::vector<std::string> arguments, const std::string& home, Output output,
                 const std::string& errors) {
  std::string program = KNEAD_PROGRAM;
  std::vector<char*> argv{program.data()};
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables{"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "TERM=xterm", "LC_ALL=C.UTF-8"};
  std::vector<char*> envp;
  envp.reserve(variables.size() + 1);
  for (auto& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);

  int slave = -1;
  if (output == Output::kTerminal) {
    EXPECT_EQ(::openpty(&fd_, &slave, nullptr, nullptr, nullptr), 0);
    ::tcgetattr(fd_, &before_);
  } else {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    fd_ = ends[0];
    slave = ends[1];
  }
  ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
  const int errors_fd = errors.empty() ? -1 : ::open(errors.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    // Only async-signal-safe calls: other threads of this process are gone, and may have held locks.
    if (output == Output::kTerminal) {
      ::setsid();
      ::ioctl(slave, TIOCSCTTY, 0);
      ::dup2(slave, STDIN_FILENO);
    }
    ::dup2(slave, STDOUT_FILENO);
    ::dup2(errors_fd >= 0 ? errors_fd : slave, STDERR_FILENO);
    ::execve(KNEAD_PROGRAM, argv.data(), envp.data());
    ::_exit(127);
  }
  if (errors_fd >= 0) ::close(errors_fd);
  // A terminal's slave end stays open here, so that its settings can still be read when the program is gone.
  if (output == Output::kTerminal)
    slave_ = slave;
  else
    ::close(slave);
}

Program::~Program() {
  if (pid_ > 0 && !ended_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (fd_ >= 0) ::close(fd_);
  if (slave_ >= 0) ::close(slave_);
}

void Program::type(std::string_view keys) const {
  EXPECT_EQ(::write(fd_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
}

bool Program::says(std::string_view text) {
  while (output_.find(text) == std::string::npos)
    if (!read_some()) return false;
  return true;
}

int Program::exit_code() {
  // A pipe ends with the program; a terminal does not, so ask in between.
  for (const auto deadline = std::chrono::steady_clock::now() + kPatience;
       std::chrono::steady_clock::now() < deadline;) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      ended_ = true;
      while (read_some(std::chrono::milliseconds(0))) {
      }
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    read_some(std::chrono::milliseconds(5));
  }
  return -1;
}

bool Program::terminal_is_as_before() const {
  termios now{};
  ::tcgetattr(fd_, &now);
  return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag;
}

bool Program::echoes() const {
  termios now{};
  ::tcgetattr(fd_, &now);
  return (now.c_lflag & ECHO) != 0;
}

bool Program::read_some(std::chrono::milliseconds patience) {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};  // a closed one only waits
  if (::poll(&entry, 1, static_cast<int>(patience.count())) <= 0) return false;
  char chunk[4096];
  const auto got = ::read(fd_, chunk, sizeof chunk);
  if (got <= 0) return false;
  output_.append(chunk, static_cast<std::size_t>(got));
  return true;
}

}  // namespace knead::cli
