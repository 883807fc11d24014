// SPDX-License-Identifier: Apache-2.0
// Preloaded into a real program: each write and each sync takes as many milliseconds longer as the file says that
// KNEAD_SLOW_DISK_FILE names. A card that is worn out does the like.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace {

void dawdle() {
  const char* const file = std::getenv("KNEAD_SLOW_DISK_FILE");
  const int fd = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  std::array<char, 16> text{};
  const ssize_t size = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  const long ms = size > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
  if (ms <= 0) return;
  const timespec time{.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1'000'000};
  ::nanosleep(&time, nullptr);
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static const auto original = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  dawdle();
  return original(fd, data, size, at);
}

int fdatasync(int fd) {
  static const auto original = next<int(int)>("fdatasync");
  dawdle();
  return original(fd);
}

int fsync(int fd) {
  static const auto original = next<int(int)>("fsync");
  dawdle();
  return original(fd);
}

}  // extern "C"
