// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/api/client.hpp"
#include "daemon/api/server.hpp"
#include "tests/loop_thread.hpp"

namespace knead::api {

/// A folder for sockets, gone after the test. Short, because a socket's path is.
class SocketFolder {
 public:
  SocketFolder() {
    std::string name = "/tmp/knead-api-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~SocketFolder() { std::filesystem::remove_all(path_); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// A server on a thread of its own, with the methods "echo", "fail", "throw" and "subscribe".
class ServerFixture : public testing::Test {
 protected:
  static constexpr auto kPatience = test::kPatience;

  void start(ServerOptions options) {
    options.path = path_;
    auto server = Server::listen(io_, std::move(options));
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    server_->on("echo", [](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
      return boost::json::value(params);
    });
    server_->on("fail", [](const boost::json::object&, Connection&) -> Result<boost::json::value> {
      return fail(Errc::kRefused, "it is stopped", "clear it");
    });
    server_->on("throw", [](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
      return params.at("missing");
    });
    server_->on("subscribe", [](const boost::json::object& params, Connection& from) -> Result<boost::json::value> {
      from.subscribe({.events = true, .live = params.contains("live")});
      return boost::json::value(static_cast<std::int64_t>(from.peer().uid));
    });
    server_->on_disconnect([this](ConnectionId id) {
      const std::lock_guard lock(mutex_);
      left_.push_back(id);
      changed_.notify_all();
    });
    loop_.start();
  }
  void start() { start({.path = {}}); }

  ~ServerFixture() override {
    if (!loop_.runs()) return;
    on_server([this] { server_.reset(); });
    loop_.end();
  }

  /// Runs @p what where handlers run, and waits for it.
  template <class What>
  auto on_server(What what) -> decltype(what()) {
    return loop_.run(std::move(what));
  }
  /// Waits until @p holds, asked where handlers run.
  bool eventually(const std::function<bool()>& holds) { return loop_.eventually(holds); }
  bool somebody_left() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return !left_.empty(); });
  }
  Client client() {
    auto connected = Client::connect(path_);
    if (!connected) throw std::runtime_error(connected.error().message());
    return std::move(*connected);
  }

  SocketFolder folder_;
  std::string path_ = folder_ / "k.sock";
  boost::asio::io_context io_;
  test::LoopThread loop_{io_};
  std::unique_ptr<Server> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ConnectionId> left_;
};

}  // namespace knead::api
