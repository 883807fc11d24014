// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/full_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <utility>

namespace knead::fault {
namespace {
constexpr const char* kSize = "size=4m";

void limit_files(pid_t process, rlim_t bytes) {
  rlimit limit{};
  ::prlimit(process, RLIMIT_FSIZE, nullptr, &limit);
  limit.rlim_cur = bytes;
  ::prlimit(process, RLIMIT_FSIZE, &limit, nullptr);
}
}  // namespace

bool take_mount_namespace() {
  std::signal(SIGXFSZ, SIG_IGN);  // inherited by the daemon, whose write then fails as on a full disk
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

FullDisk::FullDisk(std::string folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, kSize) == 0;
}

FullDisk::~FullDisk() {
  if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
}

void FullDisk::fill(pid_t daemon) {
  if (!mounted_) return limit_files(daemon, std::filesystem::file_size(database() + "-wal"));
  const int fd = ::open((folder_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::array<char, 512> nothing{};
  while (::write(fd, nothing.data(), nothing.size()) > 0) {
  }
  ::close(fd);
}

void FullDisk::make_room(pid_t daemon) {
  if (!mounted_) return limit_files(daemon, RLIM_INFINITY);
  ::unlink((folder_ + "/ballast").c_str());
}

}  // namespace knead::fault
