// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/atomic_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace knead::cli {
namespace {

class WriteFileTest : public testing::Test {
 protected:
  WriteFileTest() {
    std::string name = testing::TempDir() + "knead-file-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/out.csv";
  }
  ~WriteFileTest() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string content() const {
    std::ifstream in(path_);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  /// Nothing lies beside the file that was asked for.
  [[nodiscard]] auto files() const {
    return std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator());
  }
  std::string folder_;
  std::string path_;
};

Result<> write_new(std::ostream& out) {
  out << "new";
  return {};
}

TEST_F(WriteFileTest, TheFileHoldsWhatWasWritten) {
  ASSERT_TRUE(write_file(path_, Existing::kRefuse, write_new));
  EXPECT_EQ(content(), "new");
  EXPECT_EQ(files(), 1);
}

TEST_F(WriteFileTest, AFileThatExistsIsRefusedAndNothingIsEvenTried) {
  std::ofstream(path_) << "old";
  bool tried = false;
  const auto refused = write_file(path_, Existing::kRefuse, [&](std::ostream&) -> Result<> {
    tried = true;
    return {};
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused);
  EXPECT_FALSE(tried);
  EXPECT_EQ(content(), "old");
}

TEST_F(WriteFileTest, AFileThatAppearsMeanwhileIsNotReplacedEither) {
  const auto refused = write_file(path_, Existing::kRefuse, [&](std::ostream& out) {
    std::ofstream(path_) << "somebody else's";
    return write_new(out);
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(content(), "somebody else's");
  EXPECT_EQ(files(), 1);
}

TEST_F(WriteFileTest, ForcedItReplacesTheFile) {
  std::ofstream(path_) << "old";
  ASSERT_TRUE(write_file(path_, Existing::kReplace, write_new));
  EXPECT_EQ(content(), "new");
  EXPECT_EQ(files(), 1);
}

TEST_F(WriteFileTest, AnExportThatFailsHalfWayLeavesTheOldFileAndNoTrace) {
  std::ofstream(path_) << "old";
  const auto failed = write_file(path_, Existing::kReplace, [](std::ostream& out) -> Result<> {
    out << "half";
    return fail(Errc::kStorage, "a damaged block");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().context, "a damaged block");
  EXPECT_EQ(content(), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(WriteFileTest, AFolderThatIsNotThereIsSaidPlainly) {
  const auto nowhere = write_file(folder_ + "/none/out.csv", Existing::kRefuse, write_new);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace knead::cli
