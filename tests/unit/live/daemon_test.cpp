// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/daemon.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/record/store.hpp"
#include "hw/ball/person.hpp"
#include "hw/sim/sim_bus.hpp"

namespace knead::live {
namespace {

using namespace std::chrono_literals;

/// A bus on which balls only announce themselves.
class AnnouncingBus final : public hw::Bus {
 public:
  Result<> start(hw::BusEvents& events) override {
    events_ = &events;
    return {};
  }
  void run_once(HostTime deadline) noexcept override {
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, std::chrono::steady_clock::time_point(deadline.time_since_epoch()),
                      [this] { return awake_; });
    awake_ = false;
  }
  void wake() noexcept override {
    const std::scoped_lock lock(mutex_);
    awake_ = true;
    woken_.notify_one();
  }
  Result<std::unique_ptr<hw::Link>> open(hw::BallId) override {
    ++opened_;
    return fail(Errc::kNoBall, "nothing is behind it");
  }

  hw::BusEvents* events_ = nullptr;
  int opened_ = 0;

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  bool awake_ = false;
};

class DaemonTest : public testing::Test {
 protected:
  DaemonTest() { std::filesystem::create_directories(folder_); }
  ~DaemonTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Daemon> start(hw::Bus& bus) {
    LoadedConfig config;
    config.config.realtime = {.priority = 0, .lock_memory = false};
    return Daemon::start(io_, config, {}, bus, recorder_).value();
  }
  bool run_until(const std::function<bool()>& condition) {
    for (int n = 0; n < 10'000; ++n) {
      if (condition()) return true;
      io_.run_for(1ms);
    }
    return false;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("knead-daemon-test-" + std::to_string(::getpid()));
  boost::asio::io_context io_;
  record::Recorder recorder_{record::Store::open((folder_ / "knead.db").string()).value()};
};

TEST_F(DaemonTest, ASerialNumberThatCouldSteerATerminalGoesNoFurther) {
  AnnouncingBus bus;
  const auto daemon = start(bus);
  bus.events_->on_arrived({.id = hw::BallId{1}, .serial = "KB1\x1b[2J", .path = "usb 1-1"});
  ASSERT_TRUE(run_until([&] { return !daemon->unusable().empty(); }));
  const auto [ball, problem] = daemon->unusable().front();
  EXPECT_EQ(ball.serial, "");
  EXPECT_EQ(problem.find('\x1b'), std::string::npos);
  EXPECT_NE(problem.find("serial number"), std::string::npos) << problem;
  EXPECT_EQ(bus.opened_, 0);
}

TEST_F(DaemonTest, BallsThatCameAndWentDoNotPileUp) {
  constexpr int kBalls = sampling::SamplingThread::kMaxBalls + 8;
  std::vector<hw::SimBallConfig> configs;
  for (int n = 0; n < kBalls; ++n) {
    configs.push_back(
        {.ball = {.serial = "B" + std::to_string(n)}, .person = ball::make_person("never-touches", 1).value()});
  }
  const auto bus = hw::SimBus::create(std::move(configs)).value();
  for (int n = 0; n < kBalls; ++n) ASSERT_TRUE(bus->set_plugged("B" + std::to_string(n), false));
  const auto daemon = start(*bus);
  for (int n = 0; n < kBalls; ++n) {
    const std::string serial = "B" + std::to_string(n);
    ASSERT_TRUE(bus->set_plugged(serial, true));
    ASSERT_TRUE(run_until([&] {
      const auto found = daemon->stations().find(serial);
      return found != daemon->stations().end() && found->second->connected();
    })) << serial;
    if (n == 0) daemon->stop("cli");
    ASSERT_TRUE(bus->set_plugged(serial, false));
    ASSERT_TRUE(run_until([&] { return !daemon->stations().at(serial)->connected(); })) << serial;
  }
  EXPECT_LE(daemon->stations().size(), sampling::SamplingThread::kMaxBalls);
  EXPECT_TRUE(daemon->stations().contains("B0")) << "what is latched outlives its ball's absence";
}

}  // namespace
}  // namespace knead::live
