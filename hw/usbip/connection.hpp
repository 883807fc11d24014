// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/core/units.hpp"
#include "hw/usbip/conversation.hpp"

namespace knead::hw::usbip {

class Server;

/// One socket and the conversation on it: reads, writes, and wakes when the ball has something to say. Owned by the
/// server; handlers in flight keep it alive and find it closed.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  /// @param attached the ball of a self-attached conversation, else null.
  Connection(Server& server, Socket socket, ShelfBall* attached);
  void start();
  /// Detaches the ball and closes the socket. What is not sent yet is not sent any more.
  void close();
  [[nodiscard]] const ShelfBall* ball() const noexcept { return conversation_.ball(); }

  /// While attached the ball lives at least this often, so that its motor trace is written down soon after it happens.
  static constexpr std::chrono::milliseconds kIdleStep{5};
  /// A client that takes nothing while this much waits for it is gone in all but name.
  static constexpr std::size_t kMaxUnsent = 4U << 20U;

 private:
  void read();
  void write();
  void wait();
  /// Everything that follows a change of the conversation.
  void settle();

  Server& server_;
  Socket socket_;
  boost::asio::steady_timer timer_;
  Conversation conversation_;
  std::array<std::byte, 16384> incoming_{};
  std::vector<std::byte> unsent_;
  std::vector<std::byte> sending_;  // empty: no write in flight
  bool announced_ = false;
  bool closed_ = false;
};

}  // namespace knead::hw::usbip
