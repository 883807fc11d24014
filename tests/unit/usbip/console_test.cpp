// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/console.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace knead::hw::usbip {
namespace {

TEST(UsbipConsole, MeansTheFirstBallUnlessToldOtherwise) {
  const auto first = parse_command("unplug");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->bus_id, "1-1");
  EXPECT_TRUE(std::holds_alternative<UnplugBall>(first->what));

  const auto second = parse_command("replug 1-2");
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->bus_id, "1-2");
  EXPECT_TRUE(std::holds_alternative<ReplugBall>(second->what));
}

TEST(UsbipConsole, ReadsCuesAndCounts) {
  const auto cue = parse_command("cue let-go 1-2");
  ASSERT_TRUE(cue.has_value());
  EXPECT_EQ(std::get<TellPerson>(cue->what).cue, ball::PersonCue::kLetGo);
  EXPECT_EQ(cue->bus_id, "1-2");

  const auto drop = parse_command("drop 12");
  ASSERT_TRUE(drop.has_value());
  EXPECT_EQ(std::get<DropReadings>(drop->what).count, 12U);

  const auto garble = parse_command("garble 3");
  ASSERT_TRUE(garble.has_value());
  EXPECT_EQ(std::get<GarbleReports>(garble->what).count, 3U);
}

TEST(UsbipConsole, ReadsACallForStatus) {
  const auto status = parse_command("status 1-2");
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(std::holds_alternative<ShowStatus>(status->what));
}

TEST(UsbipConsole, SaysWhatIsWrongWithALine) {
  for (const std::string line :
       {"", "explode", "cue", "cue faster", "drop", "drop -1", "drop 99999999999", "drop 1x", "unplug 1-1 1-2"}) {
    const auto command = parse_command(line);
    ASSERT_FALSE(command.has_value()) << line;
    EXPECT_EQ(command.error().code, Errc::kInvalidInput) << line;
    EXPECT_FALSE(command.error().remedy.empty()) << line;
  }
}

}  // namespace
}  // namespace knead::hw::usbip
