// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace knead::host {
namespace {

// Sanitizers of a build under test are told what to do through these; nothing else of our environment is a plugin's
// business.
constexpr auto kPassedOn = std::to_array<const char*>({"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"});

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    // A session of its own: Ctrl-C at a terminal is for the daemon to handle, and must not look like a crash.
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  posix_spawnattr_t* get() noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name;
}

std::string describe(const siginfo_t& info) {
  const int status = info.si_status;
  if (info.si_code == CLD_EXITED) return "ended its process (exit status " + std::to_string(status) + ")";
  const std::string name = signal_name(status);
  switch (status) {
    case SIGSYS:
      return "made a system call that plugins may not make (" + name + ")";
    case SIGXCPU:
      return "used too much processor time (" + name + ")";
    case SIGXFSZ:
      return "tried to write a file (" + name + ")";
    case SIGKILL:
      // Ours too: what has closed its socket and lives is ended by us.
      return "was killed (" + name + "), or closed its connection";
    default:
      return "crashed (" + name + ")";
  }
}

}  // namespace

Result<ChildProcess> ChildProcess::spawn(const std::string& program, const std::string& plugin_file, int socket,
                                         int ring) {
  // Above every target, so that no dup2 below overwrites the source of the next.
  constexpr int kAbove = 16;
  const UniqueFd socket_copy(::fcntl(socket, F_DUPFD_CLOEXEC, kAbove));
  const UniqueFd ring_copy(::fcntl(ring, F_DUPFD_CLOEXEC, kAbove));
  if (!socket_copy.valid() || !ring_copy.valid())
    return fail_errno(Errc::kInternal, "cannot pass descriptors to a plugin");

  FileActions actions;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(actions.get(), standard, "/dev/null", O_RDWR, 0);
  }
  ::posix_spawn_file_actions_adddup2(actions.get(), socket_copy.get(), kSocketFd);
  ::posix_spawn_file_actions_adddup2(actions.get(), ring_copy.get(), kRingFd);
  ::posix_spawn_file_actions_addclosefrom_np(actions.get(), kRingFd + 1);

  Attributes attributes;
  std::string parent = std::to_string(::getpid());
  std::string path = program;
  std::string file = plugin_file;
  const std::array<char*, 4> arguments{path.data(), file.data(), parent.data(), nullptr};
  std::vector<std::string> settings;
  for (const char* name : kPassedOn) {
    if (const char* value = std::getenv(name)) settings.push_back(std::string(name) + "=" + value);
  }
  std::vector<char*> environment;
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);

  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), arguments.data(), environment.data());
  if (error != 0) {
    return fail(Errc::kInternal, "cannot start the plugin host " + program,
                "reinstall Knead, or build knead-plugin-host", error);
  }
  // The pid is ours until it is waited for, so this cannot name another process.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    auto failure = fail_errno(Errc::kInternal, "cannot watch the plugin's process", "use a kernel of 5.4 or later");
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failure;
  }
  return ChildProcess(pid, std::move(pidfd));
}

ChildProcess::~ChildProcess() { (void)end(); }

std::string ChildProcess::end() {
  if (!pidfd_.valid()) return "has ended";
  // A process that is on its way out keeps the status it had.
  (void)::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  siginfo_t info{};
  int rc = 0;
  do {
    rc = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info, WEXITED);
  } while (rc != 0 && errno == EINTR);
  pidfd_.reset();
  return rc == 0 ? describe(info) : "has ended";
}

}  // namespace knead::host
