// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/api/client.hpp"
#include "daemon/api/messages.hpp"
#include "daemon/api/server.hpp"
#include "daemon/live/methods.hpp"
#include "daemon/live/sim_balls.hpp"
#include "tests/bench/paired/wrapped_bus.hpp"

namespace knead::bench {

/// The daemon as main.cpp wires it, in this process, with one virtual ball whose link @p wrap may listen to.
class DaemonInProcess {
 public:
  explicit DaemonInProcess(WrapLink wrap) {
    std::filesystem::create_directories(folder_);
    LoadedConfig config;
    config.config.api.socket = socket();
    thread_ = std::jthread([this, config, wrap = std::move(wrap)] { serve(config, wrap); });
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
    for (;;) {
      if (auto client = api::Client::connect(socket())) {
        const auto status = client->call("daemon.status");
        if (status && !api::daemon_status_from(status->as_object()).balls.empty()) return std::move(*client);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  /// Where its files are; gone with it.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  [[nodiscard]] std::string socket() const { return (folder_ / "kneadd.sock").string(); }
  void serve(const LoadedConfig& config, const WrapLink& wrap) {
    auto server = api::Server::listen(io_, {.path = socket()}).value();
    record::Recorder recorder(record::Store::open((folder_ / "knead.db").string()).value());
    const std::vector<std::string> balls{"steady"};
    const auto sim = live::make_sim_balls(balls).value();
    WrappedBus bus(*sim, wrap);
    const auto daemon = live::Daemon::start(io_, config, {}, bus, recorder).value();
    const live::Methods methods(io_, *server, *daemon);
    io_.run();
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / fmt::format("knead-bench-{}", ::getpid());
  boost::asio::io_context io_;
  std::jthread thread_;
};

}  // namespace knead::bench
