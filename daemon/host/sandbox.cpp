// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "daemon/core/under_sanitizer.hpp"
#include "daemon/host/frames.hpp"
#include "daemon/host/landlock.hpp"

namespace knead::host::sandbox {
namespace {

// Ring mapping (33 MB for a minute at 8 kHz) plus libraries plus what a routine's logic could want. (choice)
constexpr rlim_t kMemoryBytes = 256UL << 20;
// A session lasts 240 s at most; a plugin that computes all through it is still not at this. (choice)
constexpr rlim_t kCpuSeconds = 300;
// Three standard ones, socket, ring, and those the loader needs for a moment.
constexpr rlim_t kFiles = 16;
constexpr int kNiceness = 5;

Result<> limit(int resource, rlim_t value, const char* what) {
  rlimit current{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &current) == 0 && current.rlim_max < value) {
    value = current.rlim_max;  // never raised
  }
  const rlimit wanted{value, value};
  if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted) != 0) {
    return fail_errno(Errc::kInternal, std::string("cannot limit ") + what);
  }
  return {};
}

// ---- The lists -----------------------------------------------------------------------------------------------------

// What the C and C++ runtimes, the loader and the host's own loop use. Names a kernel or architecture does not know are
// passed over.
constexpr auto kAllowed = std::to_array<const char*>({
    // the socket and the null device
    "read",
    "readv",
    "write",
    "writev",
    "recvfrom",
    "recvmsg",
    "sendto",
    "sendmsg",
    "close",
    "lseek",
    "poll",
    "ppoll",
    // memory
    "brk",
    "mmap",
    "mmap2",
    "mprotect",
    "mremap",
    "munmap",
    "madvise",
    "membarrier",
    // loading
    "pread64",
    "fstat",
    "fstat64",
    "newfstatat",
    "fstatat64",
    "statx",
    // time
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "clock_getres_time64",
    "gettimeofday",
    "time",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "nanosleep",
    "restart_syscall",
    // the one thread
    "futex",
    "futex_time64",
    "sched_yield",
    "rseq",
    "set_robust_list",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "sigaltstack",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "sched_getaffinity",
    "getrandom",
    "uname",
    "sysinfo",
    "getrusage",
    "exit",
    "exit_group",
    // adding a filter only takes away; gone with forbid_loading()
    "seccomp",
});

// What no honest plugin needs: its author gets the name instead of an odd error code.
constexpr auto kForbidden = std::to_array<const char*>({
    "clone",
    "clone3",
    "fork",
    "vfork",
    "execve",
    "execveat",
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_open",
    "pidfd_getfd",
    "kill",
    "tkill",
    "mount",
    "umount2",
    "unshare",
    "setns",
    "chroot",
    "pivot_root",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "keyctl",
    "init_module",
    "finit_module",
    "kexec_load",
    "reboot",
    "setuid",
    "setgid",
    "setresuid",
    "setresgid",
    "capset",
});

// For the signal handler, which can be handed nothing: written once, before the filter is in force.
struct Report {
  int fd = -1;
  std::array<int, kForbidden.size()> numbers{};
};
Report report;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): see above

void on_forbidden_call(int /*signal*/, siginfo_t* info, void* /*context*/) noexcept {
  const auto* at = std::find(report.numbers.begin(), report.numbers.end(), info->si_syscall);
  const char* name =
      at == report.numbers.end() ? "?" : kForbidden.at(static_cast<std::size_t>(at - report.numbers.begin()));
  FrameBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): encode() fills what is sent
  const auto frame = encode(FromPlugin(ViolationFrame{name}), buffer);  // at most 15 bytes: no allocation
  (void)::send(report.fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::_exit(1);
}

// ---- Filters -------------------------------------------------------------------------------------------------------

/// A condition on the call's argument @p number; @p b is the value wanted under the mask @p a.
constexpr scmp_arg_cmp when(unsigned number, scmp_compare compare, scmp_datum_t a, scmp_datum_t b = 0) {
  return {number, compare, a, b};
}

class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) : context_(::seccomp_init(otherwise)) {}

  template <class... Conditions>
  void rule(std::uint32_t action, const char* call, Conditions... conditions) {
    const int number = ::seccomp_syscall_resolve_name(call);
    if (number < 0 || context_ == nullptr) return;  // not on this architecture
    const int rc = ::seccomp_rule_add(context_.get(), action, number, sizeof...(conditions), conditions...);
    if (rc < 0) error_ = -rc;
  }

  Result<> load() {
    if (context_ == nullptr) return fail(Errc::kInternal, "cannot make a system call filter");
    // Done by confine_process(), and prctl() is not among the allowed calls when the second filter is loaded.
    (void)::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_NNP, 0);
    // Allowed calls are found by bisection; the kernel caches the answer anyway.
    (void)::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (error_ == 0) error_ = -::seccomp_load(context_.get());
    if (error_ != 0) {
      return fail(Errc::kInternal, "cannot put the system call filter in force", "use a kernel with seccomp", error_);
    }
    return {};
  }

 private:
  struct Release {
    void operator()(void* context) const noexcept { ::seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
  int error_ = 0;
};

}  // namespace

Result<> confine_process(pid_t parent, int last_fd) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    return fail_errno(Errc::kInternal, "cannot tie the process to its parent");
  // The parent may have died before the call above.
  if (::getppid() != parent) return fail(Errc::kDisconnected, "the daemon is gone");
  if (::close_range(static_cast<unsigned>(last_fd) + 1, ~0U, 0) != 0) {
    return fail_errno(Errc::kInternal, "cannot close inherited descriptors");
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(Errc::kInternal, "cannot renounce privileges");
  (void)::prctl(PR_SET_NAME, "knead-plugin");
  (void)::chdir("/");

  const sched_param ordinary{};
  if (::sched_setscheduler(0, SCHED_OTHER, &ordinary) != 0) {
    return fail_errno(Errc::kInternal, "cannot leave the real-time class");
  }
  (void)::setpriority(PRIO_PROCESS, 0, kNiceness);
  // When memory runs out, a plugin goes before anything else of the machine's.
  if (const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); fd >= 0) {
    (void)!::write(fd, "1000", 4);
    ::close(fd);
  }

  Result<> ok;
  // A sanitizer's shadow memory alone is terabytes of address space.
  if (ok && !kUnderSanitizer) ok = limit(RLIMIT_AS, kMemoryBytes, "memory");
  if (ok) ok = limit(RLIMIT_CPU, kCpuSeconds, "processor time");
  if (ok) ok = limit(RLIMIT_NOFILE, kFiles, "open files");
  if (ok) ok = limit(RLIMIT_NPROC, 0, "processes");
  if (ok) ok = limit(RLIMIT_FSIZE, 0, "file size");
  if (ok) ok = limit(RLIMIT_CORE, 0, "core files");
  return ok;
}

Result<bool> confine_files(const std::string& plugin_file) {
  if (landlock::version() == 0) return false;
  // Where the loader looks on its own, ld.so(8). What a plugin brings beside these it has to be linked with statically.
  const std::vector<std::string> readable{plugin_file,  "/lib",           "/lib64",          "/usr/lib",
                                          "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"};
  if (auto ok = landlock::read_only(readable); !ok) return std::unexpected(std::move(ok.error()));
  return true;
}

Result<> allow_loading(int report_fd) {
  // A crash looks the same in every build: no handler of a sanitizer or of whoever started the daemon.
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP}) ::signal(signal, SIG_DFL);

  report.fd = report_fd;
  std::transform(kForbidden.begin(), kForbidden.end(), report.numbers.begin(), ::seccomp_syscall_resolve_name);
  struct sigaction action{};
  action.sa_sigaction = on_forbidden_call;
  action.sa_flags = SA_SIGINFO;
  if (::sigaction(SIGSYS, &action, nullptr) != 0)
    return fail_errno(Errc::kInternal, "cannot watch for forbidden calls");

  Filter filter(SCMP_ACT_ERRNO(EPERM));
  for (const char* call : kAllowed) filter.rule(SCMP_ACT_ALLOW, call);
  for (const char* call : kForbidden) filter.rule(SCMP_ACT_TRAP, call);
  if (kUnderSanitizer) {  // it tries memory out by writing it to a pipe
    for (const char* call : {"pipe", "pipe2"}) filter.rule(SCMP_ACT_ALLOW, call);
  }
  constexpr scmp_datum_t kChanges = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
  filter.rule(SCMP_ACT_ALLOW, "openat", when(2, SCMP_CMP_MASKED_EQ, kChanges, O_RDONLY));
  filter.rule(SCMP_ACT_ALLOW, "open", when(1, SCMP_CMP_MASKED_EQ, kChanges, O_RDONLY));
  // abort() and raise(): to itself only.
  filter.rule(SCMP_ACT_ALLOW, "tgkill", when(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
  filter.rule(SCMP_ACT_ALLOW, "prlimit64", when(0, SCMP_CMP_EQ, 0), when(2, SCMP_CMP_EQ, 0));  // asking, not setting
  return filter.load();
}

Result<> forbid_loading() {
  Filter filter(SCMP_ACT_ALLOW);  // on top of the first: the stricter answer holds
  for (const char* call : {"openat", "open", "seccomp"}) filter.rule(SCMP_ACT_ERRNO(EACCES), call);
  return filter.load();
}

}  // namespace knead::host::sandbox
