// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/api/json_rpc.hpp"
#include "daemon/core/error.hpp"

namespace knead::api {

/// A connection to the daemon. One thread. Plain poll() instead of an event loop: a command asks one thing and leaves,
/// and the live view waits on fd() together with the keyboard and signals.
class Client {
 public:
  /// Errors: kNoDaemon (nobody there), kAccessDenied, kInvalidInput (path too long).
  static Result<Client> connect(const std::string& path);
  /// The first of @p paths where somebody answers; else the error of the first, unless a later one denied access.
  static Result<Client> connect_any(std::span<const std::string> paths);

  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  ~Client();

  /// Errors: what the daemon answered; kTimeout, kDisconnected, kProtocol. Notifications that come meanwhile wait in
  /// next_notification().
  Result<boost::json::value> call(std::string_view method, const boost::json::object& params = {},
                                  std::chrono::milliseconds timeout = kTimeout);
  /// Sends without waiting for the reply, which is then dropped. For a way out that must not hang. Never blocks.
  Result<> send(std::string_view method, const boost::json::object& params = {});
  /// Empty when none came in time. Errors: kDisconnected, kProtocol.
  Result<std::optional<Notification>> next_notification(std::chrono::milliseconds timeout);
  /// Readable when next_notification() has something to read. A notification may also wait already: drain it with a
  /// timeout of 0 first.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  static constexpr std::chrono::milliseconds kTimeout{5000};

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  Client(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  /// A complete line, or nothing when the deadline passes.
  Result<std::optional<std::string>> read_line(Deadline deadline);
  Result<> write_all(std::string_view text, Deadline deadline);
  /// A line's message; replies nobody waits for are skipped.
  Result<std::optional<std::variant<Reply, Notification>>> read_message(Deadline deadline);

  int fd_ = -1;
  std::string path_;
  std::string input_;
  std::deque<Notification> waiting_;
  std::int64_t next_id_ = 1;
};

}  // namespace knead::api
