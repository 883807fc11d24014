// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/client.hpp"
#include "daemon/live/daemon.hpp"
#include "daemon/live/discomfort_methods.hpp"
#include "daemon/live/methods.hpp"
#include "daemon/record/store.hpp"
#include "hw/sim/sim_bus.hpp"
#include "tests/loop_thread.hpp"
#include "tests/unit/api/server_fixture.hpp"
#include "tests/wrapped_bus.hpp"

namespace knead::live {

/// A hand on a ball: presses as the test says.
struct Hand {
  std::atomic<double> newtons{0.0};
  std::atomic<bool> button{false};
};

class HandPerson final : public ball::Person {
 public:
  explicit HandPerson(const Hand& hand) : hand_(hand) {}
  Newtons force(DeviceTime /*t*/) override { return {hand_.newtons.load()}; }
  bool button(DeviceTime /*t*/) override { return hand_.button; }

 private:
  const Hand& hand_;
};

/// The balls' bus, which counts what is announced on it and what is opened.
class CountingBus final : public test::WrappedBus {
 public:
  explicit CountingBus(std::unique_ptr<hw::SimBus> sim) : WrappedBus(*sim), sim_(std::move(sim)) {}
  Result<std::unique_ptr<hw::Link>> open(hw::BallId ball) override {
    ++opened;
    return WrappedBus::open(ball);
  }
  hw::SimBus& sim() { return *sim_; }

  std::atomic<int> announced{0};
  std::atomic<int> opened{0};

 private:
  void on_arrived(hw::BallInfo ball) override {
    WrappedBus::on_arrived(std::move(ball));
    ++announced;
  }

  std::unique_ptr<hw::SimBus> sim_;
};

/// A daemon with its methods on a socket, on a thread of its own; two virtual balls, KN-1 plugged in, KN-2 not; the
/// tests are its clients.
class DaemonOnSocket : public testing::Test {
 protected:
  static constexpr auto kPatience = test::kPatience;
  using Object = boost::json::object;

  void start() {
    config_.config.realtime = {.priority = 0, .lock_memory = false};
    config_.config.record.database = folder_ / "knead.db";
    recorder_.emplace(record::Store::open(config_.config.record.database).value());
    std::vector<hw::SimBallConfig> balls;
    balls.push_back({.ball = {.serial = "KN-1"}, .person = std::make_unique<HandPerson>(hand_)});
    balls.push_back({.ball = {.serial = "KN-2"}, .person = std::make_unique<HandPerson>(other_hand_)});
    bus_.emplace(hw::SimBus::create(std::move(balls)).value());
    ASSERT_TRUE(bus_->sim().set_plugged("KN-2", false));
    server_ = api::Server::listen(io_, {.path = folder_ / "k.sock"}).value();
    daemon_ = Daemon::start(io_, config_, {}, *bus_, *recorder_).value();
    methods_.emplace(io_, *server_, *daemon_);
    discomfort_.emplace(io_, *server_, *daemon_, *recorder_);
    loop_.start();
    ASSERT_TRUE(eventually([this] { return daemon_->choose_station("KN-1").has_value(); }));
  }
  ~DaemonOnSocket() override {
    io_.stop();
    loop_.end();
    // As in the program: what was made last goes first.
    discomfort_.reset();
    methods_.reset();
    daemon_.reset();
    bus_.reset();
    recorder_.reset();
    server_.reset();
  }

  /// Runs @p what on the daemon's thread, and waits for it.
  template <class What>
  auto on_daemon(What what) -> decltype(what()) {
    return loop_.run(std::move(what));
  }
  /// Waits until @p holds, asked on the daemon's thread.
  bool eventually(const std::function<bool()>& holds) { return loop_.eventually(holds); }
  api::Client client() { return api::Client::connect(folder_ / "k.sock").value(); }
  /// The next notification @p method that this client gets.
  static std::optional<Object> next(api::Client& client, const std::string& method) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      auto got = client.next_notification(std::chrono::milliseconds(100));
      if (!got) return std::nullopt;
      if (*got && (*got)->method == method) return std::move((*got)->params);
    }
    return std::nullopt;
  }

  Hand hand_;
  Hand other_hand_;
  api::SocketFolder folder_;
  LoadedConfig config_;
  boost::asio::io_context io_;
  test::LoopThread loop_{io_};
  std::unique_ptr<api::Server> server_;
  std::optional<record::Recorder> recorder_;
  std::optional<CountingBus> bus_;
  std::unique_ptr<Daemon> daemon_;
  std::optional<Methods> methods_;
  std::optional<DiscomfortMethods> discomfort_;
};

}  // namespace knead::live
