// SPDX-License-Identifier: Apache-2.0
// What kneadd recorded in a real session, `knead replay` gives again: the plugin's answers came when they came.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>

#include "daemon/api/messages.hpp"
#include "daemon/record/store.hpp"
#include "tests/scenario/daemon_process.hpp"
#include "tests/unit/cli/program_output.hpp"

namespace knead::scenario {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

ProgramOutput knead(const std::string& arguments) { return run_program(fmt::format("{} {}", KNEAD_PATH, arguments)); }

/// The plugin's process, while a session runs.
pid_t only_child_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  pid_t child = 0;
  std::ifstream("/proc/" + id + "/task/" + id + "/children") >> child;
  if (child <= 0) throw std::runtime_error("there is no child");
  return child;
}

class Replay : public testing::Test {
 protected:
  static std::string name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  /// Waits for the notification @p method, and for @p kind where it is an event.
  static bool wait_notification(api::Client& client, std::string_view method, std::string_view kind = {},
                                std::chrono::seconds bound = 120s) {
    return wait_for(
        [&] {
          auto next = client.next_notification(100ms);
          if (!next) throw std::runtime_error(next.error().message());
          if (!*next || (*next)->method != method) return false;
          return kind.empty() || (*next)->params.at("kind").as_string() == kind;
        },
        bound);
  }
  static void expect_identical(const std::string& database, const std::string& id) {
    for (const char* plugin : {"", " --plugin"}) {
      const ProgramOutput said = knead(fmt::format("replay {} --db {}{}", id, database, plugin));
      EXPECT_EQ(said.exit, 0) << said.text;
      EXPECT_THAT(said.text, HasSubstr(fmt::format("session {} is identical:", id)));
    }
  }

  ScratchFolder folder_{"replay-" + name()};
};

TEST_F(Replay, ASessionWithAPauseIsIdenticalAndSoIsItsPlugin) {
  DaemonProcess daemon(folder_, {"--sim", "compliant,speed=10"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(client.call("events.subscribe"));
  ASSERT_TRUE(client.call("session.run", {{"routine", "upper-trap"}, {"side", "left"}}));
  ASSERT_TRUE(wait_notification(client, "event", "rep_done")) << daemon.log();
  ASSERT_TRUE(client.call("session.pause"));
  ASSERT_TRUE(client.call("session.resume"));
  ASSERT_TRUE(wait_notification(client, "ended")) << daemon.log();
  daemon.signal(SIGTERM);
  ASSERT_EQ(daemon.wait(), 0) << daemon.log();
  {
    const auto store = record::Store::open_read_only(daemon.database());
    ASSERT_TRUE(store);
    ASSERT_GT(store->load_session(1)->reps.size(), 2U) << "or there is little to be identical";
  }
  expect_identical(daemon.database(), "1");
}

TEST_F(Replay, ASessionThatWasStoppedAndOneWhosePluginDiedAreIdentical) {
  DaemonProcess daemon(folder_, {"--sim", "compliant,speed=10"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(client.call("events.subscribe"));
  ASSERT_TRUE(client.call("session.run", {{"routine", "upper-trap"}}));
  ASSERT_TRUE(wait_notification(client, "event", "band_entered")) << daemon.log();
  ASSERT_TRUE(client.call("session.pause"));
  ASSERT_TRUE(client.call("session.resume"));
  ASSERT_TRUE(wait_notification(client, "event", "activation_started")) << daemon.log();
  ASSERT_TRUE(wait_notification(client, "event", "cued")) << daemon.log();
  ASSERT_TRUE(client.call("session.stop"));
  ASSERT_TRUE(wait_notification(client, "ended"));
  const auto latched = [&client] {
    const auto reply = client.call("daemon.status");
    if (!reply) throw std::runtime_error(reply.error().message());
    return api::daemon_status_from(reply->as_object()).stop_latched;
  };
  ASSERT_TRUE(wait_for([&] { return client.call("interlock.clear").has_value() && !latched(); })) << daemon.log();
  ASSERT_TRUE(client.call("session.run", {{"routine", "upper-trap"}}));
  ASSERT_TRUE(wait_notification(client, "event", "rep_done")) << daemon.log();
  ASSERT_EQ(::kill(only_child_of(daemon.pid()), SIGKILL), 0);
  ASSERT_TRUE(wait_notification(client, "ended"));
  daemon.signal(SIGTERM);
  ASSERT_EQ(daemon.wait(), 0) << daemon.log();
  expect_identical(daemon.database(), "1");
  expect_identical(daemon.database(), "2");
}

TEST_F(Replay, APluginFindsWhatItKeptForThatPersonAndIsHandedItAgain) {
  const std::string routine = folder_.path("keeps.toml");
  std::ofstream(routine) << R"([routine]
id = "keeps"
title = "A plugin keeps something"
method = "custom"
[[release]]
muscle = "upper_trapezius"
credit_s = 1
band_n = [15.0, 40.0]
[activation]
plugin = ")" KNEAD_FIXTURE R"("
exercise = "keep"
reps = 1
tempo_s = { up = 1, hold = 1, down = 1, rest = 1 }
detect = "tempo"
)";
  DaemonProcess daemon(folder_, {"--sim", "steady,speed=10"});
  api::Client client = daemon.connect();
  ASSERT_TRUE(client.call("events.subscribe"));
  for (const char* profile : {"anna", "anna", "bert"}) {
    const auto begun = client.call("session.run", {{"routine", routine}, {"profile", profile}});
    ASSERT_TRUE(begun) << begun.error().message();
    ASSERT_TRUE(wait_notification(client, "ended")) << daemon.log();
  }
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
  const auto store = record::Store::open_read_only(daemon.database());
  ASSERT_TRUE(store);
  const auto kept = [&](std::int64_t session) {
    const auto stored = store->load_session(session).value();
    for (const auto& measure : stored.measures) {
      if (measure.name == "kept") return measure.value.value_or(-1.0);
    }
    return -1.0;
  };
  EXPECT_EQ(kept(1), 0.0);
  EXPECT_EQ(kept(2), 3.0) << "anna's";
  EXPECT_EQ(kept(3), 0.0) << "bert is another";
  expect_identical(daemon.database(), "1");
  expect_identical(daemon.database(), "2");
}

}  // namespace
}  // namespace knead::scenario
