// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>

#include "hw/link/link.hpp"
#include "hw/protocol/codec.hpp"

namespace knead::bench {

/// Two ends of a socket that keeps packets apart, as USB does.
struct SocketPair {
  SocketPair() {
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
  }
  ~SocketPair() {
    for (const int end : ends) ::close(end);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  static constexpr std::chrono::milliseconds kLongestWait{2};  ///< SamplingThread's tick
  std::array<int, 2> ends{};
};

/// Nothing comes for at most this long before receive() returns.
inline void limit_wait(int socket, std::chrono::microseconds limit) {
  const timeval time{.tv_sec = 0, .tv_usec = limit.count()};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

/// The bare thing at the ball's place: takes each packet on @p socket, with the wait that SocketBus has, and gives
/// it to @p answer until the other end shuts down.
template <class Answer>
void receive_until_shut(int socket, Answer answer) {
  limit_wait(socket, SocketPair::kLongestWait);
  std::array<std::byte, protocol::kPacketSize> packet{};
  for (;;) {
    const ssize_t size = ::recv(socket, packet.data(), packet.size(), 0);
    if (size > 0) answer(packet);
    const bool waited = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (size <= 0 && !waited) return;
  }
}

/// A ball's link over one end of a socket pair: the transport of the measurements, and nothing else.
class SocketLink final : public hw::Link {
 public:
  explicit SocketLink(int socket) : socket_(socket) {}
  Result<> start(hw::ReportSink& sink) override {
    sink_ = &sink;
    return {};
  }
  bool submit(const protocol::MotorCommand& command) noexcept override {
    std::array<std::byte, protocol::kMotorCommandSize> bytes{};
    protocol::encode_motor_command(command, bytes);
    return ::send(socket_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  }
  void emergency_stop() noexcept override {}
  Result<std::size_t> control_in(protocol::Request, std::uint16_t, std::span<std::byte>,
                                 std::chrono::milliseconds) override {
    return std::size_t{0};
  }
  Result<> control_out(protocol::Request, std::uint16_t, std::span<const std::byte>,
                       std::chrono::milliseconds) override {
    return {};
  }

 private:
  friend class SocketBus;
  int socket_;
  hw::ReportSink* sink_ = nullptr;
};

/// A bus with one link that is open from the start.
class SocketBus final : public hw::Bus {
 public:
  explicit SocketBus(int socket) : socket_(socket), link_(socket) { limit_wait(socket, SocketPair::kLongestWait); }
  [[nodiscard]] SocketLink& link() noexcept { return link_; }
  Result<> start(hw::BusEvents&) override { return {}; }
  void run_once(HostTime) noexcept override {
    std::array<std::byte, protocol::kPacketSize> packet{};
    const ssize_t size = ::recv(socket_, packet.data(), packet.size(), 0);
    const HostTime arrived = HostClock::now();
    if (size > 0 && link_.sink_ != nullptr)
      link_.sink_->on_report(std::span(packet).first(static_cast<std::size_t>(size)), arrived);
  }
  void wake() noexcept override {}
  Result<std::unique_ptr<hw::Link>> open(hw::BallId) override { return fail(Errc::kNoBall, "it is open already"); }

 private:
  int socket_;
  SocketLink link_;
};

}  // namespace knead::bench
