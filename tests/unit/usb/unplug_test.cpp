// SPDX-License-Identifier: Apache-2.0
// Kernels differ in how a pulled cable shows: transfers end without device (ordinary controllers) or with errors
// (dummy_hcd, and real ones for the first milliseconds), before the "remove" event or after it. Whatever the order, the
// sink hears on_gone() once, as its last call.
#include <cerrno>

#include "tests/unit/usb/driver_fixture.hpp"

namespace knead::test {
namespace {

class Unplug : public UsbDriver {
 protected:
  void SetUp() override {
    device_ = usb_.plug();
    start_bus();
    link_ = open();
    ASSERT_NE(link_, nullptr);
    ASSERT_TRUE(link_->start(ear_).has_value());
    ASSERT_TRUE(eventually([&] { return ear_.count() > 10; }));
  }
  void TearDown() override {
    link_.reset();
    EXPECT_EQ(ear_.broken_promises(), 0);
    UsbDriver::TearDown();
  }
  void expect_gone() {
    EXPECT_TRUE(eventually([&] { return ear_.gone() > 0; }));
    EXPECT_EQ(ear_.gone(), 1);
  }
  void expect_left() {
    EXPECT_TRUE(eventually([&] { return bus_ear_.left().size() == 1; }));
  }
  void expect_transfers_back() {
    EXPECT_TRUE(eventually([&] { return usb_.transfers_in_flight(device_) == 0; }));
  }

  int device_ = 0;
  LinkEar ear_;
  std::unique_ptr<hw::Link> link_;
};

TEST_F(Unplug, SeenFirstByTransfersWithoutDevice) {
  usb_.fail_transfers(device_, ESHUTDOWN);
  expect_gone();
  usb_.send_remove_event(device_);
  expect_left();
  expect_gone();
}

TEST_F(Unplug, SeenFirstByTransfersWithErrors) {
  usb_.fail_transfers(device_, EPROTO);
  expect_gone();
  EXPECT_EQ(ear_.errors(), hw::kMaxFailures);
  usb_.send_remove_event(device_);
  expect_left();
  expect_gone();
}

TEST_F(Unplug, SeenFirstByTheEvent) {
  usb_.freeze(device_);
  usb_.send_remove_event(device_);
  expect_left();
  expect_gone();
  usb_.fail_transfers(device_, ESHUTDOWN);
  expect_transfers_back();
  expect_gone();
}

TEST_F(Unplug, SeenFirstByTheEventAndThenByErrors) {
  usb_.freeze(device_);
  usb_.send_remove_event(device_);
  expect_gone();
  usb_.fail_transfers(device_, EPROTO);
  expect_transfers_back();
  expect_gone();
  EXPECT_EQ(ear_.errors(), 0);
}

TEST_F(Unplug, OfALinkThatIsClosedWithoutWaitingForTheKernel) {
  usb_.freeze(device_);
  usb_.send_remove_event(device_);
  link_.reset();
  EXPECT_EQ(usb_.transfers_in_flight(device_), 0U);
  expect_left();
  EXPECT_LE(ear_.gone(), 1);
}

TEST_F(Unplug, AfterTheLinkWasClosed) {
  link_.reset();
  usb_.unplug(device_);
  expect_left();
  EXPECT_EQ(ear_.gone(), 0);
}

TEST_F(Unplug, WhileTheEndpointIsHalted) {
  usb_.ignore_control(device_, 1'000'000);
  usb_.halt(device_, protocol::kEndpointIn);
  ASSERT_TRUE(eventually([&] { return ear_.errors() == 1; }));
  usb_.unplug(device_);
  expect_gone();
  expect_left();
}

TEST_F(Unplug, MakesEveryCallSayTheBallIsGone) {
  usb_.unplug(device_);
  expect_gone();
  EXPECT_EQ(link_->control_out(protocol::Request::kTare, 0, {}, std::chrono::seconds(5)).error().code,
            Errc::kDisconnected);
  on_sampling_thread([&] { EXPECT_FALSE(link_->submit({})); });
  link_->emergency_stop();
  EXPECT_EQ(usb_.transfers_in_flight(device_), 0U);
}

TEST_F(Unplug, BeforeStartIsAnErrorOfStartAndNoCallOfTheSink) {
  const int second = usb_.plug({.serial = "KB0002", .port = 2});
  LinkEar ear;
  auto other = open("KB0002");
  ASSERT_NE(other, nullptr);
  usb_.unplug(second);
  ASSERT_TRUE(eventually([&] { return bus_ear_.left().size() == 1; }));
  const auto started = other->start(ear);
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, Errc::kDisconnected);
  EXPECT_EQ(ear.gone(), 0);
}

TEST_F(Unplug, AndReplugStreamsAgain) {
  for (std::size_t round = 2; round <= 4; ++round) {
    usb_.unplug(device_);
    expect_gone();
    link_.reset();
    device_ = usb_.plug();
    const auto again = bus_ear_.wait_for("KB0001", round);
    LinkEar ear;  // outlives the link that calls it
    auto link = bus_->open(again.id);
    ASSERT_TRUE(link.has_value()) << link.error().message();
    ASSERT_TRUE((*link)->start(ear).has_value());
    ASSERT_TRUE(eventually([&] { return ear.count() > 20; }));
    EXPECT_TRUE(heard_all(ear, device_));
  }
}

TEST_F(Unplug, OfOneBallLeavesTheOtherStreaming) {
  const int second = usb_.plug({.serial = "KB0002", .port = 2});
  LinkEar ear;
  auto other = open("KB0002");
  ASSERT_NE(other, nullptr);
  ASSERT_TRUE(other->start(ear).has_value());
  usb_.unplug(device_);
  expect_gone();
  const std::size_t count = ear.count();
  EXPECT_TRUE(eventually([&] { return ear.count() > count + 50; }));
  EXPECT_TRUE(heard_all(ear, second));
  EXPECT_EQ(ear.gone(), 0);
}

}  // namespace
}  // namespace knead::test
