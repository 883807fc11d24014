// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace knead::record {

Result<LockFile> LockFile::take(const std::string& database) {
  const std::string path = database + ".lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) {
    return fail_errno(Errc::kAccessDenied, "cannot open the database " + database + " for writing: " + path,
                      "check that its folder exists and belongs to the user who runs this");
  }
  LockFile lock(fd);
  // Root who repairs another's database must not lock them out of it; nor give them what they have linked to that name.
  struct stat of{};
  struct stat at{};
  if (::geteuid() == 0 && ::stat(database.c_str(), &of) == 0 && ::fstat(fd, &at) == 0 && S_ISREG(at.st_mode) &&
      at.st_nlink == 1) {
    static_cast<void>(::fchown(fd, of.st_uid, of.st_gid));
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno(Errc::kStorage, "cannot lock " + path);
    std::array<char, 16> pid{};
    const ssize_t n = ::pread(fd, pid.data(), pid.size() - 1, 0);
    const std::string who = n > 0 ? " (process " + std::string(pid.data()) + ")" : "";
    return fail(Errc::kBusy, "another Knead" + who + " writes to the database " + database,
                "stop it, or name another file");
  }
  // Only for the message above: that it cannot be written is no reason not to go on.
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) == 0) (void)!::pwrite(fd, pid.data(), pid.size(), 0);
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

LockFile::~LockFile() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace knead::record
