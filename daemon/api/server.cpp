// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/server.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/api/listening_socket.hpp"

namespace knead::api {
namespace asio = boost::asio;
namespace json = boost::json;
using Protocol = asio::local::stream_protocol;
using boost::system::error_code;

namespace {
// A client that floods gets this many requests answered before the others, and the session's timer, have their turn.
constexpr int kLinesPerTurn = 16;
// After accept() failed for want of descriptors or memory; trying again at once would spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
}  // namespace

/// Shared with the handlers in flight, which find it closed when they run after the server is gone.
class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& io, ServerOptions options, ListeningSocket listening)
      : options_(std::move(options)), listening_(std::move(listening)), acceptor_(io), accept_timer_(io) {
    acceptor_.assign(Protocol(), listening_->release_fd());
  }

  void accept();
  void close();
  void notify(bool live, std::string_view method, const json::object& params);

  ServerOptions options_;
  std::optional<ListeningSocket> listening_;  ///< the file and its lock; the acceptor has the descriptor
  Protocol::acceptor acceptor_;
  asio::steady_timer accept_timer_;
  std::map<std::string, LateHandler, std::less<>> handlers_;
  std::vector<std::function<void(ConnectionId)>> on_disconnect_;
  ServerCounters counters_;
  bool closed_ = false;

  class Peered;
  std::map<ConnectionId, std::shared_ptr<Peered>> connections_;

 private:
  void add(Protocol::socket socket);
  std::uint64_t next_id_ = 1;
};

/// A connection's buffers and state.
///
///   reading ── line ──▶ handler ──▶ reply into the queue ──▶ written
///      │ end of file, error, line too long, queue full
///      ▼
///   closed (once: on_disconnect)
class Server::Impl::Peered : public Connection, public std::enable_shared_from_this<Peered> {
 public:
  Peered(std::weak_ptr<Impl> server, Protocol::socket socket, ConnectionId id)
      : server_(std::move(server)), socket_(std::move(socket)), id_(id) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
      peer_ = {.pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
  }

  [[nodiscard]] ConnectionId id() const noexcept override { return id_; }
  [[nodiscard]] const Peer& peer() const noexcept override { return peer_; }
  void subscribe(Subscription wanted) noexcept override { wanted_ = wanted; }
  [[nodiscard]] const Subscription& wanted() const noexcept { return wanted_; }

  void read();
  /// False: the client is too slow and must go.
  [[nodiscard]] bool send(std::string line);
  void send_live(std::string line);
  /// The connection ends: on_disconnect is told.
  void leave();
  /// The server ends: nobody is told.
  void close() {
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void take_lines();
  void take_line(Impl& server, std::string_view line);
  void answer(std::string text) {
    if (!closed_ && !send(std::move(text))) leave();
  }
  [[nodiscard]] Reply reply_to(const Request& request);
  void write();

  std::weak_ptr<Impl> server_;
  Protocol::socket socket_;
  ConnectionId id_;
  Peer peer_;
  Subscription wanted_;
  std::array<char, 4096> chunk_{};
  std::string input_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  std::optional<std::string> live_;  ///< the newest live line that waits
  std::string writing_;
  bool writing_now_ = false;
  bool closed_ = false;
  bool last_words_ = false;  ///< close when all is written
};

void Server::Impl::Peered::read() {
  socket_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](error_code failed, std::size_t count) {
    if (self->closed_ || self->last_words_) return;
    if (failed) return self->leave();
    self->input_.append(self->chunk_.data(), count);
    self->take_lines();
  });
}

void Server::Impl::Peered::take_lines() {
  const auto server = server_.lock();
  if (!server || closed_) return;
  std::size_t begin = 0;
  for (int taken = 0; taken < kLinesPerTurn; ++taken) {
    const std::size_t end = input_.find('\n', begin);
    if (end == std::string::npos) {
      input_.erase(0, begin);
      if (input_.size() < kMaxLine) return read();
      ++server->counters_.bad_lines;
      // No telling where the next request begins, so this is the end of it.
      const bool sent =
          send(error_line(nullptr, RpcCode::kInvalidRequest, "a line is longer than 64 KiB; the connection ends here"));
      last_words_ = true;
      if (!sent || !writing_now_) leave();
      return;
    }
    const std::string line = input_.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty()) take_line(*server, line);
    if (closed_) return;
  }
  input_.erase(0, begin);
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->take_lines(); });
}

void Server::Impl::Peered::take_line(Impl& server, std::string_view line) {
  const auto request = parse_request(line);
  if (!request) {
    ++server.counters_.bad_lines;
    return answer(request.error());
  }
  const auto handler = server.handlers_.find(request->method);
  if (handler == server.handlers_.end()) {
    ++server.counters_.bad_lines;
    if (request->wants_reply)
      answer(error_line(request->id, RpcCode::kMethodNotFound, "no method \"" + request->method + "\""));
    return;
  }
  try {
    handler->second(request->params, *this, reply_to(*request));
  } catch (const std::exception& thrown) {
    // A handler lets none through on purpose; one that does must not end everybody's session.
    if (request->wants_reply) answer(error_line(request->id, RpcCode::kInternalError, thrown.what()));
  }
}

Server::Reply Server::Impl::Peered::reply_to(const Request& request) {
  const std::weak_ptr<Peered> weak = weak_from_this();
  return {.send =
              [weak, id = request.id, wanted = request.wants_reply](const Result<json::value>& result) {
                const auto self = weak.lock();
                if (self && wanted) self->answer(result ? result_line(id, *result) : error_line(id, result.error()));
              },
          .client_is_there =
              [weak] {
                const auto self = weak.lock();
                return self && !self->closed_;
              }};
}

bool Server::Impl::Peered::send(std::string line) {
  if (closed_ || last_words_) return true;
  const auto server = server_.lock();
  if (!server) return true;
  if (queued_bytes_ + line.size() > server->options_.max_queue_bytes) {
    ++server->counters_.dropped_slow;
    return false;
  }
  queued_bytes_ += line.size();
  queue_.push_back(std::move(line));
  write();
  return true;
}

void Server::Impl::Peered::send_live(std::string line) {
  if (closed_ || last_words_) return;
  live_ = std::move(line);
  write();
}

void Server::Impl::Peered::write() {
  if (writing_now_ || closed_) return;
  if (!queue_.empty()) {
    writing_ = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= writing_.size();
  } else if (live_) {
    writing_ = std::move(*live_);
    live_.reset();
  } else if (last_words_) {
    return leave();
  } else {
    return;
  }
  writing_now_ = true;
  asio::async_write(socket_, asio::buffer(writing_), [self = shared_from_this()](error_code failed, std::size_t) {
    self->writing_now_ = false;
    if (self->closed_) return;
    if (failed) return self->leave();
    self->write();
  });
}

void Server::Impl::Peered::leave() {
  if (closed_) return;
  const auto self = shared_from_this();  // the map may hold the last other reference
  close();
  const auto server = server_.lock();
  if (!server || server->closed_) return;
  server->connections_.erase(id_);
  for (const auto& handler : server->on_disconnect_) handler(id_);
}

void Server::Impl::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code failed, Protocol::socket socket) {
    if (self->closed_) return;
    if (!failed) {
      self->add(std::move(socket));
      return self->accept();
    }
    self->accept_timer_.expires_after(kAcceptPause);
    self->accept_timer_.async_wait([self](error_code) {
      if (!self->closed_) self->accept();
    });
  });
}

void Server::Impl::add(Protocol::socket socket) {
  if (connections_.size() >= options_.max_connections) {
    ++counters_.refused;
    const std::string line = error_line(
        nullptr, Error{.code = Errc::kBusy, .context = "the daemon has as many clients as it takes", .remedy = {}});
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(line), ignored);  // fits the empty socket buffer; the socket closes here
    return;
  }
  ++counters_.accepted;
  const ConnectionId id{next_id_++};
  const auto connection = std::make_shared<Peered>(weak_from_this(), std::move(socket), id);
  connections_.emplace(id, connection);
  connection->read();
}

void Server::Impl::notify(bool live, std::string_view method, const json::object& params) {
  // A copy: sending may disconnect a client, and on_disconnect may do anything.
  std::vector<std::shared_ptr<Peered>> listeners;
  for (const auto& [id, connection] : connections_)
    if (live ? connection->wanted().live : connection->wanted().events) listeners.push_back(connection);
  if (listeners.empty()) return;
  const std::string line = notification_line(method, params);
  for (const auto& listener : listeners) {
    if (live)
      listener->send_live(line);
    else if (!listener->send(line))
      listener->leave();
  }
}

void Server::Impl::close() {
  closed_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  listening_.reset();
  accept_timer_.cancel();
  for (const auto& [id, connection] : connections_) connection->close();
  connections_.clear();
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { impl_->close(); }

Result<std::unique_ptr<Server>> Server::listen(asio::io_context& io, ServerOptions options) {
  auto listening = ListeningSocket::open(options.path, options.group);
  if (!listening) return std::unexpected(listening.error());
  try {
    auto impl = std::make_shared<Impl>(io, std::move(options), std::move(*listening));
    impl->accept();
    return std::unique_ptr<Server>(new Server(std::move(impl)));
  } catch (const boost::system::system_error& error) {
    return fail(Errc::kInternal, std::string("cannot serve the socket: ") + error.what());
  }
}

void Server::on(std::string method, Handler handler) {
  on_late(std::move(method), [handler = std::move(handler)](const json::object& params, Connection& from,
                                                            const Reply& reply) { reply.send(handler(params, from)); });
}
void Server::on_late(std::string method, LateHandler handler) {
  impl_->handlers_.insert_or_assign(std::move(method), std::move(handler));
}
void Server::on_disconnect(std::function<void(ConnectionId)> handler) {
  impl_->on_disconnect_.push_back(std::move(handler));
}
void Server::notify_event(std::string_view method, const json::object& params) { impl_->notify(false, method, params); }
void Server::notify_live(std::string_view method, const json::object& params) { impl_->notify(true, method, params); }
bool Server::has_live_subscribers() const noexcept {
  for (const auto& [id, connection] : impl_->connections_)
    if (connection->wanted().live) return true;
  return false;
}
std::size_t Server::connections() const noexcept { return impl_->connections_.size(); }
const ServerCounters& Server::counters() const noexcept { return impl_->counters_; }

}  // namespace knead::api
