// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/server.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/api/unix_address.hpp"
#include "tests/unit/api/server_fixture.hpp"

namespace knead::api {
namespace {

using testing::HasSubstr;

/// A peer that speaks bytes, not JSON-RPC, and reads only when told.
class RawPeer {
 public:
  explicit RawPeer(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = unix_address(path);
    connected_ = ::connect(fd_, as_sockaddr(*address), sizeof *address) == 0;
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~RawPeer() { ::close(fd_); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  /// False: the other side closed.
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// The next line, or "" at the end.
  std::string hear() {
    std::string line;
    for (char c = 0; ::recv(fd_, &c, 1, 0) == 1;) {
      if (c == '\n') return line;
      line += c;
    }
    return "";
  }

 private:
  int fd_;
  bool connected_;
};

class ServerTest : public ServerFixture {};

TEST_F(ServerTest, ARequestIsAnsweredWithItsIdAndResult) {
  start();
  RawPeer peer(path_);
  ASSERT_TRUE(peer.say("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"echo\",\"params\":{\"a\":1}}\n"));
  EXPECT_EQ(peer.hear(), R"({"jsonrpc":"2.0","id":"x","result":{"a":1}})");
}

TEST_F(ServerTest, ARequestMayArriveInPiecesAndManyInOne) {
  start();
  RawPeer peer(path_);
  const std::string line = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\n";
  for (const char c : line) ASSERT_TRUE(peer.say({&c, 1}));
  EXPECT_THAT(peer.hear(), HasSubstr("\"result\""));
  std::string many;
  constexpr int kMany = 100;  // more than are answered in one turn
  for (int i = 0; i < kMany; ++i) many += line;
  ASSERT_TRUE(peer.say(many));
  for (int i = 0; i < kMany; ++i) EXPECT_THAT(peer.hear(), HasSubstr("\"result\""));
}

TEST_F(ServerTest, GarbageIsAnsweredAndTheConnectionStays) {
  start();
  RawPeer peer(path_);
  ASSERT_TRUE(peer.say("\x01\x02 garbage\n"));
  EXPECT_THAT(peer.hear(), HasSubstr("-32700"));
  ASSERT_TRUE(peer.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no.such\"}\n"));
  EXPECT_THAT(peer.hear(), HasSubstr("-32601"));
  ASSERT_TRUE(peer.say("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"}\n"));
  EXPECT_THAT(peer.hear(), HasSubstr("\"id\":2"));
  EXPECT_EQ(on_server([this] { return server_->counters().bad_lines; }), 2U);
}

TEST_F(ServerTest, ALineWithoutAnEndIsAnsweredOnceAndCutOff) {
  start();
  RawPeer peer(path_);
  peer.say(std::string(kMaxLine + 1, 'x'));
  EXPECT_THAT(peer.hear(), HasSubstr("longer than 64 KiB"));
  EXPECT_EQ(peer.hear(), "");
  EXPECT_TRUE(somebody_left());
}

TEST_F(ServerTest, ANotificationFromAClientIsObeyedAndNotAnswered) {
  start();
  RawPeer peer(path_);
  ASSERT_TRUE(
      peer.say("{\"jsonrpc\":\"2.0\",\"method\":\"fail\"}\n{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"echo\"}\n"));
  EXPECT_THAT(peer.hear(), HasSubstr("\"id\":5"));
}

TEST_F(ServerTest, AHandlerThatThrowsDoesNotTakeTheDaemonWithIt) {
  start();
  Client one = client();
  const auto thrown = one.call("throw");
  ASSERT_FALSE(thrown);
  EXPECT_TRUE(one.call("echo")) << "the connection stays";
}

TEST_F(ServerTest, ARequestThatTakesTimeHoldsUpNoOther) {
  start();
  Server::Reply late;
  on_server([&] { server_->on_late("late", [&](const auto&, Connection&, const auto& reply) { late = reply; }); });
  RawPeer peer(path_);
  ASSERT_TRUE(
      peer.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"late\"}\n"
               "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"}\n"));
  EXPECT_THAT(peer.hear(), HasSubstr("\"id\":2"));
  on_server([&] {
    EXPECT_TRUE(late.client_is_there());
    late.send(boost::json::value("done"));
  });
  EXPECT_EQ(peer.hear(), R"({"jsonrpc":"2.0","id":1,"result":"done"})");
}

TEST_F(ServerTest, ALateAnswerToAClientThatLeftIsDropped) {
  start();
  Server::Reply late;
  on_server([&] { server_->on_late("late", [&](const auto&, Connection&, const auto& reply) { late = reply; }); });
  {
    RawPeer peer(path_);
    ASSERT_TRUE(peer.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"late\"}\n"));
    ASSERT_TRUE(eventually([&] { return late.send != nullptr; }));
  }
  ASSERT_TRUE(somebody_left());
  on_server([&] {
    EXPECT_FALSE(late.client_is_there());
    late.send(boost::json::value("done"));
  });
}

TEST_F(ServerTest, OnlySubscribersAreNotified) {
  start();
  Client listener = client();
  Client other = client();
  ASSERT_TRUE(listener.call("subscribe"));
  EXPECT_FALSE(on_server([this] { return server_->has_live_subscribers(); }));
  on_server([this] {
    server_->notify_live("live", {{"n", 0}});
    server_->notify_event("event", {{"n", 1}});
  });
  const auto heard = listener.next_notification(kPatience);
  ASSERT_TRUE(heard);
  ASSERT_TRUE(*heard);
  EXPECT_EQ((*heard)->method, "event") << "it did not ask for live";
  ASSERT_TRUE(other.call("echo"));
  const auto silence = other.next_notification(std::chrono::milliseconds(0));
  ASSERT_TRUE(silence);
  EXPECT_FALSE(*silence);
}

TEST_F(ServerTest, TheKernelSaysWhoTheClientIs) {
  start();
  const auto uid = client().call("subscribe");
  ASSERT_TRUE(uid);
  EXPECT_EQ(uid->as_int64(), static_cast<std::int64_t>(::getuid()));
}

TEST_F(ServerTest, AClientThatDoesNotReadIsDroppedAndCountedAndTheOthersHearOn) {
  start();
  Client reader = client();
  ASSERT_TRUE(reader.call("subscribe"));
  RawPeer sleeper(path_);
  ASSERT_TRUE(sleeper.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\"}\n"));
  ASSERT_THAT(sleeper.hear(), HasSubstr("result"));

  // 4 MiB in all: more than the queue and the kernel's buffer together.
  const std::string text(4000, 'x');
  constexpr int kEvents = 1000;
  for (int i = 0; i < kEvents; ++i) {
    on_server([&] { server_->notify_event("event", {{"i", i}, {"text", text}}); });
    const auto heard = reader.next_notification(kPatience);
    ASSERT_TRUE(heard) << heard.error().message();
    ASSERT_TRUE(*heard);
    ASSERT_EQ((*heard)->params.at("i").as_int64(), i);
  }
  EXPECT_TRUE(somebody_left());
  EXPECT_EQ(on_server([this] { return server_->counters().dropped_slow; }), 1U);
  EXPECT_EQ(on_server([this] { return server_->connections(); }), 1U);
}

TEST_F(ServerTest, AClientThatAsksAndNeverReadsIsDroppedToo) {
  start();
  RawPeer greedy(path_);
  const std::string question =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":{\"x\":\"" + std::string(20'000, 'x') + "\"}}\n";
  bool open = true;
  for (int i = 0; i < 1000 && open; ++i) open = greedy.say(question);
  EXPECT_FALSE(open);
  EXPECT_EQ(on_server([this] { return server_->counters().dropped_slow; }), 1U);
}

TEST_F(ServerTest, ASlowReaderOfLiveLosesOldLinesAndNotItsConnection) {
  start();
  RawPeer slow(path_);
  ASSERT_TRUE(slow.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\",\"params\":{\"live\":true}}\n"));
  ASSERT_THAT(slow.hear(), HasSubstr("result"));
  const std::string text(4000, 'x');
  constexpr int kLines = 1000;
  on_server([&] {
    for (int i = 1; i <= kLines; ++i) server_->notify_live("live", {{"i", i}, {"text", text}});
  });
  int heard = 0;
  std::int64_t last = 0;
  while (last != kLines) {
    const std::string line = slow.hear();
    ASSERT_FALSE(line.empty()) << "after " << heard << " lines";
    const auto i = boost::json::parse(line).at("params").at("i").as_int64();
    ASSERT_GT(i, last) << "never an older one after a newer";
    last = i;
    ++heard;
  }
  EXPECT_LT(heard, kLines) << "the newest replaced older ones that waited";
  EXPECT_EQ(on_server([this] { return server_->counters().dropped_slow; }), 0U);
}

TEST_F(ServerTest, TheDaemonLearnsThatAClientLeft) {
  start();
  {
    ASSERT_TRUE(client().call("echo"));
  }
  EXPECT_TRUE(somebody_left());
  EXPECT_EQ(on_server([this] { return server_->connections(); }), 0U);
}

TEST_F(ServerTest, BeyondTheLimitAClientIsToldAndTurnedAway) {
  start({.path = {}, .max_connections = 2});
  Client one = client();
  Client two = client();
  ASSERT_TRUE(one.call("echo"));
  ASSERT_TRUE(two.call("echo"));
  Client three = client();
  const auto refused = three.call("echo");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBusy);
  EXPECT_TRUE(one.call("echo"));
}

TEST_F(ServerTest, AClientMayLeaveFromInsideAnyNotification) {
  start();
  std::vector<Client> listeners;
  for (int i = 0; i < 8; ++i) {
    listeners.push_back(client());
    ASSERT_TRUE(listeners.back().call("subscribe"));
  }
  listeners.clear();  // they are gone, and the server may not know yet
  on_server([this] {
    for (int i = 0; i < 100; ++i) server_->notify_event("event", {});
  });
  EXPECT_TRUE(eventually([this] { return server_->connections() == 0; }));
}

TEST_F(ServerTest, WhenTheServerEndsItsClientsLearnItAndTheFileIsGone) {
  start();
  Client one = client();
  ASSERT_TRUE(one.call("echo"));
  on_server([this] { server_.reset(); });
  const auto after = one.call("echo");
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Errc::kDisconnected);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace knead::api
