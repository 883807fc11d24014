// SPDX-License-Identifier: Apache-2.0
// The driver as the daemon runs it: a bus, its sampling thread, and ears for what they say.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "hw/usb/usb_bus.hpp"
#include "tests/beat.hpp"
#include "tests/unit/usb/virtual_usb.hpp"

namespace knead::test {

/// Hears what a bus says.
class BusEar final : public hw::BusEvents {
 public:
  void on_arrived(hw::BallInfo ball) override;
  void on_left(hw::BallId ball) override;

  std::vector<hw::BallInfo> arrived();
  std::vector<hw::BallId> left();
  /// The ball with this serial number that arrived last, once there are @p count of them.
  hw::BallInfo wait_for(const std::string& serial, std::size_t count = 1);

 private:
  std::mutex mutex_;
  std::vector<hw::BallInfo> arrived_;
  std::vector<hw::BallId> left_;
};

/// Hears what a link says, and checks that it says it on one thread and in order: nothing after on_gone().
class LinkEar final : public hw::ReportSink {
 public:
  void on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept override;
  void on_transfer_error(HostTime when) noexcept override;
  void on_gone(HostTime when) noexcept override;

  std::vector<std::vector<std::byte>> packets();
  /// Those that decode.
  std::vector<protocol::Report> reports();
  [[nodiscard]] std::size_t count() const { return count_.load(); }
  [[nodiscard]] int errors() const { return errors_.load(); }
  [[nodiscard]] int gone() const { return gone_.load(); }
  [[nodiscard]] int broken_promises() const { return broken_promises_.load(); }
  /// Called for each report on the sampling thread.
  std::function<void()> then;

 private:
  void check() noexcept;
  std::mutex mutex_;
  std::vector<std::vector<std::byte>> packets_;
  HostTime last_{};
  std::optional<std::thread::id> thread_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<int> errors_ = 0;
  std::atomic<int> gone_ = 0;
  std::atomic<int> broken_promises_ = 0;
};

class UsbDriver : public testing::Test {
 protected:
  void TearDown() override;

  /// Makes the bus and its sampling thread.
  void start_bus(hw::UsbBusOptions options = {});
  void stop_sampling();
  /// Does @p work on the sampling thread.
  void on_sampling_thread(const std::function<void()>& work);
  /// Opens the ball with this serial number that arrived last.
  std::unique_ptr<hw::Link> open(const std::string& serial = "KB0001");
  /// What the sink heard is what the ball sent: every packet, in order, byte for byte. (Not "no sequence gap": on a
  /// busy machine the virtual bus falls behind, and then the ball itself has to drop readings.)
  bool heard_all(LinkEar& ear, int device);

  VirtualUsb usb_;
  BusEar bus_ear_;
  std::unique_ptr<hw::UsbBus> bus_;

 private:
  std::mutex mutex_;
  std::function<void()> work_;  ///< guarded by mutex_
  std::jthread sampling_;
};

}  // namespace knead::test
