// SPDX-License-Identifier: Apache-2.0
// Loading a plugin in its real sandboxed process, and what is said when that does not work.
#include "daemon/host/plugin_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/unit/host/lockstep.hpp"

namespace knead::host {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PluginLaunching, SaysWhoThePluginIsAndWhatItUses) {
  Lockstep set(PluginBench::first_party());
  EXPECT_EQ(set.plugin().info().id, "activation");
  EXPECT_EQ(set.plugin().info().name, "Activation set");
  EXPECT_EQ(set.plugin().info().abi_major, 1U);
  EXPECT_THAT(set.plugin().info().extensions, ElementsAre("knead.samples/1", "knead.log/1"));
}

TEST(PluginLaunching, APluginIsDescribedWithoutBeingCreated) {
  const auto info = PluginProcess::describe(PluginBench::fixture("parameters.so"), find_host_program().value());
  ASSERT_TRUE(info.has_value()) << info.error().message();
  EXPECT_EQ(info->id, "parameters");
  EXPECT_THAT(info->extensions, IsEmpty());
  EXPECT_FALSE(info->parameters.empty());
  // Created without an exercise, this one would refuse.
  EXPECT_TRUE(PluginProcess::describe(PluginBench::first_party(), find_host_program().value()).has_value());
}

TEST(PluginLaunching, WhatIsNoPluginCannotBeDescribedEither) {
  const auto info = PluginProcess::describe(PluginBench::fixture("other_abi.so"), find_host_program().value());
  ASSERT_FALSE(info.has_value());
  EXPECT_EQ(info.error().code, Errc::kProtocol);
}

TEST(PluginLaunching, AMissingFileIsNamed) {
  PluginBench bench;
  const auto launched = bench.launch("/nowhere/x.so");
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kNotFound);
  EXPECT_THAT(launched.error().message(), AllOf(HasSubstr("/nowhere/x.so"), HasSubstr("no such plugin file")));
}

TEST(PluginLaunching, ATextFileIsNotAPlugin) {
  const auto file = std::filesystem::path(testing::TempDir()) / "text.so";
  std::ofstream(file) << "I am a text of some length, and by no means a shared object.\n";
  PluginBench bench;
  const auto launched = bench.launch(file);
  std::filesystem::remove(file);
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kInvalidInput);
  EXPECT_THAT(launched.error().message(),
              AllOf(HasSubstr(file.string()), HasSubstr("not a Knead plugin"), HasSubstr("shared object")));
}

TEST(PluginLaunching, ASharedObjectWithoutTheSymbolIsNotAPlugin) {
  PluginBench bench;
  const auto launched = bench.launch(PluginBench::fixture("no_entry.so"));
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kInvalidInput);
  EXPECT_THAT(launched.error().message(), HasSubstr("exports no symbol knead_entry"));
}

TEST(PluginLaunching, AnotherAbiMajorIsRefusedWithBothNumbers) {
  PluginBench bench;
  const auto launched = bench.launch(PluginBench::fixture("other_abi.so"));
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kProtocol);
  EXPECT_THAT(launched.error().message(), HasSubstr("built for plugin interface 2, and this Knead speaks 1"));
}

TEST(PluginLaunching, APluginMayRefuseARoutineWithAReason) {
  PluginBench bench;
  const auto launched = bench.launch_fixture("refuse");
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), HasSubstr("refuses this routine: not on a Monday"));
}

TEST(PluginLaunching, AnUnknownExerciseIsRefusedWithTheOnesThereAre) {
  PluginBench bench;
  bench.activation.exercise = "handstand";
  const auto launched = bench.launch(PluginBench::first_party());
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), AllOf(HasSubstr("\"handstand\""), HasSubstr("prone_y_lift")));
}

TEST(PluginLaunching, WhatThePluginRefusesIsSaidOfTheRoutinesFileAndLine) {
  PluginBench bench;
  bench.activation.exercise = "handstand";
  bench.activation.line = 16;
  bench.activation.column = 2;
  auto launch = bench.launch_of(PluginBench::first_party());
  launch.routine_file = "mine.toml";
  const auto launched = PluginProcess::launch(launch);
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().message(),
            "mine.toml:16:2: activation: the plugin refuses this routine: there is no exercise called \"handstand\"; "
            "there is prone_y_lift, prone_t_lift, prone_retraction, wall_push_plus, side_lying_external_rotation, "
            "bilateral_external_rotation");
}

TEST(PluginLaunching, ACrashWhileLoadingIsAnError) {
  PluginBench bench;
  const auto launched = bench.launch_fixture("crash-in-create");
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kDisconnected);
  EXPECT_THAT(launched.error().message(), HasSubstr("crashed (SIGSEGV)"));
}

TEST(PluginLaunching, AHangWhileLoadingIsAnError) {
  PluginBench bench;
  const auto launched = bench.launch_fixture("hang-in-create");
  ASSERT_FALSE(launched.has_value());
  EXPECT_EQ(launched.error().code, Errc::kTimeout);
  EXPECT_THAT(launched.error().message(), HasSubstr("not ready within 2 s"));
}

TEST(PluginLaunching, AMissingHostProgramIsAnErrorAndNotACrash) {
  PluginBench bench;
  auto launch = bench.launch_of(PluginBench::first_party());
  launch.host_program = "/nowhere/knead-plugin-host";
  const auto launched = PluginProcess::launch(launch);
  ASSERT_FALSE(launched.has_value());
  EXPECT_THAT(launched.error().message(), HasSubstr("/nowhere/knead-plugin-host"));
}

}  // namespace
}  // namespace knead::host
