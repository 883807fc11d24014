// SPDX-License-Identifier: Apache-2.0
#include "hw/sim/sim_bus.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "hw/protocol/codec.hpp"

namespace knead::hw {
namespace {

using namespace std::chrono_literals;
using ball::MotorCause;
using ball::PersonCue;
using protocol::Report;
using protocol::Request;

constexpr HostTime kStart{std::chrono::hours(7)};  // any

struct RecordingSink final : ReportSink {
  std::vector<Report> reports;
  unsigned refused = 0;
  unsigned errors = 0;
  unsigned gone = 0;
  std::function<void(const Report&)> then = [](const Report&) {};

  void on_report(std::span<const std::byte> bytes, HostTime /*arrived*/) noexcept override {
    EXPECT_EQ(gone, 0U) << "after the last call";
    const auto report = protocol::decode_report(bytes);
    if (!report) {
      ++refused;
      return;
    }
    reports.push_back(*report);
    then(*report);
  }
  void on_transfer_error(HostTime /*when*/) noexcept override { ++errors; }
  void on_gone(HostTime /*when*/) noexcept override { ++gone; }

  [[nodiscard]] std::uint32_t readings() const {
    std::uint32_t n = 0;
    for (const Report& report : reports) n += report.count;
    return n;
  }
};

struct RecordingEvents final : BusEvents {
  std::vector<BallInfo> arrived;
  std::vector<BallId> left;
  void on_arrived(BallInfo ball) override { arrived.push_back(std::move(ball)); }
  void on_left(BallId ball) override { left.push_back(ball); }
};

SimBallConfig simulated(std::string serial, std::string_view person = "steady", double speed = 1.0) {
  return {.ball = {.serial = std::move(serial), .clock_speed = speed}, .person = ball::make_person(person, 1).value()};
}
std::vector<SimBallConfig> list(SimBallConfig a) {
  std::vector<SimBallConfig> balls;
  balls.push_back(std::move(a));
  return balls;
}

/// A bus on a clock that the test moves; run_once never waits on it.
class Lab {
 public:
  explicit Lab(std::vector<SimBallConfig> balls)
      : bus(SimBus::create(std::move(balls), [this] { return now.load(); }).value()) {
    EXPECT_TRUE(bus->start(events));
    bus->run_once(now);
  }
  explicit Lab(SimBallConfig one) : Lab(list(std::move(one))) {}

  std::atomic<HostTime> now{kStart};
  RecordingEvents events;
  std::unique_ptr<SimBus> bus;

  std::unique_ptr<Link> open_newest() { return bus->open(events.arrived.back().id).value(); }
  /// Lets time go by in steps of a millisecond, as a sampling thread that keeps up would see it.
  void run(std::chrono::milliseconds t) {
    for (auto i = 0ms; i < t; ++i) {
      now = now.load() + 1ms;
      bus->run_once(now);
    }
  }
};

TEST(SimBus, AnnouncesEachBallWithItsSerial) {
  std::vector<SimBallConfig> balls;
  balls.push_back(simulated("left"));
  balls.push_back(simulated("right"));
  Lab lab(std::move(balls));
  ASSERT_EQ(lab.events.arrived.size(), 2U);
  EXPECT_EQ(lab.events.arrived[0].serial, "left");
  EXPECT_EQ(lab.events.arrived[1].serial, "right");
  EXPECT_NE(lab.events.arrived[0].id, lab.events.arrived[1].id);
}

TEST(SimBus, StreamsEveryReadingInOrderAtAThousandReportsASecond) {
  Lab lab(simulated("A"));
  lab.run(500ms);
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  lab.run(1000ms);
  EXPECT_EQ(sink.reports.size(), 1000U);
  EXPECT_EQ(sink.reports.front().seq, 500U) << "nothing from before it listened";
  std::uint32_t next = 500;
  for (const Report& report : sink.reports) {
    EXPECT_EQ(report.seq, next);
    next += report.count;
  }
}

TEST(SimBus, CarriesTenTimesThePaceInTheSameNumberOfReports) {
  Lab lab(simulated("A", "steady", 10.0));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  lab.run(1000ms);
  EXPECT_LE(sink.reports.size(), 1000U);
  EXPECT_EQ(sink.readings(), 10000U);
}

TEST(SimBus, KeepsBallsApart) {
  std::vector<SimBallConfig> balls;
  balls.push_back(simulated("left", "never-touches"));
  balls.push_back(simulated("right", "steady"));
  Lab lab(std::move(balls));
  RecordingSink left_sink;
  RecordingSink right_sink;
  const auto left = lab.bus->open(lab.events.arrived[0].id).value();
  const auto right = lab.bus->open(lab.events.arrived[1].id).value();
  ASSERT_TRUE(left->start(left_sink));
  ASSERT_TRUE(right->start(right_sink));
  lab.run(4s);
  EXPECT_LT(left_sink.reports.back().raw[0], 100000);
  EXPECT_GT(right_sink.reports.back().raw[0], 400000);
  EXPECT_TRUE(right->submit({.level = Level{50}, .ttl_ms = 100}));
  EXPECT_EQ(lab.bus->motor_trace("left").value().size(), 0U);
  EXPECT_EQ(lab.bus->motor_trace("right").value().size(), 1U);
}

TEST(SimBus, DropsWhatAStalledThreadDidNotFetchAndPretendsNothing) {
  Lab lab(simulated("A"));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  lab.run(100ms);
  const auto before = sink.reports.back();
  lab.now = lab.now.load() + 2s;  // the sampling thread stands still
  lab.run(50ms);
  const auto& first_after = sink.reports[100];
  EXPECT_EQ(before.seq, 99U);
  EXPECT_EQ(first_after.seq, 2101U - 256U) << "a hole in the sequence";
  EXPECT_EQ(sink.reports.back().seq + sink.reports.back().count, 2150U) << "and it has caught up";
}

TEST(SimBus, RunsTheMotorByEncodedCommandsAndStopsItByTheBallsOwnClock) {
  Lab lab(simulated("A"));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  ASSERT_TRUE(link->submit({.level = Level{128}, .ttl_ms = 300}));
  lab.run(1ms);
  EXPECT_EQ(sink.reports.back().motor_level, 128);
  lab.now = lab.now.load() + 10s;  // nobody runs anything
  const auto trace = lab.bus->motor_trace("A").value();
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[1].change.cause, MotorCause::kTtlExpired);
  EXPECT_EQ(trace[1].when, kStart + 300ms);
}

TEST(SimBus, LatchesAnEmergencyStopInTheBall) {
  Lab lab(simulated("A"));
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->submit({.level = Level{128}, .ttl_ms = 300}));
  link->emergency_stop();
  EXPECT_EQ(lab.bus->motor_trace("A").value().back().change.cause, MotorCause::kStop);
  ASSERT_TRUE(link->submit({.level = Level{128}, .ttl_ms = 300}));
  EXPECT_EQ(lab.bus->motor_trace("A").value().back().change.level, Level{});
  EXPECT_TRUE(link->control_out(Request::kClearStop, protocol::kClearStopMagic, {}, 1s));
}

TEST(SimBus, PassesControlRequestsAndTellsARefusal) {
  Lab lab(simulated("A"));
  const auto link = lab.open_newest();
  std::array<std::byte, protocol::kInfoSize> bytes{};
  ASSERT_EQ(link->control_in(Request::kGetInfo, 0, bytes, 1s).value(), protocol::kInfoSize);
  EXPECT_EQ(protocol::decode_info(bytes).value().rate_hz, 1000);
  const auto refused = link->control_out(Request::kSetRate, 1001, {}, 1s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused);
}

TEST(SimBus, ReportsFailedTransfersAndTheHoleTheyLeave) {
  Lab lab(simulated("A"));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  lab.run(10ms);
  ASSERT_TRUE(lab.bus->fail_transfers("A", 2));
  lab.run(10ms);
  EXPECT_EQ(sink.errors, 2U);
  EXPECT_EQ(sink.reports.size(), 18U);
  EXPECT_EQ(sink.reports[10].seq, 12U);
}

TEST(SimBus, DeliversGarbageAsItCame) {
  Lab lab(simulated("A"));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  ASSERT_TRUE(lab.bus->with_ball("A", [](ball::PacedBall& ball) { ball.ball().garble_reports(3); }));
  lab.run(10ms);
  EXPECT_EQ(sink.refused, 3U);
  EXPECT_EQ(sink.reports.size(), 7U);
}

// ---- Plugs --------------------------------------------------------------------------------------------------------

TEST(R5SimBus, TellsOfAPulledCableOnceAndOfANewBallAfterwards) {
  Lab lab(simulated("A"));
  RecordingSink sink;
  auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  lab.run(10ms);
  ASSERT_TRUE(lab.bus->set_plugged("A", false));
  EXPECT_FALSE(link->submit({}));
  lab.run(10ms);
  EXPECT_EQ(sink.gone, 1U);
  EXPECT_EQ(lab.events.left, std::vector{lab.events.arrived[0].id});
  EXPECT_EQ(link->control_out(Request::kStop, 0, {}, 1s).error().code, Errc::kDisconnected);

  ASSERT_TRUE(lab.bus->set_plugged("A", true));
  lab.run(10ms);
  ASSERT_EQ(lab.events.arrived.size(), 2U);
  EXPECT_EQ(lab.events.arrived[1].serial, "A");
  EXPECT_NE(lab.events.arrived[1].id, lab.events.arrived[0].id);
  EXPECT_FALSE(link->submit({})) << "the old link stays dead";

  RecordingSink second;
  const auto again = lab.open_newest();
  ASSERT_TRUE(again->start(second));
  link.reset();  // the late end of the first link does not end the second
  lab.run(10ms);
  EXPECT_EQ(second.reports.size(), 10U);
}

TEST(R5SimBus, NoticesACableThatWasOutForAMomentOnly) {
  Lab lab(simulated("A"));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  lab.run(10ms);
  ASSERT_TRUE(lab.bus->set_plugged("A", false));
  ASSERT_TRUE(lab.bus->set_plugged("A", true));
  lab.run(10ms);
  EXPECT_EQ(sink.gone, 1U);
  EXPECT_EQ(sink.reports.size(), 10U) << "none of the new ball's reports reach the old link";
  EXPECT_EQ(lab.events.left.size(), 1U);
  EXPECT_EQ(lab.events.arrived.size(), 2U);
}

TEST(R5SimBus, KeepsANewBallsReportsFromTheOldLinkThoughTheCableMovesInTheMiddleOfADelivery) {
  Lab lab(simulated("A"));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  sink.then = [&](const Report& report) {
    if (report.seq != 9) return;
    EXPECT_TRUE(lab.bus->set_plugged("A", false));
    EXPECT_TRUE(lab.bus->set_plugged("A", true));
    lab.now = lab.now.load() + 5ms;  // the new ball has readings already
  };
  lab.run(20ms);
  EXPECT_EQ(sink.reports.size(), 10U);
  EXPECT_EQ(sink.gone, 1U);
}

TEST(R1SimBus, HasTheMotorOffWhenTheCableIsPulled) {
  Lab lab(simulated("A"));
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->submit({.level = Level{128}, .ttl_ms = 500}));
  ASSERT_TRUE(lab.bus->set_plugged("A", false));
  EXPECT_EQ(lab.bus->motor_trace("A").value().back().change.cause, MotorCause::kPowerOff);
}

// ---- Opening ------------------------------------------------------------------------------------------------------

TEST(SimBus, IsOpenedByOneAtATime) {
  Lab lab(simulated("A"));
  auto link = lab.open_newest();
  const auto second = lab.bus->open(lab.events.arrived[0].id);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy);
  link.reset();
  EXPECT_TRUE(lab.bus->open(lab.events.arrived[0].id));
}

TEST(SimBus, HasNoBallOfAnIdThatWentAway) {
  Lab lab(simulated("A"));
  ASSERT_TRUE(lab.bus->set_plugged("A", false));
  EXPECT_EQ(lab.bus->open(lab.events.arrived[0].id).error().code, Errc::kNoBall);
  EXPECT_EQ(lab.bus->set_plugged("B", false).error().code, Errc::kNoBall);
}

TEST(SimBus, RefusesTwoBallsOfOneSerialAndImpossiblePaces) {
  std::vector<SimBallConfig> twins;
  twins.push_back(simulated("A"));
  twins.push_back(simulated("A"));
  EXPECT_EQ(SimBus::create(std::move(twins)).error().code, Errc::kInvalidInput);
  EXPECT_EQ(SimBus::create(list(simulated("A", "steady", 13.0))).error().code, Errc::kInvalidInput);
}

TEST(SimBus, LetsThePersonHearCues) {
  Lab lab(simulated("A", "compliant"));
  RecordingSink sink;
  const auto link = lab.open_newest();
  ASSERT_TRUE(link->start(sink));
  ASSERT_TRUE(lab.bus->hear("A", PersonCue::kLetGo));
  lab.run(5s);
  EXPECT_LT(sink.reports.back().raw[0], 100000) << "told before it would have pressed from memory";
  ASSERT_TRUE(lab.bus->hear("A", PersonCue::kPress));
  lab.run(5s);
  EXPECT_GT(sink.reports.back().raw[0], 400000);
  EXPECT_EQ(lab.bus->hear("nobody", PersonCue::kPress).error().code, Errc::kNoBall);
}

// ---- Threads, on the real clock -----------------------------------------------------------------------------------

TEST(SimBusThreads, WaitForReportsAndWakeWhenToldFromAnotherThread) {
  const auto bus = SimBus::create(list(simulated("A", "steady", 2.0))).value();
  RecordingEvents events;
  ASSERT_TRUE(bus->start(events));
  bus->run_once(HostClock::now());
  ASSERT_EQ(events.arrived.size(), 1U);

  std::atomic<std::uint32_t> readings{0};
  std::atomic<bool> end{false};
  std::atomic<bool> pulling{false};  // set before the cable is pulled: from then on a refusal is right
  RecordingSink sink;
  auto link = bus->open(events.arrived[0].id).value();
  sink.then = [&](const Report& report) {
    readings += report.count;
    const bool taken = link->submit({.level = Level{10}, .ttl_ms = 100});
    EXPECT_TRUE(taken || pulling) << "from within a callback";
  };
  ASSERT_TRUE(link->start(sink));
  std::thread sampling([&] {
    while (!end) bus->run_once(HostClock::now() + 1h);  // only a report, an event or wake() ends it
  });
  const HostTime patience = HostClock::now() + 60s;
  while (readings < 200 && HostClock::now() < patience) {
    EXPECT_TRUE(bus->hear("A", PersonCue::kHold));
    EXPECT_TRUE(bus->motor_trace("A"));
    std::this_thread::yield();
  }
  EXPECT_GE(readings, 200U);
  pulling = true;
  ASSERT_TRUE(bus->set_plugged("A", false));
  end = true;
  bus->wake();
  sampling.join();
  link.reset();
}

TEST(SimBusThreads, CloseALinkWhileReportsArriveAndNeverCallItsSinkAgain) {
  const auto bus = SimBus::create(list(simulated("A"))).value();
  RecordingEvents events;
  ASSERT_TRUE(bus->start(events));
  bus->run_once(HostClock::now());
  std::atomic<bool> end{false};
  std::thread sampling([&] {
    while (!end) bus->run_once(HostClock::now() + 1h);
  });
  for (int i = 0; i < 20; ++i) {
    auto sink = std::make_unique<RecordingSink>();
    std::atomic<bool> some{false};
    sink->then = [&](const Report&) { some = true; };
    auto link = bus->open(events.arrived[0].id).value();
    ASSERT_TRUE(link->start(*sink));
    const HostTime patience = HostClock::now() + 60s;
    while (!some && HostClock::now() < patience) std::this_thread::yield();
    EXPECT_TRUE(some);
    link.reset();
    sink.reset();  // the sanitizers see a call after this
  }
  end = true;
  bus->wake();
  sampling.join();
}

}  // namespace
}  // namespace knead::hw
