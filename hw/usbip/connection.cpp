// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <span>
#include <utility>

#include "hw/usbip/server.hpp"

namespace knead::hw::usbip {
namespace {

Conversation begin(Shelf& shelf, ShelfBall* attached) {
  if (attached == nullptr) return Conversation(shelf);
  return {shelf, *attached, HostClock::now()};
}

}  // namespace

Connection::Connection(Server& server, Socket socket, ShelfBall* attached)
    : server_(server), socket_(std::move(socket)), timer_(server.io_), conversation_(begin(server.shelf_, attached)) {}

void Connection::start() {
  read();
  settle();
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  ShelfBall* ball = conversation_.ball();
  conversation_.hang_up(HostClock::now());
  if (ball != nullptr) {
    server_.events_.on_lived(*ball);
    server_.events_.on_detached(*ball);
  }
  if (!conversation_.complaint().empty()) server_.events_.on_complaint(conversation_.complaint());
  timer_.cancel();
  boost::system::error_code ignored;  // a socket whose peer is gone may refuse to shut down; it is closed all the same
  ignored = socket_.shutdown(Socket::shutdown_both, ignored);
  ignored = socket_.close(ignored);
  server_.remove(*this);
}

void Connection::read() {
  socket_.async_read_some(boost::asio::buffer(incoming_),
                          [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                            if (self->closed_) return;
                            if (error) return self->close();
                            self->conversation_.receive(std::span(self->incoming_).first(size), HostClock::now());
                            self->settle();
                            if (!self->closed_) self->read();
                          });
}

void Connection::write() {
  if (!sending_.empty()) return;
  if (unsent_.empty()) {
    if (conversation_.over()) close();
    return;
  }
  sending_.swap(unsent_);
  boost::asio::async_write(socket_, boost::asio::buffer(sending_),
                           [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                             self->sending_.clear();
                             if (self->closed_) return;
                             if (error) return self->close();
                             self->write();
                           });
}

void Connection::wait() {
  const auto idle = HostClock::now() + kIdleStep;
  const auto due = std::min(conversation_.next_due(), idle);
  // HostClock and the timer's steady_clock are both CLOCK_MONOTONIC.
  timer_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(due.time_since_epoch())));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->closed_) return;
    self->conversation_.advance(HostClock::now());
    self->settle();
  });
}

void Connection::settle() {
  if (ShelfBall* ball = conversation_.ball()) {
    server_.events_.on_lived(*ball);
    if (!std::exchange(announced_, true)) server_.events_.on_attached(*ball);
  }
  const std::vector<std::byte> output = conversation_.take_output();
  unsent_.insert(unsent_.end(), output.begin(), output.end());
  if (unsent_.size() > kMaxUnsent) return close();
  if (conversation_.ball() != nullptr && !conversation_.over()) wait();
  write();
}

}  // namespace knead::hw::usbip
