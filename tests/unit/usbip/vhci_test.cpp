// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/vhci.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace knead::hw::usbip {
namespace {

// As read from Debian's 6.1 kernel, with a device at port 0.
constexpr std::string_view kStatus =
    "hub port sta spd dev      sockfd local_busid\n"
    "hs  0000 006 002 00010001 000004 3-1\n"
    "hs  0001 004 000 00000000 000000 0-0\n"
    "hs  0002 004 000 00000000 000000 0-0\n"
    "ss  0008 004 000 00000000 000000 0-0\n";

TEST(Vhci, ChoosesTheFirstFreePortOfTheHighSpeedHub) { EXPECT_EQ(Vhci::free_port(kStatus), 1U); }

TEST(Vhci, GoesOnFromAPortThatWasTaken) {
  EXPECT_EQ(Vhci::free_port(kStatus, 2), 2U);
  EXPECT_EQ(Vhci::free_port(kStatus, 3), std::nullopt) << "a super-speed port is not for a full-speed ball";
}

TEST(Vhci, NoDriverIsNamedWithItsRemedy) {
  const auto attached = Vhci("/nowhere/at/all").attach(0x10001, Speed::kFull);
  ASSERT_FALSE(attached.has_value());
  EXPECT_EQ(attached.error().code, Errc::kNotFound);
  EXPECT_NE(attached.error().message().find("modprobe vhci-hcd"), std::string::npos);
}

class VhciDirectory : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "vhci-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
    std::ofstream(path_ / "status") << kStatus;
    std::ofstream(path_ / "attach") << "";
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  std::filesystem::path path_;
};

TEST_F(VhciDirectory, TellsTheKernelPortDescriptorDeviceAndSpeed) {
  const auto attached = Vhci(path_).attach(0x10001, Speed::kFull);
  ASSERT_TRUE(attached.has_value()) << attached.error().message();
  int type = 0;
  socklen_t size = sizeof(type);
  ASSERT_EQ(::getsockopt(attached->get(), SOL_SOCKET, SO_TYPE, &type, &size), 0);
  EXPECT_EQ(type, SOCK_STREAM);

  std::ifstream file(path_ / "attach");
  unsigned port = 0;
  int fd = -1;
  unsigned device = 0;
  unsigned speed = 0;
  ASSERT_TRUE(file >> port >> fd >> device >> speed);
  EXPECT_EQ(port, 1U);
  EXPECT_GE(fd, 0);
  EXPECT_NE(fd, attached->get()) << "the kernel gets the other end";
  EXPECT_EQ(device, 0x10001U);
  EXPECT_EQ(speed, 2U);
}

}  // namespace
}  // namespace knead::hw::usbip
