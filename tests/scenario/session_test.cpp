// SPDX-License-Identifier: Apache-2.0
// Whole sessions over the real programs: kneadd with a ball of its own, spoken to over its socket.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <string>

#include "daemon/api/messages.hpp"
#include "daemon/record/store.hpp"
#include "tests/scenario/daemon_process.hpp"

namespace knead::scenario {
namespace {

using namespace std::chrono_literals;
using boost::json::object;

class Session : public testing::Test {
 protected:
  static std::string name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  static api::DaemonStatus status(api::Client& client) {
    const auto reply = client.call("daemon.status");
    if (!reply) throw std::runtime_error(reply.error().message());
    return api::daemon_status_from(reply->as_object());
  }
  /// Waits for the notification @p method, and for @p kind where it is an event.
  static std::optional<object> wait_notification(api::Client& client, std::string_view method,
                                                 std::string_view kind = {}, std::chrono::seconds bound = 60s) {
    std::optional<object> found;
    wait_for(
        [&] {
          auto next = client.next_notification(100ms);
          if (!next) throw std::runtime_error(next.error().message());
          if (!*next || (*next)->method != method) return false;
          if (!kind.empty() && (*next)->params.at("kind").as_string() != kind) return false;
          found = (*next)->params;
          return true;
        },
        bound);
    return found;
  }
  static bool vibrates(api::Client& client) { return status(client).balls.front().motor_level > 0; }
  static Result<boost::json::value> run(api::Client& client, bool own = false) {
    return client.call("session.run", {{"routine", "upper-trap"}, {"side", "right"}, {"own", own}});
  }

  ScratchFolder folder_{"session-" + name()};
};

TEST_F(Session, ACompliantPersonCompletesAWholeSessionAndItIsOnRecord) {
  DaemonProcess daemon(folder_, {"--sim", "compliant,speed=10"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(client.call("events.subscribe"));
  const auto started = run(client);
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_GT(started->as_object().at("session_id").to_number<int>(), 0);
  const auto ended = wait_notification(client, "ended", {}, 90s);
  ASSERT_TRUE(ended) << daemon.log();
  const object& report = ended->at("report").as_object();
  EXPECT_EQ(report.at("outcome").as_string(), "completed") << daemon.log();

  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
  const auto store = record::Store::open_read_only(daemon.database());
  ASSERT_TRUE(store) << store.error().message();
  const auto sessions = store->list_sessions(10).value();
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].outcome, "completed");
  EXPECT_EQ(sessions[0].reps, 8);
  // R6: what the ball took is either on record or counted as missing.
  EXPECT_EQ(sessions[0].samples, report.at("samples").as_object().at("count").to_number<std::uint64_t>());
}

TEST_F(Session, R3_AStopLatchesUntilItIsClearedAndASessionIsRefusedMeanwhile) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(run(client));
  ASSERT_TRUE(wait_for([&] { return vibrates(client); })) << daemon.log();
  ASSERT_TRUE(client.call("session.stop"));
  ASSERT_TRUE(wait_for([&] { return !vibrates(client); }));
  ASSERT_TRUE(wait_for([&] { return !status(client).session.has_value(); }));
  EXPECT_TRUE(status(client).stop_latched);
  const auto refused = run(client);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused);
  ASSERT_TRUE(client.call("interlock.clear"));
  ASSERT_TRUE(wait_for([&] { return !status(client).stop_latched; }));
  EXPECT_TRUE(run(client));
}

TEST_F(Session, NothingLatchedIsLetGoOfWhileASessionRuns) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(run(client));
  const auto refused = client.call("interlock.clear");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBusy);
  EXPECT_TRUE(status(client).session.has_value());
}

TEST_F(Session, BothRatingsAreOnRecordWithTheirSession) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(client.call("session.run", {{"routine", "upper-trap"}, {"nrs_before", 5}, {"nrs_after", 2}}));
  ASSERT_TRUE(wait_for([&] { return vibrates(client); })) << daemon.log();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0) << daemon.log();
  const auto store = record::Store::open_read_only(daemon.database());
  ASSERT_TRUE(store) << store.error().message();
  const auto session = store->load_session(1);
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ(session->facts.nrs_before, 5);
  EXPECT_EQ(session->facts.nrs_after, 2);
}

TEST_F(Session, APauseRestsTheMotorAndOnlyAPersonGoesOn) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(run(client));
  ASSERT_TRUE(wait_for([&] { return vibrates(client); }));
  ASSERT_TRUE(client.call("session.pause"));
  ASSERT_TRUE(wait_for([&] { return !vibrates(client); }));
  EXPECT_TRUE(status(client).session->paused);
  ASSERT_TRUE(client.call("session.resume"));
  EXPECT_TRUE(wait_for([&] { return vibrates(client); }));
}

TEST_F(Session, ASessionPausesWhenTheProgramThatOwnsItIsGone) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client watcher = daemon.connect();
  {
    api::Client owner = daemon.connect();
    ASSERT_TRUE(run(owner, true));
    ASSERT_TRUE(wait_for([&] { return vibrates(watcher); }));
  }
  EXPECT_TRUE(wait_for([&] { return !vibrates(watcher); }));
  EXPECT_TRUE(status(watcher).session->paused);
}

TEST_F(Session, ASignalStopsTheSessionAndTheDaemonEndsWell) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(run(client));
  ASSERT_TRUE(wait_for([&] { return vibrates(client); }));
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0) << daemon.log();
  const auto store = record::Store::open_read_only(daemon.database());
  ASSERT_TRUE(store);
  EXPECT_EQ(store->list_sessions(1).value().front().outcome, "stopped");
}

TEST_F(Session, SeveralBallsAreToldApartBySerial) {
  DaemonProcess daemon(folder_, {"--sim", "steady,serial=LEFT", "--sim", "never-touches,serial=RIGHT"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(wait_for([&] { return status(client).balls.size() == 2; }));
  const auto unnamed = run(client);
  ASSERT_FALSE(unnamed) << "with two balls one must be named";
  EXPECT_EQ(unnamed.error().code, Errc::kNoBall);
  EXPECT_NE(unnamed.error().message().find("LEFT, RIGHT"), std::string::npos) << unnamed.error().message();
  ASSERT_TRUE(client.call("session.run", {{"routine", "upper-trap"}, {"ball", "LEFT"}}));
  EXPECT_TRUE(wait_for([&] {
    for (const auto& ball : status(client).balls) {
      if (ball.serial == "RIGHT" && ball.motor_level > 0) throw std::runtime_error("the other ball vibrates");
      if (ball.serial == "LEFT" && ball.motor_level > 0) return true;
    }
    return false;
  }));
}

TEST_F(Session, APluginThatDiesEndsItsSetAndTheSessionEndsWell) {
  // The plugin's process is the daemon's only child while a session runs.
  DaemonProcess daemon(folder_, {"--sim", "compliant,speed=10"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(client.call("events.subscribe"));
  ASSERT_TRUE(run(client));
  const std::string children =
      "/proc/" + std::to_string(daemon.pid()) + "/task/" + std::to_string(daemon.pid()) + "/children";
  pid_t plugin = 0;
  ASSERT_TRUE(wait_for([&] { return static_cast<bool>(std::ifstream(children) >> plugin); }));
  ASSERT_EQ(::kill(plugin, SIGKILL), 0);
  const auto failed = wait_notification(client, "event", "plugin_failed");
  ASSERT_TRUE(failed);
  const auto ended = wait_notification(client, "ended", {}, 90s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->at("report").as_object().at("outcome").as_string(), "incomplete");
  EXPECT_GT(status(client).balls.front().samples, 0U) << "sampling went on";
}

TEST_F(Session, AWrongRequestChangesNothing) {
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  api::Client client = daemon.connect();
  const auto unknown = client.call("session.run", {{"routine", "upper-trip"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::kNotFound);
  EXPECT_FALSE(client.call("session.run", {{"routine", "upper-trap"}, {"side", "up"}}));
  EXPECT_FALSE(client.call("session.run", {{"routine", "upper-trap"}, {"sdie", "left"}}));
  EXPECT_FALSE(client.call("session.run", {{"routine", "upper-trap"}, {"ball", "NONE"}}));
  EXPECT_FALSE(client.call("session.resume"));
  EXPECT_FALSE(client.call("no.such.method"));
  EXPECT_FALSE(status(client).session.has_value());
  EXPECT_EQ(record::Store::open_read_only(daemon.database())->list_sessions(10).value().size(), 0U);
}

TEST_F(Session, ASecondDaemonOnTheSameSocketEndsWithOneLineAndHarmsNothing) {
  DaemonProcess first(folder_, {"--sim", "steady"});
  api::Client client = first.connect();
  ASSERT_TRUE(run(client));
  DaemonProcess second(folder_, {"--sim", "steady"});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_NE(first.log().find("another kneadd"), std::string::npos) << first.log();
  EXPECT_TRUE(status(client).session.has_value());
}

TEST_F(Session, ADatabaseThatCannotBeWrittenEndsTheDaemonWithOneLine) {
  std::filesystem::create_directory(folder_.path("knead.db"));
  DaemonProcess daemon(folder_, {"--sim", "steady"});
  EXPECT_EQ(daemon.wait(), 1);
  EXPECT_NE(daemon.log().find("knead.db"), std::string::npos) << daemon.log();
}

TEST_F(Session, WithoutABallASessionIsRefused) {
  DaemonProcess daemon(folder_, {"--sim", "steady,serial=ONE"});
  api::Client client = daemon.connect();
  const auto refused = client.call("session.run", {{"routine", "upper-trap"}, {"ball", "TWO"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNoBall);
}

}  // namespace
}  // namespace knead::scenario
