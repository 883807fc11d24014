// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/checks.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace knead::cli {
namespace {

using testing::HasSubstr;
using Verdict = Check::Verdict;

/// A person's home with nothing in it, and no daemon.
class ChecksTest : public testing::Test {
 protected:
  ChecksTest() {
    std::string name = testing::TempDir() + "knead-home-XXXXXX";
    home_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(home_ + "/.config/knead");
  }
  ~ChecksTest() override { std::filesystem::remove_all(home_); }
  [[nodiscard]] Context context() const {
    Context made(Environment{.home = home_,
                             .xdg_config_home = {},
                             .xdg_data_home = {},
                             .xdg_runtime_dir = home_,
                             .runtime_directory = {},
                             .state_directory = {},
                             .uid = 1000});
    made.socket = home_ + "/none.sock";
    return made;
  }
  std::string home_;
};

TEST_F(ChecksTest, WithoutADaemonTheCheckSaysSoAndHowToStartIt) {
  const Check check = check_daemon(context());
  EXPECT_EQ(check.verdict, Verdict::kBad);
  EXPECT_THAT(check.saw, HasSubstr("none.sock"));
  EXPECT_THAT(check.remedy, HasSubstr("kneadd"));
  EXPECT_EQ(exit_code_of_checks({check}), ExitCode::kNotThere);
}

TEST_F(ChecksTest, AConfigurationThatIsWrongIsBadWithItsLine) {
  EXPECT_EQ(check_configuration(context()).verdict, Verdict::kGood);
  std::ofstream(home_ + "/.config/knead/kneadd.toml") << "[interlock]\nhard_limit_n = 90\n";
  const Check check = check_configuration(context());
  EXPECT_EQ(check.verdict, Verdict::kBad);
  EXPECT_THAT(check.saw, HasSubstr("kneadd.toml:2"));
  EXPECT_FALSE(check.remedy.empty());
  EXPECT_EQ(exit_code_of_checks({check}), ExitCode::kFailed);
}

TEST_F(ChecksTest, ADatabaseThatIsNotThereYetIsFineAndOneThatIsNoneIsNot) {
  EXPECT_EQ(check_database(context()).verdict, Verdict::kGood);
  std::filesystem::create_directories(home_ + "/.local/share/knead");
  std::ofstream(home_ + "/.local/share/knead/knead.db") << std::string(8192, 'x');
  const Check check = check_database(context());
  EXPECT_EQ(check.verdict, Verdict::kBad);
  EXPECT_FALSE(check.remedy.empty());
}

TEST_F(ChecksTest, WhateverIsNotGoodComesWithARemedy) {
  auto checks = check_usb(hw::default_ball_models());
  checks.push_back(check_realtime(context()));
  checks.push_back(check_memory_lock(context()));
  for (const auto& check : checks) EXPECT_TRUE(check.verdict == Verdict::kGood || !check.remedy.empty()) << check.name;
}

TEST(LatencyCheck, ALoopThatWasHeldUpForLongIsNotedWithTheRemedy) {
  const api::BallStatus steady{
      .serial = "KN-1", .path = "sim", .jitter = {.count = 9, .p50_us = 7.5}, .longest_gap_us = 2600.0};
  EXPECT_EQ(judge_latency(steady).verdict, Verdict::kGood);
  EXPECT_THAT(judge_latency(steady).saw, AllOf(HasSubstr("KN-1"), HasSubstr("7.5 µs"), HasSubstr("2.6 ms")));
  const api::BallStatus held_up{.serial = "KN-1", .path = "sim", .jitter = {.count = 9}, .longest_gap_us = 19e3};
  EXPECT_EQ(judge_latency(held_up).verdict, Verdict::kNote);
  EXPECT_FALSE(judge_latency(held_up).remedy.empty());
}

TEST(SandboxCheckTest, AKernelWithoutLandlockIsWorthANote) {
  EXPECT_EQ(judge_sandbox(0).verdict, Check::Verdict::kNote);
  EXPECT_THAT(judge_sandbox(0).saw, HasSubstr("no Landlock"));
  EXPECT_FALSE(judge_sandbox(0).remedy.empty());
  EXPECT_EQ(judge_sandbox(2).verdict, Check::Verdict::kGood);
}

TEST(ChecksTextTest, TheTextLeadsWithTheVerdictAndFollowsWithTheRemedy) {
  const std::string text =
      checks_text({{.name = "usb", .verdict = Verdict::kBad, .saw = "denied", .remedy = "grant it"},
                   {.name = "daemon", .saw = "runs"}});
  EXPECT_EQ(text, "BAD  usb        denied\n                -> grant it\nok   daemon     runs\n");
  EXPECT_EQ(exit_code_of_checks({{.name = "daemon", .verdict = Verdict::kNote, .saw = "", .remedy = "x"}}),
            ExitCode::kDone);
}

TEST(SafetyTextTest, TheContraindicationsAreShownAgain) {
  for (const char* word : {"pregnancy", "pacemaker", "blood thinners", "front or the side of the neck", "dizziness"})
    EXPECT_THAT(safety_text(), HasSubstr(word));
}

}  // namespace
}  // namespace knead::cli
