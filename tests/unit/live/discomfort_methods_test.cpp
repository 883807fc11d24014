// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/discomfort_methods.hpp"

#include <gmock/gmock.h>

#include <future>

#include "daemon/api/discomfort_messages.hpp"
#include "daemon/api/messages.hpp"
#include "tests/unit/live/daemon_on_socket.hpp"
#include "tests/unit/record/held_disk.hpp"

namespace knead::live {
namespace {

using record::test::HeldDisk;

using testing::HasSubstr;

class DiscomfortMethodsTest : public DaemonOnSocket {
 protected:
  static std::optional<api::DiscomfortEnd> end(api::Client& client) {
    const auto params = next(client, "discomfort_ended");
    return params ? std::optional(api::discomfort_end_from(*params)) : std::nullopt;
  }
};

TEST_F(DiscomfortMethodsTest, R3_TheBallsStopButtonEndsASetAndTheSetSaysSo) {
  start();
  api::Client client = this->client();
  ASSERT_TRUE(client.call("events.subscribe", {{"live", true}}));
  ASSERT_TRUE(client.call("discomfort.begin"));
  hand_.button = true;
  const auto ended = end(client);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->outcome, "stopped");
  EXPECT_THAT(ended->reason, HasSubstr("a stop is latched"));
  const auto again = client.call("discomfort.begin");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::kRefused) << "until somebody clears it";
}

TEST_F(DiscomfortMethodsTest, R1_TheMotorIsOffThroughoutByTheBallsOwnTrace) {
  start();
  api::Client client = this->client();
  ASSERT_TRUE(client.call("events.subscribe", {{"live", true}}));
  ASSERT_TRUE(client.call("discomfort.begin"));
  const auto until = [&](auto holds) {
    for (auto params = next(client, "discomfort"); params; params = next(client, "discomfort"))
      if (holds(api::discomfort_update_from(*params))) return true;
    return false;
  };
  ASSERT_TRUE(until([](const auto& u) { return u.phase == "ready"; }));
  hand_.newtons = 15.0;
  ASSERT_TRUE(until([](const auto& u) { return u.phase == "ramp" && u.force_n > 14.0; }));
  ASSERT_TRUE(client.call("discomfort.press"));
  ASSERT_TRUE(until([](const auto& u) { return u.attempts == 1; }));
  hand_.newtons = 0.0;
  ASSERT_TRUE(client.call("discomfort.stop"));
  ASSERT_TRUE(end(client));
  EXPECT_TRUE(bus_->sim().motor_trace("KN-1")->empty());
}

TEST_F(DiscomfortMethodsTest, ABallThatComesDuringASetIsOpenedWhenTheSetIsOver) {
  start();
  api::Client client = this->client();
  ASSERT_TRUE(client.call("events.subscribe", {{"live", true}}));
  ASSERT_TRUE(client.call("discomfort.begin", {{"ball", "KN-1"}}));
  const int opened = bus_->opened;
  const int announced = bus_->announced;
  ASSERT_TRUE(bus_->sim().set_plugged("KN-2", true));
  ASSERT_TRUE(eventually([&] { return bus_->announced > announced; }));
  // Behind what the announcement posted, and a few beats later.
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(next(client, "discomfort"));
  EXPECT_EQ(bus_->opened, opened) << "it could be slow to answer, and the set would wait with it";
  ASSERT_TRUE(client.call("discomfort.stop"));
  EXPECT_TRUE(eventually([&] { return daemon_->choose_station("KN-2").has_value(); }));
}

TEST_F(DiscomfortMethodsTest, ASetHasANumberSoThatNobodyTakesAnothersResult) {
  start();
  api::Client client = this->client();
  ASSERT_TRUE(client.call("events.subscribe", {{"live", true}}));
  // The disk is slow: a set is over, and the next has begun before the first is on record.
  HeldDisk disk(*recorder_);
  const auto first = client.call("discomfort.begin");
  ASSERT_TRUE(first);
  ASSERT_TRUE(client.call("discomfort.stop"));
  const auto second = client.call("discomfort.begin");
  ASSERT_TRUE(second) << second.error().message();
  disk.let_go();
  const auto first_set = api::discomfort_begun_from(first->as_object()).set;
  const auto second_set = api::discomfort_begun_from(second->as_object()).set;
  EXPECT_NE(first_set, second_set);
  const auto first_end = end(client);
  ASSERT_TRUE(first_end);
  EXPECT_EQ(first_end->set, first_set);
  const auto update = next(client, "discomfort");
  ASSERT_TRUE(update);
  EXPECT_EQ(api::discomfort_update_from(*update).set, second_set);
  ASSERT_TRUE(client.call("discomfort.stop"));
  const auto second_end = end(client);
  ASSERT_TRUE(second_end);
  EXPECT_EQ(second_end->set, second_set);
}

TEST_F(DiscomfortMethodsTest, ARefusedBeginningTakesNoCueFromTheSetThatRuns) {
  start();
  api::Client client = this->client();
  ASSERT_TRUE(client.call("events.subscribe", {{"live", true}}));
  ASSERT_TRUE(client.call("discomfort.begin"));
  const auto before = next(client, "discomfort");
  ASSERT_TRUE(before);
  EXPECT_NE(api::discomfort_update_from(*before).cue, "");
  ASSERT_EQ(client.call("discomfort.begin").error().code, Errc::kBusy);
  // Those of before the refusal are read first.
  on_daemon([] {});
  while (client.next_notification(std::chrono::milliseconds(0)).value()) {
  }
  const auto after = next(client, "discomfort");
  ASSERT_TRUE(after);
  EXPECT_NE(api::discomfort_update_from(*after).cue, "");
}

TEST_F(DiscomfortMethodsTest, HowASetStandsIsToldToWhoWantsItLiveAndItsEndToEverybody) {
  start();
  api::Client live = client();
  api::Client events = client();
  ASSERT_TRUE(live.call("events.subscribe", {{"live", true}}));
  ASSERT_TRUE(events.call("events.subscribe"));
  ASSERT_TRUE(live.call("discomfort.begin", {{"side", "left"}, {"profile", "anna"}}));
  ASSERT_TRUE(next(live, "discomfort"));
  const auto status = api::daemon_status_from(live.call("daemon.status")->as_object());
  ASSERT_TRUE(status.discomfort);
  EXPECT_EQ(status.discomfort->profile, "anna");
  EXPECT_EQ(status.discomfort->side, session::Side::kLeft);
  EXPECT_EQ(status.discomfort->ball, "KN-1");
  ASSERT_TRUE(live.call("discomfort.stop"));
  const auto first = events.next_notification(kPatience);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->method, "discomfort_ended") << "a client that reads little is not cut off for 20 lines a second";
  EXPECT_FALSE(api::daemon_status_from(live.call("daemon.status")->as_object()).discomfort);
}

}  // namespace
}  // namespace knead::live
