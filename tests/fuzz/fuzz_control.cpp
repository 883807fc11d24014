// SPDX-License-Identifier: Apache-2.0
// A whole life of a ball: any control requests and packets, resets, presses and faults, in any order. The motor is
// watched after each step by rules that stand here once more, on purpose without the ball's own (hw/PROTOCOL.md,
// sections 3 to 8): only a good command starts it, never past its TTL, never above the ceiling, never while a hold is
// in force.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "hw/ball/ball.hpp"
#include "hw/protocol/codec.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using namespace std::chrono_literals;
using fuzz::must;

namespace {

/// Enough for several TTLs and a long press of the button; more only makes a run slow.
constexpr std::chrono::microseconds kLongestLife = 4s;
constexpr Level kCeiling{150};

struct Hand final : ball::Touch {
  Newtons pressure{};
  bool down = false;
  Newtons force(DeviceTime /*t*/) override { return pressure; }
  bool button(DeviceTime /*t*/) override { return down; }
};

class Life {
 public:
  void step(fuzz::Input& input);

 private:
  // Steps of the story.
  void control(const ball::SetupPacket& setup, std::span<const std::byte> data);
  void calibrate(fuzz::Input& input);
  void packet(std::span<const std::byte> bytes);
  void command(fuzz::Input& input);
  void live(std::chrono::microseconds time);
  void fetch();
  void bus(std::uint8_t what);
  void hurt(fuzz::Input& input);

  // What must hold.
  void motor_may_run(bool may_start);
  void is_answered_soundly(const ball::SetupPacket& setup, const ball::ControlReply& reply) const;

  ball::Ball ball_ = ball::Ball::create({.motor_ceiling = kCeiling}).value();
  Hand hand_;
  std::chrono::microseconds lived_{};
  DeviceTime until_{};  ///< of the last good command
  std::size_t changes_ = 0;
  std::optional<std::uint32_t> last_seq_;
  bool first_report_ = true;
  bool suspended_ = false;
  bool stop_latched_ = false;
  bool faulty_ = false;
  bool hot_ = false;
  std::uint32_t garbled_ = 0;
};

/// @p may_start: this step was a motor command.
void Life::motor_may_run(bool may_start) {
  const ball::Motor& motor = ball_.motor();
  for (; changes_ < motor.trace().size(); ++changes_) {
    const ball::MotorChange& change = motor.trace()[changes_];
    must(change.at <= until_, "R1: the motor never runs past its TTL");
    must(change.level == Level{} || may_start, "only a motor command starts the motor");
    must(change.level <= kCeiling, "the motor keeps below the ceiling");
  }
  if (motor.applied() == Level{}) {
    must(motor.deadline() == DeviceTime::max(), "a motor that is off has no deadline");
    return;
  }
  must(motor.applied() <= kCeiling, "the motor keeps below the ceiling");
  must(ball_.now() < until_, "R1: the motor never runs past its TTL");
  must(motor.deadline() == until_ && until_ - ball_.now() <= 500ms, "R1: the motor stops within 500 ms");
  must(ball_.configured(), "a ball that nobody configured is still");
  must(!ball_.stop_latched(), "R3: STOP holds the motor");
  must(!suspended_ && !faulty_ && !hot_, "sleep, a broken sensor and heat hold the motor");
}

void Life::is_answered_soundly(const ball::SetupPacket& setup, const ball::ControlReply& reply) const {
  must(reply.data.size() <= setup.length, "no answer is longer than asked for");
  must(!reply.stalled || reply.data.empty(), "a stall has no data");
  if (reply.stalled || setup.request_type != ball::kVendorInterfaceIn || reply.data.size() < 32) return;
  switch (static_cast<protocol::Request>(setup.request)) {
    case protocol::Request::kGetInfo:
      must(protocol::decode_info(reply.data) == ball_.info(), "the host reads the ball's Info");
      break;
    case protocol::Request::kGetCalibration:
      must(protocol::decode_calibration(reply.data) == ball_.calibration(), "the host reads the ball's Calibration");
      break;
    case protocol::Request::kGetStatus:
      must(protocol::decode_status(reply.data) == ball_.status(), "the host reads the ball's Status");
      break;
    default:
      must(false, "the other requests have no data");
  }
}

void Life::control(const ball::SetupPacket& setup, std::span<const std::byte> data) {
  const bool configured = ball_.configured();
  const bool vendor = setup.request_type == ball::kVendorInterfaceOut && setup.index == protocol::kInterface;
  const auto request = static_cast<protocol::Request>(setup.request);
  const Level level = ball_.motor().applied();
  const auto calibration = ball_.calibration();
  const auto rate = ball_.rate_hz();

  const ball::ControlReply reply = ball_.handle_control(setup, data);
  is_answered_soundly(setup, reply);
  if (reply.stalled) {
    must(ball_.motor().applied() == level, "a stall leaves the motor alone");
    must(ball_.calibration() == calibration && ball_.rate_hz() == rate, "a stall changes nothing");
  }
  if (vendor && configured && request == protocol::Request::kStop) {
    must(!reply.stalled && ball_.stop_latched(), "R3: nothing keeps a STOP from working");
    must(ball_.motor().applied() == Level{}, "R3: STOP stops at once");
    stop_latched_ = true;
  }
  if (vendor && request == protocol::Request::kClearStop && !reply.stalled) {
    must(setup.value == protocol::kClearStopMagic, "R3: STOP is cleared on purpose only");
    stop_latched_ = false;
  }
  must(1'000'000 % ball_.rate_hz() == 0 && ball_.rate_hz() >= 1000 && ball_.rate_hz() <= 8000, "a rate is possible");
}

/// A fuzzer does not guess a CRC.
void Life::calibrate(fuzz::Input& input) {
  protocol::Calibration calibration{.calibrated = (input.u8() & 1U) != 0};
  for (std::int32_t* field : {&calibration.point_a_raw, &calibration.point_a_mn, &calibration.point_b_raw,
                              &calibration.point_b_mn, &calibration.tare_raw, &calibration.reference_raw})
    *field = input.i32();
  std::array<std::byte, protocol::kCalibrationSize> bytes{};
  protocol::encode_calibration(calibration, bytes);
  control({.request_type = ball::kVendorInterfaceOut,
           .request = static_cast<std::uint8_t>(protocol::Request::kSetCalibration),
           .length = protocol::kCalibrationSize},
          bytes);
}

void Life::packet(std::span<const std::byte> bytes) {
  const Level before = ball_.motor().applied();
  const bool taken = ball_.handle_out(bytes);
  must(taken || ball_.motor().applied() == before, "a stall leaves the motor alone");
  const auto command = protocol::decode_motor_command(bytes);
  if (taken && !command) must(ball_.motor().applied() == Level{}, "a malformed command stops the motor");
  if (taken && command && command->level > Level{}) until_ = ball_.now() + std::chrono::milliseconds(command->ttl_ms);
}

void Life::command(fuzz::Input& input) {
  std::array<std::byte, protocol::kMotorCommandSize> bytes{};
  const Level level{input.u8()};
  protocol::encode_motor_command({.level = level, .ttl_ms = input.u16()}, bytes);
  packet(bytes);
}

void Life::live(std::chrono::microseconds time) {
  if (lived_ + time > kLongestLife) return;
  lived_ += time;
  const DeviceTime to = ball_.now() + time;
  ball_.advance(to, hand_);
  must(!ball_.powered() || ball_.now() == to, "a ball's clock runs on");
  must(!hand_.down || time < 1ms || ball_.motor().applied() == Level{}, "the button holds the motor");
}

void Life::fetch() {
  while (const auto packet = ball_.next_report()) {
    const bool first = std::exchange(first_report_, false);
    if (garbled_ > 0) {
      --garbled_;
      continue;
    }
    const auto report = protocol::decode_report(packet->view());
    must(report.has_value(), "a ball sends good reports");
    must(!last_seq_ || report->seq > *last_seq_, "the ball never repeats or reorders a reading");
    must(report->has(protocol::ReportFlag::kFirstAfterReset) == first, "a new start is told once");
    last_seq_ = report->seq + report->count - 1U;
    must(Level{report->motor_level} == ball_.motor().applied(), "a report tells the level that is applied");
    must(report->has(protocol::ReportFlag::kMotorOn) == (report->motor_level > 0), "a report tells the motor");
    must(report->has(protocol::ReportFlag::kStopLatched) == ball_.stop_latched(), "a report tells STOP");
    must(report->has(protocol::ReportFlag::kUncalibrated) != ball_.calibration().calibrated, "a report tells that");
  }
}

void Life::bus(std::uint8_t what) {
  switch (what % 5) {
    case 0:
      ball_.bus_reset();
      suspended_ = suspended_ && !ball_.powered();
      break;
    case 1:
      ball_.suspend();
      suspended_ = ball_.powered();
      break;
    case 2:
      ball_.resume();
      suspended_ = false;
      return;  // waking up needs no stop: the motor is off already
    case 3:
      ball_.unplug();
      break;
    default:
      if (ball_.powered()) return;
      ball_.plug_in();
      suspended_ = false;
      last_seq_.reset();
      first_report_ = true;
      until_ = DeviceTime{};
  }
  must(ball_.motor().applied() == Level{}, "whatever happens on the bus stops the motor");
}

void Life::hurt(fuzz::Input& input) {
  const std::uint8_t how = input.u8();
  switch (how % 4) {
    case 0: {
      const auto fault = static_cast<ball::SensorFault>(input.u8() % 5);
      ball_.inject(fault);
      faulty_ = fault == ball::SensorFault::kOpen || fault == ball::SensorFault::kShorted;
      break;
    }
    case 1:
      hot_ = (how & 4U) != 0;
      ball_.inject_temperature(hot_ ? 60.0 : 24.0);
      break;
    case 2:
      ball_.drop_readings(input.u8());
      break;
    default:
      ++garbled_;
      ball_.garble_reports(1);
  }
}

void Life::step(fuzz::Input& input) {
  bool may_start = false;
  switch (input.u8() % 10) {
    case 0:
    case 1: {
      std::array<std::byte, ball::SetupPacket::kSize> setup{};
      std::ranges::copy(input.take(setup.size()), setup.begin());
      control(ball::SetupPacket::parse(setup), input.take(input.u8() % 65));
      break;
    }
    case 2:
      calibrate(input);
      break;
    case 3:
      packet(input.take(input.u8() % 65));
      may_start = true;
      break;
    case 4:
      command(input);
      may_start = true;
      break;
    case 5:
      live(std::chrono::microseconds(input.u16()) * 16);  // up to 1 s
      break;
    case 6:
      fetch();
      break;
    case 7:
      bus(input.u8());
      break;
    case 8:
      hand_.pressure = {input.u16() / 100.0};
      hand_.down = (input.u8() & 1U) != 0;
      break;
    default:
      hurt(input);
  }
  motor_may_run(may_start);
  must(!stop_latched_ || ball_.stop_latched(), "R3: STOP stays until it is cleared");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Life life;
  while (!input.empty()) life.step(input);
  return 0;
}
