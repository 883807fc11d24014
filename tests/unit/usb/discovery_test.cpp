// SPDX-License-Identifier: Apache-2.0
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "hw/usb/access.hpp"
#include "hw/usb/sightings.hpp"
#include "tests/unit/usb/driver_fixture.hpp"

namespace knead::test {
namespace {

/// Root may open anything. Gives that up for the calling thread, and for those it starts.
void become_ordinary_for_files() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  ASSERT_EQ(syscall(SYS_capget, &header, sets.data()), 0);
  constexpr std::uint32_t kOverrides = (1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH);
  sets[0].effective &= ~kOverrides;
  sets[0].permitted &= ~kOverrides;
  ASSERT_EQ(syscall(SYS_capset, &header, sets.data()), 0);
}

class Discovery : public UsbDriver {};

TEST_F(Discovery, FindsABallThatIsThereAlready) {
  usb_.plug({.serial = "KB0007", .port = 3});
  start_bus();
  const hw::BallInfo ball = bus_ear_.wait_for("KB0007");
  EXPECT_EQ(ball.path, "usb 1-3");
  EXPECT_TRUE(ball.problem.context.empty()) << ball.problem.message();
}

TEST_F(Discovery, FindsABallThatIsPluggedInLater) {
  start_bus();
  usb_.plug();
  bus_ear_.wait_for("KB0001");
}

TEST_F(Discovery, AnnouncesABallOnceThoughTheKernelDoesSoTwice) {
  start_bus();
  usb_.plug({.announce_twice = true});
  usb_.plug({.serial = "KB0002", .port = 2});
  bus_ear_.wait_for("KB0002");  // events keep their order: both of the first ball's have gone by
  EXPECT_EQ(bus_ear_.arrived().size(), 2U);
}

TEST_F(Discovery, TellsTwoBallsApartBySerial) {
  usb_.plug({.serial = "KB-LEFT", .port = 1});
  usb_.plug({.serial = "KB-RIGHT", .port = 2});
  start_bus();
  const auto left = bus_ear_.wait_for("KB-LEFT");
  const auto right = bus_ear_.wait_for("KB-RIGHT");
  EXPECT_NE(left.id, right.id);
  EXPECT_EQ(left.path, "usb 1-1");
  EXPECT_EQ(right.path, "usb 1-2");
}

TEST_F(Discovery, GivesAReplugedBallANewId) {
  const int first = usb_.plug();
  start_bus();
  const auto before = bus_ear_.wait_for("KB0001");
  usb_.unplug(first);
  ASSERT_TRUE(eventually([&] { return bus_ear_.left().size() == 1; }));
  EXPECT_EQ(bus_ear_.left().front(), before.id);
  usb_.plug();
  EXPECT_NE(bus_ear_.wait_for("KB0001", 2).id, before.id);
  EXPECT_EQ(bus_->open(before.id).error().code, Errc::kNoBall);
}

TEST_F(Discovery, WorksByPollingWhereThereIsNoHotplug) {
  const int first = usb_.plug();
  start_bus({.discovery = hw::Discovery::kPolling});
  EXPECT_EQ(bus_->discovery(), hw::Discovery::kPolling);
  const auto ball = bus_ear_.wait_for("KB0001");
  usb_.plug({.serial = "KB0002", .port = 2});
  bus_ear_.wait_for("KB0002");
  EXPECT_EQ(bus_ear_.arrived().size(), 2U) << "the first was there at two looks, and is one arrival";
  EXPECT_TRUE(bus_ear_.left().empty());
  usb_.unplug(first);
  ASSERT_TRUE(eventually([&] { return !bus_ear_.left().empty(); }));
  EXPECT_EQ(bus_ear_.left().front(), ball.id);
}

/// The kernel holds the lock of an ill device: to ask for KB0002 takes until let_go().
struct IllBall {
  std::atomic<bool> asked{false};
  std::atomic<bool> is_let_go{false};
  void let_go() {
    is_let_go = true;
    is_let_go.notify_all();
  }
};

hw::UsbBusOptions with_ill_ball(const std::shared_ptr<IllBall>& ill) {
  return {.serial_of = [ill](libusb_device& device) {
    std::string serial = hw::read_serial(device);
    if (serial == "KB0002") {
      ill->asked = true;
      ill->is_let_go.wait(false);
    }
    return serial;
  }};
}

TEST_F(Discovery, AnIllBallHoldsUpNoOther) {
  const auto ill = std::make_shared<IllBall>();
  usb_.plug();
  start_bus(with_ill_ball(ill));
  LinkEar ear;
  const auto link = open("KB0001");
  ASSERT_NE(link, nullptr);
  ASSERT_TRUE(link->start(ear).has_value());
  ASSERT_TRUE(eventually([&] { return ear.count() > 20; }));
  usb_.plug({.serial = "KB0002", .port = 2});
  const std::size_t count = ear.count();
  EXPECT_TRUE(eventually([&] { return ear.count() > count + 200; }));
  EXPECT_EQ(bus_ear_.arrived().size(), 1U);
  ill->let_go();
  bus_ear_.wait_for("KB0002");
}

TEST_F(Discovery, ABallThatLeftWhileItWasLookedAtIsNeverAnnounced) {
  const auto ill = std::make_shared<IllBall>();
  const int healthy = usb_.plug();
  start_bus(with_ill_ball(ill));
  bus_ear_.wait_for("KB0001");
  const int device = usb_.plug({.serial = "KB0002", .port = 2});
  EXPECT_TRUE(eventually([&] { return ill->asked.load(); }));
  usb_.unplug(device);
  usb_.unplug(healthy);
  // The kernel tells in order: when the second departure has come, the first has.
  EXPECT_TRUE(eventually([&] { return !bus_ear_.left().empty(); }));
  ill->let_go();
  usb_.plug();
  bus_ear_.wait_for("KB0001", 2);
  EXPECT_EQ(bus_ear_.arrived().size(), 2U);
  EXPECT_EQ(bus_ear_.left().size(), 1U);
}

TEST_F(Discovery, SaysWhichRuleIsMissingWhenAccessIsDeniedAndComesBackOnceItIsGranted) {
  const int device = usb_.plug();
  usb_.set_node_mode(device, 0);
  std::thread([&] {
    become_ordinary_for_files();
    start_bus();
    ASSERT_TRUE(eventually([&] { return !bus_ear_.arrived().empty(); }));
    const hw::BallInfo denied = bus_ear_.arrived().front();
    EXPECT_TRUE(denied.serial.empty());
    EXPECT_EQ(denied.problem.code, Errc::kAccessDenied);
    EXPECT_NE(denied.problem.context.find("/dev/bus/usb/001/001"), std::string::npos);
    EXPECT_NE(denied.problem.remedy.find("udev/70-knead.rules"), std::string::npos);

    const auto link = bus_->open(denied.id);
    ASSERT_FALSE(link.has_value());
    EXPECT_EQ(link.error().code, Errc::kAccessDenied);
    EXPECT_NE(link.error().remedy.find("udevadm trigger"), std::string::npos);

    usb_.set_node_mode(device, 0600);
    const hw::BallInfo granted = bus_ear_.wait_for("KB0001");
    EXPECT_TRUE(granted.problem.context.empty());
    EXPECT_TRUE(bus_->open(granted.id).has_value());
  }).join();
}

TEST_F(Discovery, SeesWithoutOpeningWhatTheDoctorShows) {
  usb_.plug({.serial = "KB0001", .port = 1});
  const int closed = usb_.plug({.serial = "KB0002", .port = 2});
  usb_.set_node_mode(closed, 0);
  std::thread([] {
    become_ordinary_for_files();
    const auto seen = hw::look_for_balls(hw::default_ball_models());
    ASSERT_TRUE(seen.has_value()) << seen.error().message();
    ASSERT_EQ(seen->size(), 2U);
    for (const hw::UsbSighting& ball : *seen) {
      EXPECT_EQ(ball.vendor, protocol::kVendorId);
      EXPECT_EQ(ball.product, protocol::kProductId);
      if (ball.serial == "KB0001") {
        EXPECT_TRUE(ball.access.has_value());
        EXPECT_EQ(ball.path, "1-1");
      } else {
        EXPECT_EQ(ball.serial, "KB0002");
        ASSERT_FALSE(ball.access.has_value());
        EXPECT_EQ(ball.access.error().code, Errc::kAccessDenied);
        EXPECT_FALSE(ball.access.error().remedy.empty());
      }
    }
  }).join();
}

TEST_F(Discovery, RefusesABallOfAnotherProtocolVersion) {
  usb_.plug({.protocol_version = protocol::kVersionMajor + 1});
  start_bus();
  const auto link = bus_->open(bus_ear_.wait_for("KB0001").id);
  ASSERT_FALSE(link.has_value());
  EXPECT_EQ(link.error().code, Errc::kProtocol);
}

TEST_F(Discovery, SaysThatABallIsTakenWhenAnotherProgramHasClaimedIt) {
  const int device = usb_.plug();
  usb_.refuse_claims(device, EBUSY, 1);
  start_bus();
  const auto ball = bus_ear_.wait_for("KB0001");
  const auto link = bus_->open(ball.id);
  ASSERT_FALSE(link.has_value());
  EXPECT_EQ(link.error().code, Errc::kBusy);
  EXPECT_FALSE(link.error().remedy.empty());
  EXPECT_TRUE(bus_->open(ball.id).has_value()) << "and it can be had once the other has let go";
}

TEST_F(Discovery, OpensABallOnceAtATime) {
  usb_.plug();
  start_bus();
  auto link = open();
  EXPECT_EQ(bus_->open(bus_ear_.wait_for("KB0001").id).error().code, Errc::kBusy);
  link.reset();
  EXPECT_NE(open(), nullptr);
}

}  // namespace
}  // namespace knead::test
