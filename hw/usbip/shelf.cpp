// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/shelf.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "hw/ball/control.hpp"

namespace knead::hw::usbip {
namespace {

// USB 2.0, chapter 9.
constexpr std::uint8_t kStandardIn = 0x80;
constexpr std::uint8_t kGetDescriptor = 0x06;
constexpr std::uint16_t kDeviceDescriptor = 0x0100;
constexpr std::uint16_t kConfigurationDescriptor = 0x0200;
constexpr std::uint8_t kInterfaceDescriptorType = 0x04;
constexpr std::size_t kDeviceDescriptorSize = 18;
constexpr std::size_t kInterfaceDescriptorSize = 9;

std::uint8_t byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}
std::uint16_t word_at(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U);
}
InterfaceRecord class_at(std::span<const std::byte> bytes, std::size_t at) {
  return {byte_at(bytes, at), byte_at(bytes, at + 1), byte_at(bytes, at + 2)};
}

std::vector<std::byte> descriptor(ball::PacedBall& ball, HostTime now, std::uint16_t which) {
  const ball::SetupPacket ask{.request_type = kStandardIn, .request = kGetDescriptor, .value = which, .length = 0xFFFF};
  return ball.control(now, ask, {}).data;
}

/// What a list of devices says about the ball, from the ball's own descriptors, so that the two cannot disagree.
DeviceRecord describe(ball::PacedBall& ball, std::uint32_t number, HostTime now) {
  DeviceRecord record;
  record.bus_id = fmt::format("1-{}", number);
  record.path = fmt::format("/knead/{}/{}", record.bus_id, ball.ball().serial());
  record.bus_number = 1;
  record.device_number = number;
  const std::vector<std::byte> device = descriptor(ball, now, kDeviceDescriptor);
  if (device.size() >= kDeviceDescriptorSize) {
    record.device_class = class_at(device, 4);
    record.vendor_id = word_at(device, 8);
    record.product_id = word_at(device, 10);
    record.device_release = word_at(device, 12);
    record.configurations = byte_at(device, 17);
  }
  const std::vector<std::byte> configuration = descriptor(ball, now, kConfigurationDescriptor);
  for (std::size_t at = 0; at < configuration.size();) {
    const std::size_t length = byte_at(configuration, at);
    if (length < 2) break;
    if (byte_at(configuration, at + 1) == kInterfaceDescriptorType && length >= kInterfaceDescriptorSize) {
      record.interfaces.push_back(class_at(configuration, at + 5));
    }
    at += length;
  }
  return record;
}

}  // namespace

ShelfBall::ShelfBall(ball::Ball ball, PersonMaker person, std::uint32_t number, HostTime now)
    : person_(std::move(person)), ball_(std::move(ball), person_(), now), record_(describe(ball_, number, now)) {
  ball_.unplug(now);
}

void ShelfBall::attach(HostTime now) {
  ball_.plug_in(now);
  if (!ever_attached_) restart_person(now);
  ever_attached_ = true;
}

void ShelfBall::detach(HostTime now) { ball_.unplug(now); }

void ShelfBall::pull(HostTime now) {
  detach(now);
  pulled_ = true;
}

std::span<const ball::MotorChange> ShelfBall::new_motor_changes() {
  const std::vector<ball::MotorChange>& trace = ball_.ball().motor().trace();
  // A full trace drops its oldest half: the changes not seen yet are then that much nearer to its start.
  if (motor_changes_seen_ > trace.size()) motor_changes_seen_ -= ball::Motor::kTraceLimit / 2;
  const auto fresh = std::span(trace).subspan(std::min(motor_changes_seen_, trace.size()));
  motor_changes_seen_ = trace.size();
  return fresh;
}

ShelfBall& Shelf::add(ball::Ball ball, PersonMaker person, HostTime now) {
  const auto number = static_cast<std::uint32_t>(balls_.size() + 1);
  return *balls_.emplace_back(std::make_unique<ShelfBall>(std::move(ball), std::move(person), number, now));
}

ShelfBall* Shelf::find(std::string_view bus_id) noexcept {
  const auto found = std::ranges::find_if(balls_, [&](const auto& ball) { return ball->bus_id() == bus_id; });
  return found == balls_.end() ? nullptr : found->get();
}

}  // namespace knead::hw::usbip
