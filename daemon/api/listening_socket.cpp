// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/listening_socket.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "daemon/api/unix_address.hpp"

namespace knead::api {
namespace {

constexpr mode_t kSocketMode = 0660;  // R10: for its owner and group
constexpr int kBacklog = 64;

std::unexpected<Error> denied(const std::string& what) {
  const Errc code = errno == EACCES || errno == EPERM || errno == EROFS ? Errc::kAccessDenied : Errc::kInternal;
  return fail_errno(code, what, "choose another path with [api] socket, or fix the folder's permissions");
}

std::unexpected<Error> taken(const std::string& path) {
  return fail(Errc::kBusy, "another kneadd serves this socket: " + path,
              "stop it first, or give this one another path with --socket");
}

Result<gid_t> group_id(const std::string& name) {
  std::array<char, 4096> buffer{};
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return fail(Errc::kInvalidInput, "api.socket_group: no group \"" + name + "\"",
                "make it with `groupadd " + name + "`");
  return found->gr_gid;
}

Result<> make_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) return {};
  std::error_code failed;
  std::filesystem::create_directories(folder.parent_path(), failed);  // mkdir below says what is wrong
  if (::mkdir(folder.c_str(), 0750) == 0 || errno == EEXIST) return {};
  return denied("cannot make the folder " + folder.string());
}

/// Removes what a daemon that died left at @p path. The lock is ours, so nobody else is doing the same.
Result<> clear_path(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return denied("cannot look at " + path);
  }
  if (!S_ISSOCK(status.st_mode))
    return fail(Errc::kInvalidInput, path + " exists and is not a socket", "remove it, or choose another path");
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return denied("cannot make a socket");
  const int connected = ::connect(probe, as_sockaddr(address), sizeof address);
  const int reason = errno;
  ::close(probe);
  // EAGAIN: somebody listens and its backlog is full.
  if (connected == 0 || reason == EAGAIN) return taken(path);
  if (reason != ECONNREFUSED) {
    errno = reason;
    return denied("cannot tell whether somebody serves " + path);
  }
  if (::unlink(path.c_str()) != 0) return denied("cannot remove the stale socket " + path);
  return {};
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const std::string& path, const std::string& group) {
  const auto address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  std::optional<gid_t> gid;
  if (!group.empty()) {
    const auto found = group_id(group);
    if (!found) return std::unexpected(found.error());
    gid = *found;
  }
  if (auto made = make_folder(path); !made) return std::unexpected(made.error());

  ListeningSocket socket;
  const std::string lock_path = path + ".lock";
  socket.lock_fd_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (socket.lock_fd_ < 0) return denied("cannot open " + lock_path);
  if (::flock(socket.lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return taken(path);
    return denied("cannot lock " + lock_path);
  }
  if (auto cleared = clear_path(path, *address); !cleared) return std::unexpected(cleared.error());

  socket.fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket.fd_ < 0) return denied("cannot make a socket");
  // Linux gives the file the socket's own mode, cut by the umask: it is never wider than 0600 before the group is set,
  // and the umask, which belongs to all threads, stays as it is.
  if (::fchmod(socket.fd_, 0600) != 0) return denied("cannot set the mode of " + path);
  if (::bind(socket.fd_, as_sockaddr(*address), sizeof *address) != 0) return denied("cannot make the socket " + path);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return denied("cannot look at " + path);
  socket.path_ = path;
  socket.device_ = status.st_dev;
  socket.inode_ = status.st_ino;
  if (gid && ::lchown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0)
    return fail_errno(Errc::kAccessDenied, "api.socket_group: cannot give " + path + " to group \"" + group + "\"",
                      "run kneadd as root, or as a member of that group");
  if (::chmod(path.c_str(), kSocketMode) != 0) return denied("cannot set the mode of " + path);
  if (::listen(socket.fd_, kBacklog) != 0) return denied("cannot listen on " + path);
  return socket;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      fd_(std::exchange(other.fd_, -1)),
      lock_fd_(std::exchange(other.lock_fd_, -1)),
      device_(other.device_),
      inode_(other.inode_) {}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) {
    struct stat status{};
    if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
      ::unlink(path_.c_str());
  }
  // The lock's file stays: removing it would let two daemons lock two files of one name.
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

int ListeningSocket::release_fd() noexcept { return std::exchange(fd_, -1); }

}  // namespace knead::api
