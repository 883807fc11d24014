// SPDX-License-Identifier: Apache-2.0
// The guard of the sampling path: a library to be preloaded (LD_PRELOAD) into a real program. It stands before the
// allocator, the locks and the blocking calls of the C library. Called by a thread inside a RealtimeScope they end the
// program with a backtrace; inside a LibraryScope they are counted, and the counts are written to the file that
// KNEAD_GUARD_REPORT names when the program ends.
//
// A log line needs no hook of its own: it allocates, locks or writes.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include "daemon/core/realtime_scope.hpp"

extern "C" {
// glibc's own allocator under its other names: to look it up by dlsym would allocate.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* memory, std::size_t size) noexcept;
void* __libc_memalign(std::size_t align, std::size_t size) noexcept;
void __libc_free(void* memory) noexcept;
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace {

thread_local int path_depth = 0;
thread_local int library_depth = 0;

enum Kind : std::uint8_t { kAllocation, kLock, kCall, kKinds };
std::array<std::atomic<std::uint64_t>, kKinds> in_library{};
std::atomic<std::uint64_t> library_scopes{0};

void say(std::string_view text) { ::syscall(SYS_write, STDERR_FILENO, text.data(), text.size()); }

[[noreturn]] void refuse(const char* what) {
  path_depth = 0;
  say("realtime guard: the sampling path called ");
  say(what);
  say("\n");
  std::array<void*, 64> frames{};
  ::backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), frames.size()), STDERR_FILENO);
  std::abort();
}

void check(Kind kind, const char* what) noexcept {
  if (path_depth == 0) return;
  if (library_depth == 0) refuse(what);
  in_library.at(kind).fetch_add(1, std::memory_order_relaxed);
}

template <class Function>
Function next(const char* name) noexcept {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// backtrace() loads a library at its first call.
[[gnu::constructor]] void load_backtrace() {
  std::array<void*, 1> frame{};
  ::backtrace(frame.data(), frame.size());
}

[[gnu::destructor]] void report() {
  const char* path = std::getenv("KNEAD_GUARD_REPORT");
  if (path == nullptr) return;
  std::FILE* file = std::fopen(path, "w");
  if (file == nullptr) return;
  const auto count = [](const std::atomic<std::uint64_t>& n) { return static_cast<unsigned long long>(n.load()); };
  std::fprintf(file, "library_scopes %llu\nallocations %llu\nlocks %llu\ncalls %llu\n", count(library_scopes),
               count(in_library[kAllocation]), count(in_library[kLock]), count(in_library[kCall]));
  std::fclose(file);
}

}  // namespace

extern "C" {

void knead_guard_enter() noexcept { ++path_depth; }
void knead_guard_leave() noexcept {
  if (path_depth > 0) --path_depth;
}
void knead_guard_enter_library() noexcept {
  ++library_depth;
  if (path_depth > 0) library_scopes.fetch_add(1, std::memory_order_relaxed);
}
void knead_guard_leave_library() noexcept { --library_depth; }

// ---- Allocator ------------------------------------------------------------------------------------------------------

void* malloc(std::size_t size) noexcept {
  check(kAllocation, "malloc");
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  check(kAllocation, "calloc");
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  check(kAllocation, "realloc");
  return __libc_realloc(memory, size);
}
void free(void* memory) noexcept {
  if (memory != nullptr) check(kAllocation, "free");
  __libc_free(memory);
}
void* memalign(std::size_t align, std::size_t size) noexcept {
  check(kAllocation, "memalign");
  return __libc_memalign(align, size);
}
void* aligned_alloc(std::size_t align, std::size_t size) noexcept {
  check(kAllocation, "aligned_alloc");
  return __libc_memalign(align, size);
}
int posix_memalign(void** memory, std::size_t align, std::size_t size) noexcept {
  check(kAllocation, "posix_memalign");
  *memory = __libc_memalign(align, size);
  return *memory == nullptr ? ENOMEM : 0;
}

// ---- Locks ----------------------------------------------------------------------------------------------------------

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static const auto real = next<decltype(&::pthread_mutex_lock)>("pthread_mutex_lock");
  check(kLock, "pthread_mutex_lock");
  return real(mutex);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  static const auto real = next<decltype(&::pthread_rwlock_rdlock)>("pthread_rwlock_rdlock");
  check(kLock, "pthread_rwlock_rdlock");
  return real(lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  static const auto real = next<decltype(&::pthread_rwlock_wrlock)>("pthread_rwlock_wrlock");
  check(kLock, "pthread_rwlock_wrlock");
  return real(lock);
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  static const auto real = next<decltype(&::pthread_cond_wait)>("pthread_cond_wait");
  check(kLock, "pthread_cond_wait");
  return real(condition, mutex);
}
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static const auto real = next<decltype(&::pthread_cond_timedwait)>("pthread_cond_timedwait");
  check(kLock, "pthread_cond_timedwait");
  return real(condition, mutex, until);
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  static const auto real = next<decltype(&::pthread_cond_clockwait)>("pthread_cond_clockwait");
  check(kLock, "pthread_cond_clockwait");
  return real(condition, mutex, clock, until);
}
int sem_wait(sem_t* semaphore) {
  static const auto real = next<decltype(&::sem_wait)>("sem_wait");
  check(kLock, "sem_wait");
  return real(semaphore);
}

// ---- Calls that may block -------------------------------------------------------------------------------------------

ssize_t read(int fd, void* data, std::size_t size) {
  static const auto real = next<decltype(&::read)>("read");
  check(kCall, "read");
  return real(fd, data, size);
}
ssize_t write(int fd, const void* data, std::size_t size) {
  static const auto real = next<decltype(&::write)>("write");
  check(kCall, "write");
  return real(fd, data, size);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  static const auto real = next<decltype(&::writev)>("writev");
  check(kCall, "writev");
  return real(fd, parts, count);
}
ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  static const auto real = next<decltype(&::send)>("send");
  check(kCall, "send");
  return real(fd, data, size, flags);
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = next<decltype(&::sendmsg)>("sendmsg");
  check(kCall, "sendmsg");
  return real(fd, message, flags);
}
ssize_t recv(int fd, void* data, std::size_t size, int flags) {
  static const auto real = next<decltype(&::recv)>("recv");
  check(kCall, "recv");
  return real(fd, data, size, flags);
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static const auto real = next<decltype(&::recvmsg)>("recvmsg");
  check(kCall, "recvmsg");
  return real(fd, message, flags);
}
int poll(pollfd* fds, nfds_t count, int timeout) {
  static const auto real = next<decltype(&::poll)>("poll");
  check(kCall, "poll");
  return real(fds, count, timeout);
}
int epoll_wait(int fd, epoll_event* events, int count, int timeout) {
  static const auto real = next<decltype(&::epoll_wait)>("epoll_wait");
  check(kCall, "epoll_wait");
  return real(fd, events, count, timeout);
}
int select(int count, fd_set* reads, fd_set* writes, fd_set* errors, timeval* timeout) {
  static const auto real = next<decltype(&::select)>("select");
  check(kCall, "select");
  return real(count, reads, writes, errors, timeout);
}
int nanosleep(const timespec* time, timespec* rest) {
  static const auto real = next<decltype(&::nanosleep)>("nanosleep");
  check(kCall, "nanosleep");
  return real(time, rest);
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* rest) {
  static const auto real = next<decltype(&::clock_nanosleep)>("clock_nanosleep");
  check(kCall, "clock_nanosleep");
  return real(clock, flags, time, rest);
}
int usleep(useconds_t time) {
  static const auto real = next<decltype(&::usleep)>("usleep");
  check(kCall, "usleep");
  return real(time);
}
int fsync(int fd) {
  static const auto real = next<decltype(&::fsync)>("fsync");
  check(kCall, "fsync");
  return real(fd);
}
int fdatasync(int fd) {
  static const auto real = next<decltype(&::fdatasync)>("fdatasync");
  check(kCall, "fdatasync");
  return real(fd);
}
int ioctl(int fd, unsigned long request, ...) noexcept {  // NOLINT(cert-dcl50-cpp): as the C library has it
  static const auto real = next<int (*)(int, unsigned long, void*)>("ioctl");
  check(kCall, "ioctl");
  va_list more;
  va_start(more, request);
  void* argument = va_arg(more, void*);
  va_end(more);
  return real(fd, request, argument);
}

}  // extern "C"
