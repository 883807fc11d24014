// SPDX-License-Identifier: Apache-2.0
// The one interface behind which the daemon reaches balls: libusb (hw/usb) and the in-process ball (hw/sim) implement
// it, and the daemon does not know which of them it talks to.
//
//   main thread                         sampling thread
//   -----------                         ---------------
//   Bus::start(events)                  loop { Bus::run_once(2 ms); every sampler looks for silence }
//        ◀── BusEvents::on_arrived ──   (hotplug; also for balls present at start; or from a thread of the bus)
//   Bus::open(id)  ──▶ Link
//   Link::control(...)  (blocks)
//   Link::start(sink)                   ReportSink::on_report(bytes, host time)
//                                       Link::submit(command)
//        ◀── BusEvents::on_left ─────   ReportSink::on_gone()
//   ~Link
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::hw {

/// Identifies one arrival of one ball on a bus. A replugged ball gets a new one.
enum class BallId : std::uint64_t {};

struct BallInfo {
  BallId id{};
  std::string serial;      ///< tells balls apart; empty when it could not be read (access denied)
  std::string path;        ///< where it is, for people: "usb 1-2", "sim"
  Error problem{};         ///< why it cannot be opened, when serial is empty; context is empty when all is well
  bool simulated = false;  ///< it is in this process: nobody can press it but who was put there
};

/// Receives what a ball says. Implemented by the sampler. Called on the sampling thread only, never after ~Link or
/// after on_gone.
class ReportSink {
 public:
  virtual ~ReportSink() = default;
  /// One interrupt-IN packet, as it arrived. RT safe.
  virtual void on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept = 0;
  /// A transfer failed (stall, babble, CRC) and was submitted again. RT safe.
  virtual void on_transfer_error(HostTime when) noexcept = 0;
  /// The ball is gone or the link beyond repair: the last call. RT safe.
  virtual void on_gone(HostTime when) noexcept = 0;
};

/// An open, claimed ball. Destroying it cancels what is in flight, waits for it, and closes.
class Link {
 public:
  virtual ~Link() = default;
  /// Begins to stream into @p sink, which must outlive the link. Main thread. Once.
  virtual Result<> start(ReportSink& sink) = 0;
  /// Queues one motor command to the interrupt-OUT endpoint; a newer one replaces an older one that still waits.
  /// Sampling thread. RT safe: no wait, no lock, no allocation of ours. @return false when the ball is gone.
  virtual bool submit(const protocol::MotorCommand& command) noexcept = 0;
  /// STOP over the control pipe, latched in the ball, waiting for nobody. Any thread.
  virtual void emergency_stop() noexcept = 0;
  /// Vendor control request to the interface; blocks for at most @p timeout. Main thread only.
  /// @return bytes received. Errors: kRefused (the ball stalled it), kTimeout, kDisconnected.
  virtual Result<std::size_t> control_in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                         std::chrono::milliseconds timeout) = 0;
  virtual Result<> control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                               std::chrono::milliseconds timeout) = 0;
};

/// Arrivals and departures. Called on the sampling thread or on one of the bus's own, one call at a time for each ball;
/// implementations post to the main thread.
class BusEvents {
 public:
  virtual ~BusEvents() = default;
  virtual void on_arrived(BallInfo ball) = 0;
  virtual void on_left(BallId ball) = 0;
};

/// Where balls appear. One per daemon for libusb; one per daemon for all in-process balls.
class Bus {
 public:
  virtual ~Bus() = default;
  /// Before the sampling thread runs. @p events must outlive that thread, and end_events() be called before it ends.
  virtual Result<> start(BusEvents& events) = 0;
  /// Once it has returned, nobody but run_once() tells of arrivals and departures. Main thread.
  virtual void end_events() noexcept {}
  /// Handles what is due and what comes until @p deadline; returns early when something was handled. Sampling thread.
  virtual void run_once(HostTime deadline) noexcept = 0;
  /// Makes run_once return soon. Any thread.
  virtual void wake() noexcept = 0;
  /// Claims the ball. Main thread, while the sampling thread runs. Errors: kNoBall, kBusy, kAccessDenied (with the
  /// udev remedy), kProtocol (descriptors are not a ball's).
  virtual Result<std::unique_ptr<Link>> open(BallId ball) = 0;
};

}  // namespace knead::hw
