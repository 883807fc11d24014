// SPDX-License-Identifier: Apache-2.0
// The server over real sockets: a scripted host at one end of a socket pair, or on loopback TCP.
#include "hw/usbip/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "hw/protocol/codec.hpp"
#include "hw/usbip/connection.hpp"
#include "hw/usbip/vhci.hpp"
#include "tests/unit/usbip/scripted_host.hpp"

namespace knead::hw::usbip::scripted {
namespace {

using namespace std::chrono_literals;

/// Far beyond what anything here needs; it only bounds a hang.
constexpr auto kPatience = 30s;

class UsbipServer : public ::testing::Test, public ServerEvents {
 protected:
  UsbipServer() : ball_(shelf_.add(a_ball(), statue(), HostClock::now())), server_(io_, shelf_, *this) {}
  void TearDown() override { server_.stop(); }

  /// The host's end of a self-attached connection.
  UniqueFd attach() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    server_.adopt(Connection::Socket(io_, boost::asio::generic::stream_protocol(AF_UNIX, 0), ends[0]), ball_);
    return UniqueFd(ends[1]);
  }
  UniqueFd connect(std::uint16_t port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the socket API takes addresses
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  void run_until(const std::function<bool()>& reached) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!reached()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it never happened";
      io_.restart();
      io_.run_one_for(10ms);
    }
  }
  void send(const UniqueFd& fd, const Bytes& message) {
    ASSERT_EQ(::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL), static_cast<ssize_t>(message.size()));
  }
  Bytes receive(const UniqueFd& fd, std::size_t size) {
    Bytes got;
    run_until([&] {
      std::array<std::byte, 4096> piece{};
      const ssize_t n = ::recv(fd.get(), piece.data(), std::min(piece.size(), size - got.size()), MSG_DONTWAIT);
      if (n > 0) got.insert(got.end(), piece.begin(), piece.begin() + n);
      return got.size() >= size;
    });
    return got;
  }
  /// The server has closed its end.
  void expect_hung_up(const UniqueFd& fd) {
    run_until([&] {
      std::byte b{};
      return ::recv(fd.get(), &b, 1, MSG_DONTWAIT) == 0;
    });
  }

  void on_attached(const ShelfBall& ball) override { happened_.push_back(ball.bus_id() + " attached"); }
  void on_detached(const ShelfBall& ball) override { happened_.push_back(ball.bus_id() + " detached"); }
  void on_lived(ShelfBall& ball) override {
    for (const ball::MotorChange& change : ball.new_motor_changes()) motor_.push_back(change);
  }
  void on_complaint(const std::string& what) override { happened_.push_back("complaint: " + what); }

  boost::asio::io_context io_{1};
  Shelf shelf_;
  ShelfBall& ball_;
  Server server_;
  std::vector<std::string> happened_;
  std::vector<ball::MotorChange> motor_;
};

TEST_F(UsbipServer, CarriesAWholeAttachmentOverASocketPair) {
  UniqueFd host = attach();
  send(host, get_device_descriptor(1));
  const Bytes descriptor = receive(host, kHeader + 18);
  EXPECT_EQ(answer(descriptor).actual, 18U);
  send(host, set_configuration(2));
  EXPECT_EQ(answer(receive(host, kHeader)).status, 0);

  send(host, interrupt_in(3));
  const Bytes in = receive(host, kHeader);
  EXPECT_EQ(answer(in).seq, 3U);
  const auto report = protocol::decode_report(receive(host, answer(in).actual));
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->has(protocol::ReportFlag::kFirstAfterReset));

  send(host, motor(4, 120, 500));
  EXPECT_EQ(answer(receive(host, kHeader)).status, 0);

  for (std::uint32_t seq = 10; seq < 30; ++seq) send(host, interrupt_in(seq));
  send(host, unlink(40, 29));
  bool taken_back = false;
  while (!taken_back) {
    const Answer got = answer(receive(host, kHeader));
    ASSERT_NE(got.seq, 29U) << "an unlinked URB was answered";
    taken_back = got.command == 4;
    if (taken_back) {
      EXPECT_EQ(got.status, kConnectionReset);
    } else {
      (void)receive(host, got.actual);
    }
  }

  host = UniqueFd();  // the host is unplugged
  run_until([&] { return !ball_.attached(); });
  EXPECT_EQ(happened_, (std::vector<std::string>{"1-1 attached", "1-1 detached"}));
  ASSERT_EQ(motor_.size(), 2U);
  EXPECT_EQ(motor_[0].level.value, 120);
  EXPECT_EQ(motor_[1].level.value, 0);
}

TEST_F(UsbipServer, TheMotorsTtlEndsWithoutAWordFromTheHost) {
  const UniqueFd host = attach();
  send(host, set_configuration(1));
  send(host, motor(2, 120, 30));
  run_until([&] { return motor_.size() == 2; });
  EXPECT_EQ(motor_[1].cause, ball::MotorCause::kTtlExpired);
  EXPECT_EQ(motor_[1].at - motor_[0].at, 30ms);
}

TEST_F(UsbipServer, ListsAndImportsOverTcp) {
  const auto port = server_.listen(0);
  ASSERT_TRUE(port.has_value()) << port.error().message();
  const UniqueFd lister = connect(*port);
  send(lister, bytes({0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0}));
  EXPECT_EQ(get32(receive(lister, 12), 8), 1U);
  (void)receive(lister, kDeviceRecordSize + kInterfaceRecordSize);
  expect_hung_up(lister);

  const UniqueFd host = connect(*port);
  Bytes import = bytes({0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0, '1', '-', '1'});
  import.resize(8 + 32);
  send(host, import);
  EXPECT_EQ(get32(receive(host, 8 + kDeviceRecordSize), 4), 0U);
  EXPECT_TRUE(ball_.attached());
  send(host, get_device_descriptor(1));
  EXPECT_EQ(answer(receive(host, kHeader + 18)).actual, 18U);
}

TEST_F(UsbipServer, APortThatIsTakenIsAnError) {
  const auto port = server_.listen(0);
  ASSERT_TRUE(port.has_value());
  Server second(io_, shelf_, *this);
  const auto again = second.listen(*port);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, Errc::kBusy);
}

TEST_F(UsbipServer, GarbageIsSentAwayAndTheNextClientIsServed) {
  const auto port = server_.listen(0);
  ASSERT_TRUE(port.has_value());
  const UniqueFd stranger = connect(*port);
  send(stranger, bytes({'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'}));
  run_until([&] { return !happened_.empty(); });
  EXPECT_TRUE(happened_.front().starts_with("complaint:")) << happened_.front();

  const UniqueFd lister = connect(*port);
  send(lister, bytes({0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0}));
  EXPECT_EQ(get32(receive(lister, 12), 8), 1U);
}

TEST_F(UsbipServer, PullingTheCableHangsUp) {
  const UniqueFd host = attach();
  run_until([&] { return happened_.size() == 1; });
  server_.drop(ball_);
  expect_hung_up(host);
  EXPECT_EQ(happened_.back(), "1-1 detached");
}

TEST_F(UsbipServer, StopLeavesTheIoContextWithoutWork) {
  ASSERT_TRUE(server_.listen(0).has_value());
  const UniqueFd host = attach();
  server_.stop();
  EXPECT_FALSE(ball_.attached());
  io_.restart();
  io_.run_for(kPatience);
  EXPECT_TRUE(io_.stopped()) << "something still waits";
}

}  // namespace
}  // namespace knead::hw::usbip::scripted
