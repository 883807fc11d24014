// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/api/json_rpc.hpp"
#include "daemon/core/error.hpp"

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): Asio's name
}

namespace knead::api {

enum class ConnectionId : std::uint64_t {};

/// Who is at the other end, as the kernel said when the connection was made (SO_PEERCRED).
struct Peer {
  pid_t pid = -1;
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};

/// What a client wants to be told.
struct Subscription {
  bool events = false;
  bool live = false;
};

/// One client, as a handler sees it. Valid only during the handler's call.
class Connection {
 public:
  virtual ~Connection() = default;
  [[nodiscard]] virtual ConnectionId id() const noexcept = 0;
  [[nodiscard]] virtual const Peer& peer() const noexcept = 0;
  virtual void subscribe(Subscription wanted) noexcept = 0;
};

struct ServerOptions {
  std::string path;
  std::string group{};  ///< the socket's group; empty: the process's own
  std::size_t max_connections = 64;
  std::size_t max_queue_bytes =
      std::size_t{256} * 1024;  ///< output waiting for one client, beyond what the kernel holds
};

struct ServerCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;       ///< above max_connections
  std::uint64_t dropped_slow = 0;  ///< disconnected because they did not read
  std::uint64_t bad_lines = 0;     ///< what was not a request
};

/// JSON-RPC 2.0 on a Unix socket (API.md). Owned by the main thread, where handlers run, straight from the read, so
/// that a stop waits for nobody. Never blocks, never lets a client that does not read hold up or fill the daemon.
///
/// The socket's file is 0660 from its first moment on and the life of "<path>.lock" is the life of the server: two
/// daemons never share a path, and what a killed one left behind is taken over.
class Server {
 public:
  using Handler = std::function<Result<boost::json::value>(const boost::json::object& params, Connection& from)>;
  /// The answer to one request, now or later, once. Main thread; may outlive the client and the server.
  struct Reply {
    std::function<void(const Result<boost::json::value>&)> send;
    std::function<bool()> client_is_there;
  };
  /// For what takes time: the handler returns at once and keeps the reply. Requests that come meanwhile are answered
  /// before it.
  using LateHandler = std::function<void(const boost::json::object& params, Connection& from, const Reply& reply)>;

  /// Errors: kBusy (another daemon serves this socket), kAccessDenied, kInvalidInput (path too long, no such group, not
  /// a socket), kInternal. Makes the socket's folder where only that is missing.
  static Result<std::unique_ptr<Server>> listen(boost::asio::io_context& io, ServerOptions options);
  /// Closes every connection without on_disconnect and removes the socket.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Before the io_context runs, or from it.
  void on(std::string method, Handler handler);
  void on_late(std::string method, LateHandler handler);
  /// Each handler is called once for each connection that ends, whoever ended it.
  void on_disconnect(std::function<void(ConnectionId)> handler);

  /// To everybody subscribed to events. A client whose queue is full is disconnected and counted.
  void notify_event(std::string_view method, const boost::json::object& params);
  /// To everybody subscribed to live. Replaces the live line a slow client has not been sent yet, whatever its method:
  /// only the newest is worth anything.
  void notify_live(std::string_view method, const boost::json::object& params);
  /// Somebody would see a live notification; saves composing it 20 times a second for nobody.
  [[nodiscard]] bool has_live_subscribers() const noexcept;

  [[nodiscard]] std::size_t connections() const noexcept;
  [[nodiscard]] const ServerCounters& counters() const noexcept;

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace knead::api
