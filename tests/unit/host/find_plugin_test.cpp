// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/find_plugin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace knead::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class FindPlugin : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(dir_);
    for (const char* name : {"one.so", "libtwo.so", "notes.txt"}) std::ofstream(dir_ / name) << "x";
  }
  void TearDown() override { fs::remove_all(dir_); }
  fs::path dir_;
};

TEST_F(FindPlugin, FindsAnIdWithAndWithoutThePrefixLib) {
  EXPECT_EQ(find_plugin("one", {dir_}).value(), dir_ / "one.so");
  EXPECT_EQ(find_plugin("two", {"/nowhere", dir_}).value(), dir_ / "libtwo.so");
}

TEST_F(FindPlugin, TakesAPathAsItIs) {
  EXPECT_EQ(find_plugin((dir_ / "notes.txt").string(), {}).value(), dir_ / "notes.txt");
  const auto missing = find_plugin("./missing.so", {dir_});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
}

TEST_F(FindPlugin, SaysWhatThereIsWhenThereIsNoSuchPlugin) {
  const auto missing = find_plugin("three", {dir_});
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message(), HasSubstr("\"three\""));
  EXPECT_THAT(missing.error().message(), HasSubstr("one, two"));
}

TEST_F(FindPlugin, ListsIdsOnce) { EXPECT_THAT(list_plugins({dir_, dir_}), ElementsAre("one", "two")); }

TEST_F(FindPlugin, TheBuildTreeHasItsOwnPluginsAndHost) {
  EXPECT_TRUE(find_plugin("activation", default_plugin_dirs()).has_value());
  EXPECT_TRUE(find_host_program().has_value());
}

}  // namespace
}  // namespace knead::host
