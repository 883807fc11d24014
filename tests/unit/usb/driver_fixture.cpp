// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/usb/driver_fixture.hpp"

#include <algorithm>

#include "hw/protocol/codec.hpp"

namespace knead::test {

void BusEar::on_arrived(hw::BallInfo ball) {
  const std::scoped_lock lock(mutex_);
  arrived_.push_back(std::move(ball));
}

void BusEar::on_left(hw::BallId ball) {
  const std::scoped_lock lock(mutex_);
  left_.push_back(ball);
}

std::vector<hw::BallInfo> BusEar::arrived() {
  const std::scoped_lock lock(mutex_);
  return arrived_;
}

std::vector<hw::BallId> BusEar::left() {
  const std::scoped_lock lock(mutex_);
  return left_;
}

hw::BallInfo BusEar::wait_for(const std::string& serial, std::size_t count) {
  std::vector<hw::BallInfo> found;
  const bool came = eventually([&] {
    found = arrived();
    std::erase_if(found, [&](const hw::BallInfo& ball) { return ball.serial != serial; });
    return found.size() >= count;
  });
  EXPECT_TRUE(came) << "no arrival of " << serial;
  return came ? found.back() : hw::BallInfo{};
}

void LinkEar::check() noexcept {
  if (!thread_) thread_ = std::this_thread::get_id();
  if (*thread_ != std::this_thread::get_id() || gone_.load() > 0) ++broken_promises_;
}

void LinkEar::on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    check();
    if (arrived < last_ || arrived > HostClock::now()) ++broken_promises_;
    last_ = arrived;
    packets_.emplace_back(bytes.begin(), bytes.end());
  }
  ++count_;
  if (then) then();
}

void LinkEar::on_transfer_error(HostTime /*when*/) noexcept {
  const std::scoped_lock lock(mutex_);
  check();
  ++errors_;
}

void LinkEar::on_gone(HostTime /*when*/) noexcept {
  const std::scoped_lock lock(mutex_);
  check();
  ++gone_;
}

std::vector<std::vector<std::byte>> LinkEar::packets() {
  const std::scoped_lock lock(mutex_);
  return packets_;
}

std::vector<protocol::Report> LinkEar::reports() {
  std::vector<protocol::Report> reports;
  for (const auto& packet : packets()) {
    if (const auto report = protocol::decode_report(packet)) reports.push_back(*report);
  }
  return reports;
}

void UsbDriver::start_bus(hw::UsbBusOptions options) {
  auto bus = hw::UsbBus::create(std::move(options));
  ASSERT_TRUE(bus.has_value()) << bus.error().message();
  bus_ = std::move(*bus);
  ASSERT_TRUE(bus_->start(bus_ear_).has_value());
  sampling_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      bus_->run_once(HostClock::now() + std::chrono::milliseconds(2));
      const std::scoped_lock lock(mutex_);
      if (work_) std::exchange(work_, nullptr)();
    }
  });
}

void UsbDriver::stop_sampling() {
  sampling_.request_stop();
  if (bus_) bus_->wake();
  if (sampling_.joinable()) sampling_.join();
}

void UsbDriver::on_sampling_thread(const std::function<void()>& work) {
  std::atomic<bool> done = false;
  {
    const std::scoped_lock lock(mutex_);
    work_ = [&] {
      work();
      done = true;
    };
  }
  ASSERT_TRUE(eventually([&] { return done.load(); }));
}

std::unique_ptr<hw::Link> UsbDriver::open(const std::string& serial) {
  auto link = bus_->open(bus_ear_.wait_for(serial).id);
  EXPECT_TRUE(link.has_value()) << link.error().message();
  return link ? std::move(*link) : nullptr;
}

void UsbDriver::TearDown() {
  stop_sampling();
  bus_.reset();
}

bool UsbDriver::heard_all(LinkEar& ear, int device) {
  const auto heard = ear.packets();
  const auto sent = usb_.in_packets(device);
  return heard.size() <= sent.size() && std::ranges::equal(heard, std::span(sent).first(heard.size()));
}

}  // namespace knead::test
