// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/api/client.hpp"
#include "daemon/api/messages.hpp"
#include "daemon/api/server.hpp"
#include "daemon/live/methods.hpp"
#include "daemon/live/sim_balls.hpp"
#include "tests/beat.hpp"
#include "tests/wrapped_bus.hpp"

namespace knead::bench {

/// The daemon as main.cpp wires it, in this process, with one virtual ball whose link @p wrap may listen to.
class DaemonInProcess {
 public:
  explicit DaemonInProcess(test::WrapLink wrap) {
    std::filesystem::create_directories(folder_);
    LoadedConfig config;
    config.config.api.socket = socket();
    config.config.record.database = database();
    thread_ = std::jthread([this, config, wrap = std::move(wrap)] { serve(config, wrap); });
    if (serving_.get_future().wait_for(test::kPatience) != std::future_status::ready) {
      io_.stop();
      throw std::runtime_error("the daemon does not come up");
    }
  }
  ~DaemonInProcess() {
    io_.stop();
    thread_.join();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  DaemonInProcess(const DaemonInProcess&) = delete;
  DaemonInProcess& operator=(const DaemonInProcess&) = delete;

  /// Waits until the ball streams.
  api::Client connect() {
    auto client = api::Client::connect(socket()).value();
    const auto streams = [&] {
      const auto status = client.call("daemon.status");
      return status && !api::daemon_status_from(status->as_object()).balls.empty();
    };
    if (!test::eventually(streams)) throw std::runtime_error("the ball does not stream");
    return client;
  }
  /// Where its files are; gone with it.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  [[nodiscard]] std::string socket() const { return (folder_ / "kneadd.sock").string(); }
  [[nodiscard]] std::string database() const { return (folder_ / "knead.db").string(); }
  void serve(const LoadedConfig& config, const test::WrapLink& wrap) {
    auto server = api::Server::listen(io_, {.path = socket()}).value();
    record::Recorder recorder(record::Store::open(database()).value());
    const std::vector<std::string> balls{"steady"};
    const auto sim = live::make_sim_balls(balls).value();
    test::WrappedBus bus(*sim, wrap);
    const auto daemon = live::Daemon::start(io_, config, {}, bus, recorder).value();
    const live::Methods methods(io_, *server, *daemon);
    serving_.set_value();
    io_.run();
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / fmt::format("knead-bench-{}", ::getpid());
  boost::asio::io_context io_;
  std::promise<void> serving_;
  std::jthread thread_;
};

}  // namespace knead::bench
