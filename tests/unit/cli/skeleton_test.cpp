// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/skeleton.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace knead::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SkeletonTest : public testing::Test {
 protected:
  SkeletonTest() {
    std::string name = testing::TempDir() + "knead-skeleton-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~SkeletonTest() override { std::filesystem::remove_all(folder_); }

  void have(const std::string& name, const std::string& text) const { std::ofstream(folder_ + "/" + name) << text; }
  [[nodiscard]] std::vector<std::string> names(const std::string& folder) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      found.push_back(entry.path().filename().string());
    std::ranges::sort(found);
    return found;
  }
  [[nodiscard]] static std::string content(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
  }
  std::string folder_;
};

TEST_F(SkeletonTest, ATemplatesNamesBecomeTheAuthorsInTextsAndFileNames) {
  have("my-plugin.c", "my-plugin, and my-plugin again");
  have("README.md", "none");
  const auto files = read_template(folder_, {{"my-plugin", "a-my-plugin-b"}});
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].name, "README.md");
  EXPECT_EQ((*files)[1].name, "a-my-plugin-b.c");
  EXPECT_EQ((*files)[1].text, "a-my-plugin-b, and a-my-plugin-b again");
}

TEST_F(SkeletonTest, AMissingTemplateIsAnErrorThatSaysWhatToDo) {
  const auto files = read_template(folder_ + "/none", {});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, Errc::kNotFound);
  EXPECT_THAT(files.error().message(), HasSubstr("reinstall"));
}

TEST_F(SkeletonTest, AFolderIsWrittenWithAllItsFilesAndNothingBeside) {
  const std::string wanted = folder_ + "/new";
  ASSERT_TRUE(write_folder(wanted + "/", {{"a", "one"}, {"b", "two"}}));
  EXPECT_THAT(names(folder_), ElementsAre("new"));
  EXPECT_THAT(names(wanted), ElementsAre("a", "b"));
  EXPECT_EQ(content(wanted + "/b"), "two");
}

TEST_F(SkeletonTest, WhatIsThereStaysAsItIs) {
  const std::string wanted = folder_ + "/new";
  std::filesystem::create_directory(wanted);
  const auto written = write_folder(wanted, {{"a", "one"}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kRefused);
  EXPECT_THAT(written.error().message(), HasSubstr("exists"));
  EXPECT_THAT(names(wanted), IsEmpty());
}

TEST_F(SkeletonTest, WhatCannotBeWrittenLeavesNothing) {
  const auto written = write_folder(folder_ + "/new", {{"a", "one"}, {"no such folder/b", "two"}});
  ASSERT_FALSE(written);
  EXPECT_THAT(names(folder_), IsEmpty());
}

TEST_F(SkeletonTest, AFolderInNoFolderIsAnErrorThatSaysWhatToDo) {
  const auto written = write_folder(folder_ + "/none/new", {{"a", "one"}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kNotFound);
  EXPECT_THAT(written.error().message(), HasSubstr("--dir"));
}

TEST(NewName, PlainNamesMayBe) {
  for (const auto* name : {"a", "my-set", "set_2", "abcdefghijklmnopqrstuvwxyz-12345"})
    EXPECT_TRUE(check_new_name(name));
}

TEST(NewName, OthersAreRefusedWithOneThatMayBe) {
  const auto remedy = [](std::string_view name) {
    const auto checked = check_new_name(name);
    EXPECT_FALSE(checked) << name;
    return checked ? std::string() : checked.error().remedy;
  };
  EXPECT_EQ(remedy("My Set!"), "use \"my-set\", say");
  EXPECT_EQ(remedy(""), "use \"my-set\", say");
  EXPECT_EQ(remedy("../up"), "use \"up\", say");
  EXPECT_EQ(remedy("9lives"), "use \"lives\", say");
  EXPECT_EQ(remedy("abcdefghijklmnopqrstuvwxyz-1234567"), "use \"abcdefghijklmnopqrstuvwxyz-12345\", say");
  EXPECT_EQ(remedy("test"), "use \"my-test\", say");
  EXPECT_EQ(remedy("--c"), "use \"c\", say");
}

}  // namespace
}  // namespace knead::cli
