// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/client.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/api/unix_address.hpp"
#include "tests/unit/api/server_fixture.hpp"

namespace knead::api {
namespace {

class ClientTest : public ServerFixture {
 protected:
  /// A daemon that listens and says nothing by itself.
  int mute_daemon() {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = unix_address(path_);
    EXPECT_EQ(::bind(fd, as_sockaddr(*address), sizeof *address), 0);
    EXPECT_EQ(::listen(fd, 4), 0);
    return fd;
  }
};

TEST_F(ClientTest, WithoutADaemonItSaysSo) {
  const auto none = Client::connect(path_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::kNoDaemon);
}

TEST_F(ClientTest, OfSeveralSocketsTheFirstThatAnswersIsTaken) {
  start();
  const std::vector paths{folder_ / "none.sock", path_};
  const auto found = Client::connect_any(paths);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->path(), path_);
}

TEST_F(ClientTest, TheDaemonsErrorArrivesWithItsRemedy) {
  start();
  const auto refused = client().call("fail");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused);
  EXPECT_EQ(refused.error().context, "it is stopped");
  EXPECT_EQ(refused.error().remedy, "clear it");
}

TEST_F(ClientTest, NotificationsThatComeDuringACallAreKeptInOrder) {
  start();
  Client one = client();
  ASSERT_TRUE(one.call("subscribe"));
  on_server([this] {
    for (int i = 0; i < 3; ++i) server_->notify_event("event", {{"i", i}});
  });
  ASSERT_TRUE(one.call("echo"));
  for (int i = 0; i < 3; ++i) {
    const auto heard = one.next_notification(std::chrono::milliseconds(0));
    ASSERT_TRUE(heard);
    ASSERT_TRUE(*heard);
    EXPECT_EQ((*heard)->params.at("i").as_int64(), i);
  }
}

TEST_F(ClientTest, ARequestSentOnTheWayOutIsStillCarriedOut) {
  start();
  bool done = false;
  on_server([&] {
    server_->on("mark", [&done](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      done = true;
      return boost::json::value(nullptr);
    });
  });
  {
    Client one = client();
    ASSERT_TRUE(one.send("mark"));
  }
  EXPECT_TRUE(eventually([&] { return done; }));
}

TEST_F(ClientTest, ADaemonThatDoesNotAnswerIsATimeoutAndNotAHang) {
  const int fd = mute_daemon();
  auto one = Client::connect(path_);
  ASSERT_TRUE(one);
  const auto nothing = one->call("echo", {}, std::chrono::milliseconds(20));
  ::close(fd);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::kTimeout);
}

TEST_F(ClientTest, ADaemonThatTalksNonsenseIsAProtocolError) {
  const int fd = mute_daemon();
  auto one = Client::connect(path_);
  ASSERT_TRUE(one);
  const int peer = ::accept(fd, nullptr, nullptr);
  ASSERT_EQ(::send(peer, "HTTP/1.1 400\n", 13, MSG_NOSIGNAL), 13);
  const auto nonsense = one->call("echo");
  ::close(peer);
  ::close(fd);
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().code, Errc::kProtocol);
}

TEST_F(ClientTest, ALineThatNeverEndsDoesNotFillTheMemory) {
  const int fd = mute_daemon();
  auto one = Client::connect(path_);
  ASSERT_TRUE(one);
  const int peer = ::accept(fd, nullptr, nullptr);
  std::thread flood([peer] {
    const std::string chunk(8192, 'x');
    while (::send(peer, chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  const auto endless = one->call("echo");
  one = fail(Errc::kInternal, "closed");
  flood.join();
  ::close(peer);
  ::close(fd);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, Errc::kProtocol);
}

}  // namespace
}  // namespace knead::api
