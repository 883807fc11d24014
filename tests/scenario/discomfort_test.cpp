// SPDX-License-Identifier: Apache-2.0
// Discomfort trials over the real programs: kneadd with a virtual ball whose person does as it is told.
#include <gmock/gmock.h>

#include <string>

#include "daemon/api/discomfort_messages.hpp"
#include "daemon/api/messages.hpp"
#include "daemon/record/profiles.hpp"
#include "tests/scenario/daemon_process.hpp"

namespace knead::scenario {
namespace {

using namespace std::chrono_literals;

class DiscomfortScenario : public testing::Test {
 protected:
  static std::string name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }
  /// Waits for the end of a set.
  static std::optional<api::DiscomfortEnd> wait_end(api::Client& client) {
    std::optional<api::DiscomfortEnd> end;
    wait_for(
        [&] {
          auto next = client.next_notification(100ms);
          if (!next) throw std::runtime_error(next.error().message());
          if (*next && (*next)->method == "discomfort_ended") end = api::discomfort_end_from((*next)->params);
          return end.has_value();
        },
        90s);
    return end;
  }

  ScratchFolder folder_{"discomfort-" + name()};
};

TEST_F(DiscomfortScenario, ThreeTrialsOfAPersonWhoFollowsTheCuesAreOnRecordAndTheMotorIsOff) {
  DaemonProcess daemon(folder_, {"--sim", "compliant,speed=4"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(client.call("events.subscribe"));
  ASSERT_TRUE(client.call("discomfort.begin", {{"side", "left"}, {"profile", "anna"}}));
  EXPECT_EQ(client.call("session.run", {{"routine", "upper-trap"}}).error().code, Errc::kBusy);
  EXPECT_EQ(client.call("ball.tare").error().code, Errc::kBusy);
  EXPECT_EQ(client.call("discomfort.begin").error().code, Errc::kBusy);
  const auto end = wait_end(client);
  ASSERT_TRUE(end) << daemon.log();
  EXPECT_EQ(end->outcome, "done") << end->reason;
  ASSERT_TRUE(end->mean_n) << daemon.log();
  EXPECT_NEAR(*end->mean_n, 28, 3);

  const auto store = record::Store::open_read_only(daemon.database());
  ASSERT_TRUE(store) << store.error().message();
  const auto sets = record::discomfort_points(*store, "anna");
  ASSERT_TRUE(sets) << sets.error().message();
  ASSERT_EQ(sets->size(), 1U);
  EXPECT_EQ(sets->front().side, session::Side::kLeft);
  EXPECT_DOUBLE_EQ(sets->front().mean_n, *end->mean_n) << "Boost.JSON may miss a number's last bit";
  const auto status = client.call("daemon.status");
  EXPECT_EQ(api::daemon_status_from(status->as_object()).balls.front().motor_level, 0.0);
  EXPECT_TRUE(client.call("session.run", {{"routine", "upper-trap"}})) << "and then a session may begin";
}

TEST_F(DiscomfortScenario, EndsWithTheProgramThatBeganItAndWithAStop) {
  DaemonProcess daemon(folder_, {"--sim", "never-touches"});
  api::Client watcher = daemon.connect();
  ASSERT_TRUE(watcher.call("events.subscribe"));
  {
    api::Client owner = daemon.connect();
    ASSERT_TRUE(owner.call("discomfort.begin"));
  }
  const auto left = wait_end(watcher);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->outcome, "stopped");
  ASSERT_TRUE(watcher.call("discomfort.begin"));
  ASSERT_TRUE(watcher.call("session.stop"));
  const auto stopped = wait_end(watcher);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->outcome, "stopped");
  EXPECT_EQ(watcher.call("discomfort.press").error().code, Errc::kNotFound);
}

TEST_F(DiscomfortScenario, AProfilesOwnBandAndSoftCapHoldInItsNextSession) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client client = daemon.connect();
  const auto set =
      client.call("profile.set", {{"profile", "anna"}, {"band_lo_n", 12.0}, {"band_hi_n", 30.0}, {"soft_cap_n", 26.0}});
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_FALSE(client.call("profile.set", {{"profile", "anna"}, {"soft_cap_n", 61.0}})) << "R2";
  const auto started = client.call("session.run", {{"routine", "upper-trap"}, {"profile", "anna"}});
  ASSERT_TRUE(started) << started.error().message();
  const auto store = record::Store::open_read_only(daemon.database());
  ASSERT_TRUE(store);
  const auto session = store->load_session(started->as_object().at("session_id").to_number<int>());
  ASSERT_TRUE(session);
  EXPECT_EQ(session->steps.at(0).band.lo, Newtons{12});
  EXPECT_EQ(session->steps.at(0).band.hi, Newtons{26});
}

}  // namespace
}  // namespace knead::scenario
