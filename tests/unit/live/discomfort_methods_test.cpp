// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/discomfort_methods.hpp"

#include <gmock/gmock.h>

#include "daemon/api/discomfort_messages.hpp"
#include "tests/unit/live/daemon_on_socket.hpp"

namespace knead::live {
namespace {

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

}  // namespace
}  // namespace knead::live
