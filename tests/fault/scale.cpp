// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/api/client.hpp"
#include "daemon/api/messages.hpp"
#include "tests/fault/accounts.hpp"
#include "tests/fault/process.hpp"

namespace knead::fault {
namespace {

struct Load {
  int balls = 1;
  int rate_hz = 1000;
};

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
  if (const auto begun = client->call("session.run", {{"routine", "upper-trap"}, {"ball", "B01"}}); !begun) {
    throw std::runtime_error(begun.error().message());
  }
  const auto cpu_before = daemon.usage().cpu;
  const Sum before = sum(status(*client));
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(length);
  const Sum after = sum(status(*client));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const std::chrono::duration<double> cpu = daemon.usage().cpu - cpu_before;
  daemon.terminate();
  const Accounts accounts = read_accounts(daemon.database());
  const std::uint64_t samples = after.samples - before.samples;
  const std::uint64_t lost = after.lost - before.lost;
  const bool good = lost == 0 && accounts.unaccounted() == 0 && accounts.problem.empty();
  fmt::print(
      "{:>2} x {} Hz  {:>9.0f} samples a second  {} lost  {:>5.1f} % of one processor  longest gap {:.1f} ms  {}\n",
      load.balls, load.rate_hz, static_cast<double>(samples) / took.count(), lost, 100.0 * cpu / took,
      after.longest_gap_ms, good ? "pass" : "FAIL" + accounts.problem);
  return good;
}

}  // namespace

bool scale(std::chrono::seconds length, bool realtime) {
  constexpr Load kMany{.balls = 16, .rate_hz = 1000};
  constexpr Load kFast{.balls = 1, .rate_hz = 8000};
  const bool many = bear(kMany, length, realtime);
  const bool fast = bear(kFast, length, realtime);
  return many && fast;
}

}  // namespace knead::fault
