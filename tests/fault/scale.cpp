// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/api/client.hpp"
#include "daemon/api/messages.hpp"
#include "tests/beat.hpp"
#include "tests/fault/accounts.hpp"
#include "tests/fault/hog.hpp"
#include "tests/fault/process.hpp"

namespace knead::fault {
namespace {

struct Load {
  std::string_view name;
  int balls = 1;
  int rate_hz = 1000;
  int subscribers = 0;  ///< each is sent all there is to see of the session
  bool hogged = false;  ///< beside programs that do nothing but compute
};
constexpr std::array kLoads{Load{.name = "many", .balls = 16, .rate_hz = 1000},
                            Load{.name = "fast", .balls = 1, .rate_hz = 8000},
                            Load{.name = "crowd", .balls = 1, .rate_hz = 8000, .subscribers = 50, .hogged = true}};

api::DaemonStatus status(api::Client& client) {
  const auto reply = client.call("daemon.status");
  if (!reply) throw std::runtime_error(reply.error().message());
  return api::daemon_status_from(reply->as_object());
}

struct Sum {
  std::uint64_t samples = 0;
  std::uint64_t lost = 0;
  double longest_gap_ms = 0.0;
};
Sum sum(const api::DaemonStatus& status) {
  Sum out;
  for (const api::BallStatus& ball : status.balls) {
    out.samples += ball.samples;
    out.lost += ball.lost;
    out.longest_gap_ms = std::max(out.longest_gap_ms, ball.longest_gap_us / 1e3);
  }
  return out;
}

/// Clients that are shown the session as it runs, and read what they are sent.
class Subscribers {
 public:
  Subscribers(const std::string& socket, int count) {
    for (int n = 0; n < count; ++n) {
      auto client = api::Client::connect(socket);
      if (!client) throw std::runtime_error(client.error().message());
      if (const auto done = client->call("events.subscribe", {{"live", true}}); !done)
        throw std::runtime_error(done.error().message());
      clients_.push_back(std::move(*client));
    }
    reading_ = std::jthread([this](const std::stop_token& stop) { read(stop); });
  }
  Subscribers(const Subscribers&) = delete;
  Subscribers& operator=(const Subscribers&) = delete;
  ~Subscribers() = default;

  [[nodiscard]] std::uint64_t heard() const { return heard_.load(); }

 private:
  void read(const std::stop_token& stop) {
    using std::chrono::milliseconds;
    test::Beat beat(milliseconds(20));
    while (!stop.stop_requested()) {
      beat.wait();
      for (api::Client& client : clients_) {
        for (;;) {
          const auto next = client.next_notification(milliseconds(0));
          if (!next || !*next) break;  // one that was cut off is counted by the daemon
          ++heard_;
        }
      }
    }
  }

  std::vector<api::Client> clients_;
  std::atomic<std::uint64_t> heard_ = 0;
  std::jthread reading_;  // last: it uses the rest
};

void begin_session(api::Client& client) {
  if (const auto begun = client.call("session.run", {{"routine", "upper-trap"}, {"ball", "B01"}}); !begun)
    throw std::runtime_error(begun.error().message());
}

/// Sessions back to back for @p length. @return what is wrong with the record of one that ended.
std::string keep_busy(api::Client& client, const Kneadd& daemon, std::chrono::seconds length) {
  std::string problem;
  const auto end = std::chrono::steady_clock::now() + length;
  test::Beat look(std::chrono::milliseconds(100));
  while (std::chrono::steady_clock::now() < end) {
    look.wait();
    if (status(client).session) continue;
    const Accounts accounts = read_live_accounts(daemon.database());
    if (accounts.missing > 0 || accounts.unaccounted() > 0) problem = "  the record of a session is not whole";
    if (!accounts.problem.empty()) problem = "  " + accounts.problem;
    begin_session(client);
  }
  return problem;
}

bool bear(const Load& load, std::chrono::seconds length, bool realtime) {
  const Folder folder;
  KneaddOptions options{.database = {}, .realtime = realtime, .arguments = {"--rate", std::to_string(load.rate_hz)}};
  for (int n = 1; n <= load.balls; ++n) {
    options.arguments.insert(options.arguments.end(), {"--sim", fmt::format("steady,serial=B{:02},seed={}", n, n)});
  }
  Kneadd daemon(folder, options);
  std::optional<api::Client> client;
  const bool ready = wait_for([&] {
    if (!client) {
      auto connected = api::Client::connect(daemon.socket());
      if (!connected) return false;
      client.emplace(std::move(*connected));
    }
    return std::ssize(status(*client).balls) == load.balls &&
           sum(status(*client)).samples > 100 * static_cast<std::uint64_t>(load.balls);
  });
  if (!ready) throw std::runtime_error("kneadd did not come up: " + daemon.log());
  const std::optional<Hogs> hogs = load.hogged ? std::optional<Hogs>(std::in_place, 0) : std::nullopt;
  const Subscribers subscribers(daemon.socket(), load.subscribers);
  begin_session(*client);
  const auto cpu_before = daemon.usage().cpu;
  const Sum before = sum(status(*client));
  const auto begin = std::chrono::steady_clock::now();
  std::string problem = keep_busy(*client, daemon, length);
  if (hogs && !hogs->all_live()) problem += "  a hog has ended: this was not under load";
  const api::DaemonStatus last = status(*client);
  const Sum after = sum(last);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const std::chrono::duration<double> cpu = daemon.usage().cpu - cpu_before;
  daemon.terminate();
  const Accounts accounts = read_accounts(daemon.database());
  const std::uint64_t samples = after.samples - before.samples;
  const std::uint64_t lost = after.lost - before.lost;
  problem += accounts.problem;
  if (last.dropped_clients > 0) problem += fmt::format("  {} subscribers were cut off", last.dropped_clients);
  if (load.subscribers > 0 && subscribers.heard() == 0) problem += "  no subscriber heard anything";
  const bool good = lost == 0 && accounts.missing == 0 && accounts.unaccounted() == 0 && problem.empty();
  fmt::print(
      "{:>2} x {} Hz, {:>2} subscribers{}  {:>6.0f} samples a second  {} lost  {:>5.1f} % of one processor  longest "
      "gap "
      "{:.1f} ms  {}\n",
      load.balls, load.rate_hz, load.subscribers, load.hogged ? ", hogs" : "      ",
      static_cast<double>(samples) / took.count(), lost, 100.0 * cpu / took, after.longest_gap_ms,
      good ? "pass" : "FAIL" + problem);
  std::fflush(stdout);
  return good;
}

}  // namespace

std::vector<std::string> load_names() {
  std::vector<std::string> names;
  for (const Load& load : kLoads) names.emplace_back(load.name);
  return names;
}

bool scale(const std::vector<std::string>& names, std::chrono::seconds length, bool realtime) {
  bool good = true;
  for (const Load& load : kLoads) {
    if (names.empty() || std::ranges::find(names, load.name) != names.end())
      good = bear(load, length, realtime) && good;
  }
  return good;
}

}  // namespace knead::fault
