// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "daemon/api/unix_address.hpp"

namespace knead::api {
namespace {

using Clock = std::chrono::steady_clock;

/// Waits for @p events. False: the deadline passed.
Result<bool> wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000)));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return fail_errno(Errc::kInternal, "cannot wait for the daemon");
  }
}

std::unexpected<Error> gone() {
  return fail(Errc::kDisconnected, "the daemon closed the connection", "`knead status` says whether it still runs");
}

std::unexpected<Error> cannot_connect(const std::string& path) {
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
    return fail(Errc::kNoDaemon, "no daemon answers on " + path);
  if (errno == EACCES || errno == EPERM)
    return fail_errno(Errc::kAccessDenied, "may not use the daemon on " + path,
                      "join the socket's group (`ls -l " + path + "` shows it) and log in again");
  return fail_errno(Errc::kNoDaemon, "cannot reach the daemon on " + path);
}

}  // namespace

Result<Client> Client::connect(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fail_errno(Errc::kInternal, "cannot make a socket");
  Client client(fd, path);
  if (::connect(fd, as_sockaddr(*address), sizeof *address) != 0) return cannot_connect(path);
  return client;
}

Result<Client> Client::connect_any(std::span<const std::string> paths) {
  std::optional<Error> first;
  for (const auto& path : paths) {
    auto client = connect(path);
    if (client) return client;
    const bool tells_more = first && first->code == Errc::kNoDaemon && client.error().code != Errc::kNoDaemon;
    if (!first || tells_more) first = client.error();
  }
  return std::unexpected(first.value_or(Error{.code = Errc::kNoDaemon, .context = "no socket to try", .remedy = {}}));
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      input_(std::move(other.input_)),
      waiting_(std::move(other.waiting_)),
      next_id_(other.next_id_) {}

Client& Client::operator=(Client&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    path_ = std::move(other.path_);
    input_ = std::move(other.input_);
    waiting_ = std::move(other.waiting_);
    next_id_ = other.next_id_;
  }
  return *this;
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> Client::write_all(std::string_view text, Deadline deadline) {
  while (!text.empty()) {
    // MSG_NOSIGNAL: a daemon that went away is an error, not a death.
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      const auto ready = wait_for(fd_, POLLOUT, deadline);
      if (!ready) return std::unexpected(ready.error());
      if (!*ready) return fail(Errc::kTimeout, "the daemon does not read what it is sent");
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return gone();
    } else if (errno != EINTR) {
      return fail_errno(Errc::kDisconnected, "cannot write to the daemon");
    }
  }
  return {};
}

Result<std::optional<std::string>> Client::read_line(Deadline deadline) {
  for (;;) {
    if (const auto end = input_.find('\n'); end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return line;
    }
    if (input_.size() > kMaxLine) return fail(Errc::kProtocol, "the daemon sent a line longer than 64 KiB");
    std::array<char, 8192> chunk{};
    const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (got > 0) {
      input_.append(chunk.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno == ECONNRESET) {
      return gone();
    } else if (errno == EAGAIN) {
      const auto ready = wait_for(fd_, POLLIN, deadline);
      if (!ready) return std::unexpected(ready.error());
      if (!*ready) return std::nullopt;
    } else if (errno != EINTR) {
      return fail_errno(Errc::kDisconnected, "cannot read from the daemon");
    }
  }
}

Result<std::optional<std::variant<Reply, Notification>>> Client::read_message(Deadline deadline) {
  auto line = read_line(deadline);
  if (!line) return std::unexpected(line.error());
  if (!*line) return std::nullopt;
  auto message = parse_from_daemon(**line);
  if (!message) return std::unexpected(message.error());
  return std::optional(std::move(*message));
}

Result<boost::json::value> Client::call(std::string_view method, const boost::json::object& params,
                                        std::chrono::milliseconds timeout) {
  const Deadline deadline = Clock::now() + timeout;
  const boost::json::value id = next_id_++;
  if (auto sent = write_all(request_line(id, method, params), deadline);
      !sent && sent.error().code != Errc::kDisconnected)
    return std::unexpected(sent.error());
  // Even when the daemon closed already: it may have said why.
  for (;;) {
    auto message = read_message(deadline);
    if (!message) return std::unexpected(message.error());
    if (!*message)
      return fail(Errc::kTimeout,
                  "the daemon did not answer \"" + std::string(method) + "\" in time; it may yet be done",
                  "look before you ask again; `knead doctor` helps to find the cause");
    if (auto* notification = std::get_if<Notification>(&**message)) {
      waiting_.push_back(std::move(*notification));
    } else if (auto& reply = std::get<Reply>(**message); reply.id == id || reply.id.is_null()) {
      // A null id: the daemon refused the connection, or could not read the request.
      return std::move(reply.result);
    }
  }
}

Result<> Client::send(std::string_view method, const boost::json::object& params) {
  return write_all(request_line(next_id_++, method, params), Clock::now());
}

Result<std::optional<Notification>> Client::next_notification(std::chrono::milliseconds timeout) {
  const Deadline deadline = Clock::now() + timeout;
  for (;;) {
    if (!waiting_.empty()) {
      std::optional<Notification> next(std::move(waiting_.front()));
      waiting_.pop_front();
      return next;
    }
    auto message = read_message(deadline);
    if (!message) return std::unexpected(message.error());
    if (!*message) return std::nullopt;
    if (auto* notification = std::get_if<Notification>(&**message)) waiting_.push_back(std::move(*notification));
  }
}

}  // namespace knead::api
