// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/server.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "hw/usbip/connection.hpp"

namespace knead::hw::usbip {

Server::Server(boost::asio::io_context& io, Shelf& shelf, ServerEvents& events)
    : io_(io), shelf_(shelf), events_(events), acceptor_(io), retry_(io) {}

Server::~Server() { stop(); }

Result<std::uint16_t> Server::listen(std::uint16_t port) {
  using boost::asio::ip::tcp;
  const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
  try {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port = acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& e) {
    const int code = e.code().value();
    const Errc kind = code == EACCES ? Errc::kAccessDenied : Errc::kBusy;
    return fail(kind, fmt::format("cannot listen on 127.0.0.1:{}", port), "choose another --port", code);
  }
  accept();
  return port;
}

void Server::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, boost::asio::ip::tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (error) return accept_later();
    boost::system::error_code ignored;  // without it a report may wait for the one after: slower, not wrong
    ignored = socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    const auto connection = std::make_shared<Connection>(*this, Connection::Socket(std::move(socket)), nullptr);
    connections_.push_back(connection);
    connection->start();
    accept();
  });
}

void Server::accept_later() {
  retry_.expires_after(kAcceptRetry);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error && acceptor_.is_open()) accept();
  });
}

void Server::adopt(boost::asio::generic::stream_protocol::socket socket, ShelfBall& ball) {
  const auto connection = std::make_shared<Connection>(*this, std::move(socket), &ball);
  connections_.push_back(connection);
  connection->start();
}

void Server::drop(const ShelfBall& ball) {
  const auto found = std::ranges::find(connections_, &ball, [](const auto& c) { return c->ball(); });
  if (found != connections_.end()) std::shared_ptr(*found)->close();
}

void Server::stop() {
  boost::system::error_code ignored;  // it is closed all the same
  ignored = acceptor_.close(ignored);
  retry_.cancel();
  // A closing connection removes itself from the list.
  for (const auto& connection : std::vector(connections_)) connection->close();
}

void Server::remove(const Connection& connection) {
  std::erase_if(connections_, [&](const auto& c) { return c.get() == &connection; });
}

}  // namespace knead::hw::usbip
