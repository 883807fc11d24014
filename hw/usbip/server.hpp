// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/core/error.hpp"
#include "hw/usbip/shelf.hpp"

namespace knead::hw::usbip {

class Connection;

/// What the server tells its owner. Called on the io_context's thread.
class ServerEvents {
 public:
  virtual ~ServerEvents() = default;
  virtual void on_attached(const ShelfBall& ball) = 0;
  virtual void on_detached(const ShelfBall& ball) = 0;
  /// After everything that may have moved the ball's motor.
  virtual void on_lived(ShelfBall& ball) = 0;
  /// A connection ended by a mistake of its client.
  virtual void on_complaint(const std::string& what) = 0;
};

/// Carries conversations over sockets: those it accepts on loopback TCP and those handed to it. One thread runs the
/// io_context. It never listens on anything but 127.0.0.1: USB/IP knows no authentication.
class Server {
 public:
  /// All three must outlive the server.
  Server(boost::asio::io_context& io, Shelf& shelf, ServerEvents& events);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// @param port 0: any free one. @return the port. Errors: kBusy (taken), kAccessDenied.
  Result<std::uint16_t> listen(std::uint16_t port);
  /// A connected stream whose other end is a kernel that has been told about @p ball.
  void adopt(boost::asio::generic::stream_protocol::socket socket, ShelfBall& ball);
  /// Ends the conversation about @p ball, if there is one.
  void drop(const ShelfBall& ball);
  /// Ends everything; the io_context then runs out of work.
  void stop();

 private:
  friend class Connection;
  static constexpr std::chrono::milliseconds kAcceptRetry{100};

  void accept();
  /// After an error: a client that left while it was accepted, or no descriptor free; the latter would spin.
  void accept_later();
  void remove(const Connection& connection);

  boost::asio::io_context& io_;
  Shelf& shelf_;
  ServerEvents& events_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

}  // namespace knead::hw::usbip
