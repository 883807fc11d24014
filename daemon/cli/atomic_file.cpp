// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace knead::cli {
namespace {

std::unexpected<Error> cannot_write(const std::string& path) {
  const Errc code = errno == EACCES || errno == EPERM || errno == EROFS ? Errc::kAccessDenied
                    : errno == ENOENT || errno == ENOTDIR               ? Errc::kNotFound
                                                                        : Errc::kStorage;
  return fail_errno(code, "cannot write " + path, "give -o a path in a folder you may write to");
}

std::unexpected<Error> exists(const std::string& path) {
  return fail(Errc::kRefused, path + " exists", "use another name, or --force to replace it");
}

/// A file beside the wanted one, removed unless it was moved there.
class Temporary {
 public:
  explicit Temporary(const std::string& path) {
    const std::filesystem::path wanted(path);
    name_ = (wanted.parent_path() / ("." + wanted.filename().string() + ".XXXXXX")).string();
    fd_ = ::mkstemp(name_.data());
  }
  ~Temporary() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!moved_) ::unlink(name_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// False: see errno.
  bool move_to(const std::string& path, Existing existing) {
    int failed = -1;
    if (existing == Existing::kReplace) {
      failed = ::rename(name_.c_str(), path.c_str());
    } else {
      failed = ::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
      // A file system that cannot promise it: the look we had before is the best there is.
      if (failed != 0 && errno == EINVAL) failed = ::rename(name_.c_str(), path.c_str());
    }
    moved_ = failed == 0;
    return moved_;
  }

 private:
  std::string name_;
  int fd_ = -1;
  bool moved_ = false;
};

}  // namespace

Result<> write_file(const std::string& path, Existing existing, const std::function<Result<>(std::ostream&)>& write) {
  struct stat status{};
  // Before the work, so that a long export does not end in a refusal.
  if (existing == Existing::kRefuse && ::lstat(path.c_str(), &status) == 0) return exists(path);
  Temporary temporary(path);
  if (temporary.fd() < 0) return cannot_write(path);
  // mkstemp makes it for the owner alone; the finished file is like any other the person makes.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(temporary.fd(), 0666U & ~mask) != 0) return cannot_write(path);
  std::ofstream out(temporary.name(), std::ios::binary);
  if (!out) return cannot_write(path);
  if (auto written = write(out); !written) return written;
  out.close();
  if (!out) return fail(Errc::kStorage, "cannot write all of " + path, "check the free space");
  if (::fsync(temporary.fd()) != 0) return cannot_write(path);
  if (!temporary.move_to(path, existing)) return errno == EEXIST ? exists(path) : cannot_write(path);
  return {};
}

}  // namespace knead::cli
