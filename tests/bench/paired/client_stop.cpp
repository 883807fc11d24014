// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/daemon_in_process.hpp"
#include "tests/bench/paired/socket_bus.hpp"

namespace knead::bench {
namespace {

constexpr int kStopTurns = 300;

std::vector<double> ping_pong() {
  const SocketPair sockets;
  std::jthread other([&] {
    std::array<char, 64> packet{};
    while (::recv(sockets.ends[0], packet.data(), packet.size(), 0) > 0)
      static_cast<void>(::send(sockets.ends[0], packet.data(), 1, 0));
  });
  std::vector<double> times;
  std::array<char, 64> packet{};
  test::Beat beat;
  for (int i = 0; i < kStopTurns; ++i) {
    beat.wait();
    const HostTime asked = HostClock::now();
    static_cast<void>(::send(sockets.ends[1], packet.data(), packet.size(), 0));
    static_cast<void>(::recv(sockets.ends[1], packet.data(), packet.size(), 0));
    times.push_back(static_cast<double>((HostClock::now() - asked).count()));
  }
  ::shutdown(sockets.ends[1], SHUT_RDWR);
  return times;
}

/// When a ball was last told to stop.
std::atomic<std::int64_t>& stopped_at() {
  static std::atomic<std::int64_t> at{0};
  return at;
}

/// Notes the moment of each emergency stop.
class NotingLink final : public test::WrappedLink {
 public:
  using WrappedLink::WrappedLink;
  void emergency_stop() noexcept override {
    WrappedLink::emergency_stop();
    stopped_at().store(HostClock::now().time_since_epoch().count(), std::memory_order_release);
  }
};

std::vector<double> stop_by_a_client() {
  DaemonInProcess daemon([](std::unique_ptr<hw::Link> link) { return std::make_unique<NotingLink>(std::move(link)); });
  api::Client client = daemon.connect();
  std::vector<double> times;
  test::Beat beat;
  for (int i = 0; i < kStopTurns; ++i) {
    beat.wait();
    const HostTime asked = HostClock::now();
    if (!client.call("session.stop")) continue;
    const auto stopped = stopped_at().load(std::memory_order_acquire) - asked.time_since_epoch().count();
    if (stopped > 0) times.push_back(static_cast<double>(stopped));
    static_cast<void>(client.call("interlock.clear"));
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
