// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/routine_library.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace knead::session {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class RoutineLibrary : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) / ("routine_library_" + std::to_string(::getpid()));
    for (const char* name : {"own", "system"}) {
      fs::create_directories(root_ / name);
      directories_.push_back((root_ / name).string());
    }
    directories_.push_back((root_ / "not-there").string());
    copy("system/upper-trap.toml");
  }
  void TearDown() override { fs::remove_all(root_); }
  void copy(const char* to) {
    fs::copy_file(KNEAD_SOURCE_DIR "/config/routines/upper-trap.toml", root_ / to,
                  fs::copy_options::overwrite_existing);
  }
  void write(const char* name, const char* text) { std::ofstream(root_ / name) << text; }
  std::string path(const char* name) { return (root_ / name).string(); }

  fs::path root_;
  std::vector<std::string> directories_;
};

TEST_F(RoutineLibrary, FindsARoutineByIdAndByPath) {
  EXPECT_EQ(find_routine("upper-trap", directories_), path("system/upper-trap.toml"));
  EXPECT_EQ(find_routine(path("system/upper-trap.toml"), {}), path("system/upper-trap.toml"));
}

TEST_F(RoutineLibrary, TakesThePersonsOwnBeforeTheSystems) {
  copy("own/upper-trap.toml");
  EXPECT_EQ(find_routine("upper-trap", directories_), path("own/upper-trap.toml"));
  EXPECT_EQ(list_routines(directories_).size(), 1U);
}

TEST_F(RoutineLibrary, SaysWhatAnUnknownNameMostLikelyMeant) {
  const auto found = find_routine("uper-trap", directories_);
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Errc::kNotFound);
  EXPECT_EQ(found.error().remedy, "did you mean \"upper-trap\"?");
  EXPECT_EQ(find_routine("/not/there.toml", directories_).error().code, Errc::kNotFound);
}

TEST_F(RoutineLibrary, ListsABrokenOneWithItsProblem) {
  write("own/broken.toml", "[routine\n");
  write("own/readme.txt", "not a routine");
  const auto entries = list_routines(directories_);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].id, "broken");
  EXPECT_THAT(entries[0].problem, HasSubstr("broken.toml:1:"));
  EXPECT_EQ(entries[1].id, "upper-trap");
  EXPECT_THAT(entries[1].problem, IsEmpty());
  EXPECT_FALSE(entries[1].custom);
  EXPECT_EQ(find_routine("broken", directories_), path("own/broken.toml"));
}

}  // namespace
}  // namespace knead::session
