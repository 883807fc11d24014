// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/reminders.hpp"

#include <gmock/gmock.h>

#include "daemon/record/profile_change.hpp"
#include "tests/unit/live/daemon_on_socket.hpp"

namespace knead::live {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr session::LocalDay kMonday = 20'000;

class RemindersTest : public DaemonOnSocket {
 protected:
  /// In the morning at half past seven, and at eight in the evening, for the whole time twice a day.
  void plan(const std::string& profile, bool remind) {
    std::promise<Result<record::Profile>> done;
    ASSERT_TRUE(recorder_->with_store([&](record::Store& store) {
      const session::Plan plan{.first_day = kMonday, .weeks = 4, .at = {450, 1200}, .remind = remind};
      done.set_value(record::change_profile(store, {.profile = profile, .plan = plan}, Newtons{60}, {}));
    }));
    const auto changed = done.get_future().get();
    ASSERT_TRUE(changed) << changed.error().message();
  }
  static session::Zone utc() {
    return [](session::UnixTime) { return std::chrono::seconds(0); };
  }
  /// On the daemon's thread, @p minute minutes into the first day.
  Result<> look(int minute) {
    return on_daemon([&] {
      return reminders_->look(config_.config.record.database,
                              session::UnixTime(std::chrono::days(kMonday) + std::chrono::minutes(minute)), utc());
    });
  }
  void start_looking() {
    start();
    on_daemon([this] {
      reminders_.emplace(io_, *daemon_, [this](const std::string& profile, const session::Cue& cue) {
        told_.push_back(profile + ": " + cue.text);
      });
    });
  }
  ~RemindersTest() override {
    if (reminders_) on_daemon([this] { reminders_.reset(); });
  }

  std::optional<Reminders> reminders_;
  std::vector<std::string> told_;
};

TEST_F(RemindersTest, TellEachProfileThatAskedForItAtItsTimesAndOnce) {
  start_looking();
  plan("anna", true);
  plan("bert", false);
  ASSERT_TRUE(look(440));
  EXPECT_THAT(told_, IsEmpty());
  ASSERT_TRUE(look(451));
  ASSERT_TRUE(look(452));
  EXPECT_THAT(told_, ElementsAre("anna: It is time for your session, anna"));
  ASSERT_TRUE(look(1201));
  EXPECT_EQ(told_.size(), 2U) << "and in the evening";
}

TEST_F(RemindersTest, SayNothingWhileSomebodyHasTheBall) {
  start_looking();
  plan("anna", true);
  api::Client client = this->client();
  ASSERT_TRUE(client.call("discomfort.begin"));
  const auto looked = look(451);
  ASSERT_FALSE(looked) << "nor read the record, which could wait for the disk";
  EXPECT_EQ(looked.error().code, Errc::kBusy);
  EXPECT_THAT(told_, IsEmpty());
  ASSERT_TRUE(client.call("discomfort.stop"));
  ASSERT_TRUE(look(452));
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(RemindersTest, SayWhyThereAreNone) {
  start_looking();
  const auto looked = on_daemon([this] { return reminders_->look("/no/such/record.db", {}, utc()); });
  ASSERT_FALSE(looked);
  EXPECT_NE(looked.error().message().find("/no/such/record.db"), std::string::npos);
}

}  // namespace
}  // namespace knead::live
