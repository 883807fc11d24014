// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/ball_models.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace knead::live {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class BallModels : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"own", "system"}) {
      fs::create_directories(root_ / name);
      folders_.push_back((root_ / name).string());
    }
    folders_.push_back((root_ / "not-there").string());
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const char* name, const char* text) { std::ofstream(root_ / name) << text; }
  std::string problem() {
    const auto models = load_ball_models(folders_);
    return models ? "" : models.error().message();
  }

  fs::path root_ = fs::path(testing::TempDir()) / ("ball_models_" + std::to_string(::getpid()));
  std::vector<std::string> folders_;
};

TEST_F(BallModels, TheShippedFileIsWhatIsKnownWithoutAny) {
  const std::vector<std::string> shipped{KNEAD_SOURCE_DIR "/config/balls"};
  const auto models = load_ball_models(shipped);
  ASSERT_TRUE(models) << models.error().message();
  EXPECT_EQ(*models, hw::default_ball_models());
  EXPECT_EQ(load_ball_models(folders_), hw::default_ball_models());
}

TEST_F(BallModels, ANewModelNeedsAFileAndNoCode) {
  write("system/a.toml", "[ball]\nname = \"A\"\n[usb]\nvendor_id = 0x1209\nproduct_id = 2\n");
  write("system/b.toml", "[ball]\nname = \"B\"\n[usb]\nvendor_id = 0x1209\nproduct_id = 3\ninterface = 1\n");
  const auto models = load_ball_models(folders_);
  ASSERT_TRUE(models) << models.error().message();
  EXPECT_THAT(*models, ElementsAre(hw::BallModel{.name = "A", .vendor = 0x1209, .product = 2, .interface = 0},
                                   hw::BallModel{.name = "B", .vendor = 0x1209, .product = 3, .interface = 1}));
}

TEST_F(BallModels, APersonsFileReplacesTheShippedOneWithTheSameIds) {
  write("system/a.toml", "[ball]\nname = \"A\"\n[usb]\nvendor_id = 1\nproduct_id = 2\n");
  write("own/mine.toml", "[ball]\nname = \"Mine\"\n[usb]\nvendor_id = 1\nproduct_id = 2\ninterface = 3\n");
  const auto models = load_ball_models(folders_);
  ASSERT_TRUE(models) << models.error().message();
  EXPECT_THAT(*models, ElementsAre(hw::BallModel{.name = "Mine", .vendor = 1, .product = 2, .interface = 3}));
}

TEST_F(BallModels, R9_AWrongFileIsNamedWithLineAndKey) {
  write("own/a.toml", "[ball]\nname = \"A\"\n[usb]\nvendor_id = 65536\nproduct_id = 2\n");
  EXPECT_THAT(problem(), testing::AllOf(HasSubstr("a.toml:4:"), HasSubstr("usb.vendor_id"), HasSubstr("65535")));
  write("own/a.toml", "[ball]\nname = \"A\"\n[usb]\nvendor = 1\nproduct_id = 2\n");
  EXPECT_THAT(problem(), HasSubstr("usb.vendor"));
  write("own/a.toml", "[usb]\nvendor_id = 1\nproduct_id = 2\n");
  EXPECT_THAT(problem(), HasSubstr("ball"));
  write("own/a.toml", "[ball\n");
  EXPECT_THAT(problem(), HasSubstr("a.toml:1:"));
}

TEST_F(BallModels, TwoFilesOfOneFolderMayNotClaimTheSameBall) {
  write("own/a.toml", "[ball]\nname = \"A\"\n[usb]\nvendor_id = 1\nproduct_id = 2\n");
  write("own/b.toml", "[ball]\nname = \"B\"\n[usb]\nvendor_id = 1\nproduct_id = 2\n");
  EXPECT_THAT(problem(), testing::AllOf(HasSubstr("b.toml"), HasSubstr("0001:0002"), HasSubstr("remove one")));
}

}  // namespace
}  // namespace knead::live
