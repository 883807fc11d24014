// SPDX-License-Identifier: Apache-2.0
// R6: `kill -9` of the daemon at any moment leaves a database that opens, with all but the last second of samples.
#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <random>

#include "daemon/api/messages.hpp"
#include "daemon/record/store.hpp"
#include "tests/scenario/daemon_process.hpp"

namespace knead::scenario {
namespace {

constexpr int kKills = 50;
constexpr std::uint64_t kSamplesASecond = 1000;

TEST(Kill, FiftyKillsAtRandomMomentsLoseAtMostTheLastSecondEach) {
  const ScratchFolder folder("kill");
  std::mt19937 random(20240917);
  std::uniform_int_distribution<std::uint64_t> moment(0, 1800);  // samples into the session
  std::size_t sessions_before = 0;
  for (int round = 0; round < kKills; ++round) {
    DaemonProcess daemon(folder, {"--sim", "steady"});
    api::Client client = daemon.connect();
    const auto samples = [&] {
      const auto reply = client.call("daemon.status");
      if (!reply) throw std::runtime_error(reply.error().message());
      return api::daemon_status_from(reply->as_object()).balls.front().samples;
    };
    const auto started = client.call("session.run", {{"routine", "upper-trap"}});
    ASSERT_TRUE(started) << started.error().message();
    const std::uint64_t first = samples();
    const std::uint64_t target = moment(random);
    std::uint64_t now = first;
    ASSERT_TRUE(wait_for([&] { return (now = samples()) - first >= target; }));
    daemon.signal(SIGKILL);
    daemon.wait();

    // The next start closes what was left open; here the test does, as the daemon would.
    const auto store = record::Store::open(daemon.database());
    ASSERT_TRUE(store) << "round " << round << ": " << store.error().message();
    ASSERT_TRUE(store->check()) << "round " << round;
    const auto sessions = store->list_sessions(1000).value();
    ASSERT_EQ(sessions.size(), ++sessions_before) << "round " << round;
    EXPECT_EQ(sessions.front().outcome, record::kInterrupted);
    const std::uint64_t sampled = now - first;
    const std::uint64_t kept = sessions.front().samples;
    EXPECT_GE(kept + kSamplesASecond, sampled) << "round " << round << ": more than the last second is gone";
    std::uint64_t read = 0;
    ASSERT_TRUE(store->for_each_sample(sessions.front().id, [&](const record::TimedSample&) { ++read; }));
    EXPECT_EQ(read, kept);
  }
}

}  // namespace
}  // namespace knead::scenario
