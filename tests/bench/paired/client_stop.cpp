// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <thread>

#include "daemon/api/client.hpp"
#include "daemon/api/server.hpp"
#include "daemon/live/methods.hpp"
#include "daemon/live/sim_balls.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/socket_bus.hpp"

namespace knead::bench {
namespace {

constexpr int kTurns = 300;

std::vector<double> ping_pong() {
  const SocketPair sockets;
  std::jthread other([&] {
    std::array<char, 64> packet{};
    while (::recv(sockets.ends[0], packet.data(), packet.size(), 0) > 0)
      static_cast<void>(::send(sockets.ends[0], packet.data(), 1, 0));
  });
  std::vector<double> times;
  std::array<char, 64> packet{};
  for (int i = 0; i < kTurns; ++i) {
    const HostTime asked = HostClock::now();
    static_cast<void>(::send(sockets.ends[1], packet.data(), packet.size(), 0));
    static_cast<void>(::recv(sockets.ends[1], packet.data(), packet.size(), 0));
    times.push_back(static_cast<double>((HostClock::now() - asked).count()));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::shutdown(sockets.ends[1], SHUT_RDWR);
  return times;
}

/// When a ball was last told to stop.
std::atomic<std::int64_t>& stopped_at() {
  static std::atomic<std::int64_t> at{0};
  return at;
}

/// Another bus's link that notes the moment of each emergency stop.
class NotingLink final : public hw::Link {
 public:
  explicit NotingLink(std::unique_ptr<hw::Link> inner) : inner_(std::move(inner)) {}
  Result<> start(hw::ReportSink& sink) override { return inner_->start(sink); }
  bool submit(const protocol::MotorCommand& command) noexcept override { return inner_->submit(command); }
  void emergency_stop() noexcept override {
    inner_->emergency_stop();
    stopped_at().store(HostClock::now().time_since_epoch().count(), std::memory_order_release);
  }
  Result<std::size_t> control_in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                 std::chrono::milliseconds timeout) override {
    return inner_->control_in(request, value, data, timeout);
  }
  Result<> control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                       std::chrono::milliseconds timeout) override {
    return inner_->control_out(request, value, data, timeout);
  }

 private:
  std::unique_ptr<hw::Link> inner_;
};

class NotingBus final : public hw::Bus {
 public:
  explicit NotingBus(hw::Bus& inner) : inner_(inner) {}
  Result<> start(hw::BusEvents& events) override { return inner_.start(events); }
  void run_once(HostTime deadline) noexcept override { inner_.run_once(deadline); }
  void wake() noexcept override { inner_.wake(); }
  Result<std::unique_ptr<hw::Link>> open(hw::BallId ball) override {
    auto link = inner_.open(ball);
    if (!link) return link;
    return std::make_unique<NotingLink>(std::move(*link));
  }

 private:
  hw::Bus& inner_;
};

/// The daemon as main.cpp wires it, in this process, with one virtual ball.
class DaemonInProcess {
 public:
  DaemonInProcess() {
    std::filesystem::create_directories(folder_);
    LoadedConfig config;
    config.config.api.socket = socket();
    thread_ = std::jthread([this, config] { serve(config); });
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

 private:
  [[nodiscard]] std::string socket() const { return (folder_ / "kneadd.sock").string(); }
  void serve(const LoadedConfig& config) {
    auto server = api::Server::listen(io_, {.path = socket()}).value();
    record::Recorder recorder(record::Store::open((folder_ / "knead.db").string()).value());
    const std::vector<std::string> balls{"steady"};
    const auto sim = live::make_sim_balls(balls).value();
    NotingBus bus(*sim);
    const auto daemon = live::Daemon::start(io_, config, {}, bus, recorder).value();
    const live::Methods methods(io_, *server, *daemon);
    io_.run();
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / fmt::format("knead-bench-{}", ::getpid());
  boost::asio::io_context io_;
  std::jthread thread_;
};

std::vector<double> stop_by_a_client() {
  DaemonInProcess daemon;
  api::Client client = daemon.connect();
  std::vector<double> times;
  for (int i = 0; i < kTurns; ++i) {
    const HostTime asked = HostClock::now();
    if (!client.call("session.stop")) continue;
    const auto stopped = stopped_at().load(std::memory_order_acquire) - asked.time_since_epoch().count();
    if (stopped > 0) times.push_back(static_cast<double>(stopped));
    static_cast<void>(client.call("interlock.clear"));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return times;
}

}  // namespace

std::vector<Comparison> client_stop() {
  return {{.name = "a client's stop to the ball's / ping-pong",
           .baseline = ping_pong,
           .subject = stop_by_a_client,
           .p50_bound = 3.0}};
}

}  // namespace knead::bench
