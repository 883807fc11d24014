// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/ball.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "hw/ball/descriptors.hpp"
#include "hw/protocol/codec.hpp"

namespace knead::ball {

using protocol::ReportFlag;
using protocol::Request;

namespace {

constexpr std::uint32_t kMicrosecondsPerSecond = 1'000'000;

/// Readings the FIFO holds at the pace of life: a quarter second at 1 kHz, what a small microcontroller can spare
/// (2 KiB). A fast clock gets as much host time.
constexpr std::size_t kFifoReadings = 256;

/// The thermal model is slow; ten steps a second are plenty.
constexpr std::chrono::milliseconds kThermalStep{100};

constexpr bool is_rate(std::uint32_t hz) {
  return hz >= 1000 && hz <= Ball::kMaxRateHz && kMicrosecondsPerSecond % hz == 0;
}
constexpr std::uint16_t period_us(std::uint16_t rate_hz) {
  return static_cast<std::uint16_t>(kMicrosecondsPerSecond / rate_hz);
}
std::size_t tare_readings(std::uint16_t rate_hz) {
  return static_cast<std::size_t>(Ball::kTareWindow / std::chrono::microseconds(period_us(rate_hz)));
}

Result<> check(const BallConfig& config) {
  if (!protocol::is_serial(config.serial)) {
    return fail(Errc::kInvalidInput, fmt::format("serial \"{}\" is not usable", config.serial),
                "use 1 to 32 letters, digits or signs, without spaces");
  }
  if (!is_rate(config.rate_hz)) {
    return fail(Errc::kInvalidInput, fmt::format("a rate of {} Hz is not possible", config.rate_hz),
                "use 1000, 1250, 1600, 2000, 2500, 3125, 4000, 5000, 6250 or 8000");
  }
  if (!std::isfinite(config.clock_speed) || config.clock_speed <= 0.0) {
    return fail(Errc::kInvalidInput, fmt::format("a speed of {} is not possible", config.clock_speed),
                "use a number above 0, such as 1 or 10");
  }
  if (readings_per_report(config.rate_hz, config.clock_speed) > protocol::kMaxReadings) {
    return fail(Errc::kInvalidInput,
                fmt::format("{} Hz at speed {} is more than the wire carries", config.rate_hz, config.clock_speed),
                "keep rate times speed at or below 12000");
  }
  return {};
}

/// A flag that stands when @p on.
constexpr std::uint16_t bit(ReportFlag flag, bool on) { return on ? std::to_underlying(flag) : std::uint16_t{0}; }

template <std::size_t N, class T>
ControlReply reply(const T& value, void (*encode)(const T&, std::span<std::byte, N>) noexcept) {
  ControlReply r;
  r.data.resize(N);
  encode(value, std::span<std::byte, N>(r.data));
  return r;
}
ControlReply reply(std::span<const std::byte> bytes) { return {.data = {bytes.begin(), bytes.end()}}; }
ControlReply reply_u16(std::uint8_t low) { return {.data = {std::byte{low}, std::byte{0}}}; }

}  // namespace

std::size_t readings_per_report(std::uint16_t rate_hz, double clock_speed) noexcept {
  const double needed = std::ceil(rate_hz * clock_speed / 1000.0 - 1e-9);  // 1000 reports a host second; rounding aside
  if (!(needed <= 1e6)) return 1'000'000;
  return std::max<std::size_t>(1, static_cast<std::size_t>(needed));
}

Result<Ball> Ball::create(const BallConfig& config) {
  if (auto checked = check(config); !checked) return std::unexpected(std::move(checked.error()));
  return Ball(config);
}

Ball::Ball(const BallConfig& config)
    : config_(config),
      sensor_(config.sensor, config.seed),
      motor_(config.motor_ceiling),
      fifo_(static_cast<std::size_t>(std::ceil(kFifoReadings * std::max(1.0, config.clock_speed)))) {
  if (config.calibrated) stored_.calibration = sensor_.factory_calibration();
  plug_in();
}

// ---- Time ---------------------------------------------------------------------------------------------------------

void Ball::advance(DeviceTime to, Touch& touch) {
  if (!powered_) return;
  for (;;) {
    const DeviceTime next = std::min(next_reading_at_, motor_.deadline());
    if (next > to) break;
    now_ = next;
    if (motor_.deadline() == next) {
      motor_.off(now_, MotorCause::kTtlExpired);
      ttl_expired_ = true;
      ++ttl_expiries_;
    }
    if (next_reading_at_ == next) take_reading(touch);
  }
  now_ = std::max(now_, to);
}

void Ball::take_reading(Touch& touch) {
  if (now_ >= next_thermal_at_) {
    next_thermal_at_ = now_ + kThermalStep;
    thermal_.advance(now_, motor_.applied());
    hold_motor_on_faults();
  }
  watch_button(touch.button(now_));

  const Reading reading{
      .seq = next_seq_++, .at = now_, .raw = sensor_.read(touch.force(now_)), .period_us = period_us(rate_hz_)};
  next_reading_at_ = now_ + std::chrono::microseconds(reading.period_us);
  recent_.push(reading.raw);
  if (drop_next_ > 0) {
    --drop_next_;
    ++dropped_readings_;
    return;
  }
  if (configured() && !suspended_ && !fifo_.push(reading)) ++dropped_readings_;
}

void Ball::watch_button(bool down) {
  if (down && !button_) {
    button_since_ = now_;
    motor_.off(now_, MotorCause::kButton);
  }
  button_ = down;
  if (button_ && now_ - button_since_ >= kButtonStopHold) latch_stop(MotorCause::kButton);
}

DeviceTime Ball::next_report_at() const noexcept {
  if (stalls(protocol::kEndpointIn) || suspended_) return DeviceTime::max();
  const std::size_t enough = readings_per_report(rate_hz_, config_.clock_speed);
  if (fifo_.size() >= enough) return now_;
  const auto missing = static_cast<std::int64_t>(enough - fifo_.size());
  return next_reading_at_ + (missing - 1) * std::chrono::microseconds(period_us(rate_hz_));
}

// ---- Motor --------------------------------------------------------------------------------------------------------

bool Ball::motor_held() const noexcept {
  return stored_.stop_latched || button_ || suspended_ || thermal_.too_hot() || sensor_.faulty();
}

void Ball::hold_motor_on_faults() {
  if (thermal_.too_hot()) motor_.off(now_, MotorCause::kOverTemperature);
  if (sensor_.faulty()) motor_.off(now_, MotorCause::kSensorFault);
}

void Ball::latch_stop(MotorCause cause) {
  stored_.stop_latched = true;
  motor_.off(now_, cause);
}

bool Ball::handle_out(std::span<const std::byte> bytes) {
  if (stalls(protocol::kEndpointOut)) return false;
  const auto command = protocol::decode_motor_command(bytes);
  if (!command) {
    command_error_ = true;
    ++rejected_commands_;
    motor_.off(now_, MotorCause::kBadCommand);
    return true;
  }
  command_error_ = false;
  ttl_expired_ = false;
  if (!motor_held()) motor_.run(now_, *command);
  return true;
}

// ---- Reports ------------------------------------------------------------------------------------------------------

std::optional<Packet> Ball::next_report() {
  if (stalls(protocol::kEndpointIn) || suspended_) return std::nullopt;
  protocol::Report report;
  if (!fifo_.pop_into(report, readings_per_report(rate_hz_, config_.clock_speed))) return std::nullopt;

  const auto readings = std::span(report.raw).first(report.count);
  const bool at_rail = std::ranges::any_of(
      readings, [](std::int32_t raw) { return raw == protocol::kRawMax || raw == protocol::kRawMin; });
  report.flags = flags() | bit(ReportFlag::kSaturated, at_rail) |
                 bit(ReportFlag::kFirstAfterReset, std::exchange(first_report_, false));
  report.motor_level = motor_.applied().value;
  report.temperature_c = static_cast<std::int8_t>(std::clamp(std::lround(thermal_.celsius()), -128L, 127L));

  Packet packet;
  packet.size = protocol::encode_report(report, packet.bytes);
  if (garble_next_ > 0) {
    --garble_next_;
    for (std::byte& b : std::span(packet.bytes).first(packet.size)) b ^= std::byte{0xA5};
  }
  return packet;
}

std::uint16_t Ball::flags() const noexcept {
  return bit(ReportFlag::kButton, button_) | bit(ReportFlag::kMotorOn, motor_.applied() > Level{}) |
         bit(ReportFlag::kStopLatched, stored_.stop_latched) |
         bit(ReportFlag::kUncalibrated, !stored_.calibration.calibrated) |
         bit(ReportFlag::kOverTemperature, thermal_.too_hot()) | bit(ReportFlag::kSensorFault, sensor_.faulty()) |
         bit(ReportFlag::kTtlExpired, ttl_expired_) | bit(ReportFlag::kCommandError, command_error_);
}

// ---- Bus states ---------------------------------------------------------------------------------------------------

bool Ball::stalls(std::uint8_t endpoint) const noexcept {
  return !configured() || (endpoint == protocol::kEndpointIn ? halted_in_ : halted_out_);
}

/// The readings that wait are old news to a host that begins to listen now.
void Ball::restart_stream() noexcept {
  fifo_.clear();
  halted_in_ = false;
  halted_out_ = false;
}

void Ball::bus_reset() {
  if (!powered_) return;
  motor_.off(now_, MotorCause::kBusReset);
  configuration_ = 0;
  suspended_ = false;
  restart_stream();
}

void Ball::suspend() {
  if (!powered_) return;
  motor_.off(now_, MotorCause::kSuspend);
  suspended_ = true;
}

void Ball::resume() {
  suspended_ = false;
  fifo_.clear();
}

void Ball::unplug() {
  if (!powered_) return;
  motor_.off(now_, MotorCause::kPowerOff);
  motor_.new_boot();
  powered_ = false;
}

void Ball::plug_in() {
  powered_ = true;
  suspended_ = false;
  configuration_ = 0;
  restart_stream();
  now_ = DeviceTime{};
  next_seq_ = 0;
  first_report_ = true;
  ttl_expired_ = false;
  command_error_ = false;
  button_ = false;
  rejected_commands_ = 0;
  dropped_readings_ = 0;
  ttl_expiries_ = 0;
  thermal_.restart_clock();
  next_thermal_at_ = DeviceTime{};
  static_cast<void>(set_rate(config_.rate_hz));  // checked by create()
}

// ---- Stored and reported ------------------------------------------------------------------------------------------

bool Ball::set_rate(std::uint16_t rate_hz) {
  if (!is_rate(rate_hz) || readings_per_report(rate_hz, config_.clock_speed) > protocol::kMaxReadings) return false;
  rate_hz_ = rate_hz;
  next_reading_at_ = now_ + std::chrono::microseconds(period_us(rate_hz));
  recent_.restart(tare_readings(rate_hz));
  return true;
}

bool Ball::tare() {
  const auto mean = recent_.steady_mean(kTareSteadiness.value * config_.sensor.counts_per_newton);
  if (!mean) return false;
  stored_.calibration.tare_raw = *mean;
  return true;
}

protocol::Info Ball::info() const noexcept {
  std::uint16_t max_rate = kMaxRateHz;
  while (max_rate > 1000 && (!is_rate(max_rate) || readings_per_report(max_rate, config_.clock_speed) > 12)) --max_rate;
  protocol::Info i;
  i.firmware = kFirmwareBcd;
  i.max_rate_hz = max_rate;
  i.rate_hz = rate_hz_;
  i.contact_area_mm2 = config_.contact_area_mm2;
  i.motor_default_hz = Motor::kDefaultHz;
  i.motor_ceiling = config_.motor_ceiling.value;
  i.temperature_limit_c = static_cast<std::int8_t>(Thermal::kLimitC);
  i.full_scale_n = config_.sensor.full_scale_n;
  return i;
}

protocol::Status Ball::status() const noexcept {
  return {.flags = flags(),
          .rejected_commands = rejected_commands_,
          .dropped_readings = dropped_readings_,
          .ttl_expiries = ttl_expiries_,
          .uptime_us = static_cast<std::uint64_t>(now_.time_since_epoch().count())};
}

// ---- Control requests ---------------------------------------------------------------------------------------------

ControlReply Ball::handle_control(const SetupPacket& setup, std::span<const std::byte> data) {
  if (!powered_) return ControlReply::stall();
  constexpr unsigned kTypeMask = 0x60;
  constexpr unsigned kStandard = 0x00;
  constexpr unsigned kVendor = 0x40;

  std::optional<ControlReply> answer;
  switch (setup.request_type & kTypeMask) {
    case kStandard:
      answer = standard_request(setup);
      break;
    case kVendor:
      answer = vendor_request(setup, data);
      break;
    default:
      break;
  }
  if (!answer) return ControlReply::stall();
  if (answer->data.size() > setup.length) answer->data.resize(setup.length);
  return std::move(*answer);
}

std::optional<ControlReply> Ball::standard_request(const SetupPacket& setup) {
  enum : std::uint8_t {  // USB 2.0, table 9-4
    kGetStatus = 0,
    kGetDescriptor = 6,
    kGetConfiguration = 8,
    kSetConfiguration = 9,
    kGetInterface = 10,
    kSetInterface = 11,
  };
  // bmRequestType and bRequest together say what is asked for, of whom.
  const auto is = [&](unsigned type, std::uint8_t request) {
    return setup.request_type == type && setup.request == request;
  };
  if (is(0x80, kGetStatus)) return reply_u16(0);  // bus powered, no remote wake-up
  if (is(0x80, kGetDescriptor)) {
    auto bytes = descriptor(setup.value);
    if (!bytes) return std::nullopt;
    return ControlReply{.data = std::move(*bytes)};
  }
  if (is(0x80, kGetConfiguration)) return ControlReply{.data = {std::byte{configuration_}}};
  if (is(0x00, kSetConfiguration)) {
    if (setup.value > 1) return std::nullopt;
    motor_.off(now_, MotorCause::kConfiguration);
    configuration_ = static_cast<std::uint8_t>(setup.value);
    restart_stream();
    return ControlReply{};
  }

  if (!configured()) return std::nullopt;
  const bool ours = setup.index == protocol::kInterface;
  if (is(0x81, kGetStatus) && ours) return reply_u16(0);
  if (is(0x81, kGetInterface) && ours) return ControlReply{.data = {std::byte{0}}};
  if (is(0x01, kSetInterface) && ours && setup.value == 0) {
    motor_.off(now_, MotorCause::kConfiguration);
    restart_stream();
    return ControlReply{};
  }
  return endpoint_request(setup);
}

std::optional<ControlReply> Ball::endpoint_request(const SetupPacket& setup) {
  enum : std::uint8_t { kGetStatus = 0, kClearFeature = 1, kSetFeature = 3 };
  constexpr std::uint16_t kEndpointHalt = 0;

  if (setup.index != protocol::kEndpointIn && setup.index != protocol::kEndpointOut) return std::nullopt;
  bool& halted = setup.index == protocol::kEndpointIn ? halted_in_ : halted_out_;
  if (setup.request_type == 0x82 && setup.request == kGetStatus) return reply_u16(halted ? 1 : 0);
  if (setup.request_type != 0x02 || setup.value != kEndpointHalt) return std::nullopt;
  if (setup.request == kSetFeature) {
    halted = true;
    return ControlReply{};
  }
  if (setup.request == kClearFeature) {
    halted = false;
    if (setup.index == protocol::kEndpointIn) fifo_.clear();
    return ControlReply{};
  }
  return std::nullopt;
}

std::optional<std::vector<std::byte>> Ball::descriptor(std::uint16_t value) const {
  enum : std::uint8_t { kDevice = 1, kConfiguration = 2, kString = 3, kBos = 15 };
  const auto copy = [](std::span<const std::byte> bytes) { return std::vector(bytes.begin(), bytes.end()); };
  const auto index = static_cast<std::uint8_t>(value & 0xFFU);
  switch (value >> 8U) {
    case kDevice:
      return index == 0 ? std::optional(copy(device_descriptor())) : std::nullopt;
    case kConfiguration:
      return index == 0 ? std::optional(copy(configuration_descriptor())) : std::nullopt;
    case kBos:
      return index == 0 ? std::optional(copy(bos_descriptor())) : std::nullopt;
    case kString: {
      auto bytes = string_descriptor(index, config_.serial);
      return bytes.empty() ? std::nullopt : std::optional(std::move(bytes));
    }
    default:
      return std::nullopt;
  }
}

std::optional<ControlReply> Ball::vendor_request(const SetupPacket& setup, std::span<const std::byte> data) {
  constexpr std::uint8_t kVendorDeviceIn = 0xC0;
  constexpr std::uint16_t kMsOs20Index = 7;
  const auto request = static_cast<Request>(setup.request);

  if (setup.request_type == kVendorDeviceIn) {
    if (request != Request::kMsOs20 || setup.index != kMsOs20Index) return std::nullopt;
    return reply(ms_os_20_descriptor_set());
  }
  if (!configured() || setup.index != protocol::kInterface) return std::nullopt;

  if (setup.request_type == kVendorInterfaceIn) {
    switch (request) {
      case Request::kGetInfo:
        return reply(info(), &protocol::encode_info);
      case Request::kGetCalibration:
        return reply(stored_.calibration, &protocol::encode_calibration);
      case Request::kGetStatus:
        return reply(status(), &protocol::encode_status);
      default:
        return std::nullopt;
    }
  }
  if (setup.request_type != kVendorInterfaceOut) return std::nullopt;

  bool done = false;
  switch (request) {
    case Request::kStop:  // whatever else the packet holds: nothing may keep a STOP from working
      latch_stop(MotorCause::kStop);
      done = true;
      break;
    case Request::kClearStop:
      done = setup.value == protocol::kClearStopMagic && !button_;
      if (done) stored_.stop_latched = false;
      break;
    case Request::kSetCalibration:
      if (const auto calibration = protocol::decode_calibration(data)) {
        stored_.calibration = *calibration;
        done = true;
      }
      break;
    case Request::kTare:
      done = tare();
      break;
    case Request::kSetRate:
      done = set_rate(setup.value);
      break;
    default:
      break;
  }
  if (!done) return std::nullopt;
  return ControlReply{};
}

// ---- Faults, for tests --------------------------------------------------------------------------------------------

void Ball::inject(SensorFault fault) {
  sensor_.inject(fault);
  hold_motor_on_faults();
}

void Ball::inject_temperature(std::optional<double> celsius) {
  thermal_.hold(celsius);
  hold_motor_on_faults();
}

}  // namespace knead::ball
