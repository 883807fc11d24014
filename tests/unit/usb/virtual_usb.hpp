// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "hw/ball/ball.hpp"

namespace knead::test {

/// A USB port with a ball in it, as the driver meets it through sysfs, /dev and the ioctls of usbfs.
class VirtualPort;

/// What becomes of one report on its way to the host: any number of packets, in order; none is a NAK.
using Wire = std::function<std::vector<std::vector<std::byte>>(std::span<const std::byte> report)>;

struct PlugOptions {
  std::string serial = "KB0001";
  int port = 1;  ///< of bus 1
  std::uint8_t protocol_version = protocol::kVersionMajor;
  bool announce_twice = false;          ///< a second "add" event, as when it arrives during an enumeration
  std::shared_ptr<ball::Touch> hand{};  ///< who presses it, in the ball's own time; null: a hand that rests
  bool keep_packets = true;             ///< in_packets() and out_packets(); false where a ball streams for minutes
};

/// The kernel's USB, as far as a driver can tell: a umockdev testbed whose devices are balls (hw/ball), and a host
/// controller thread that runs a frame each millisecond. All methods: any thread.
class VirtualUsb {
 public:
  VirtualUsb();
  ~VirtualUsb();
  VirtualUsb(const VirtualUsb&) = delete;
  VirtualUsb& operator=(const VirtualUsb&) = delete;

  /// Plugs a ball in; it is configured, as the kernel does, and announced by an "add" event.
  int plug(const PlugOptions& options = {});

  // ---- Unplugging, in pieces, since kernels differ in their order -------------------------------------------------
  /// Every transfer, waiting or to come, ends with -@p error: ESHUTDOWN as the ordinary host controllers do it (then
  /// submitting fails too), EPROTO as dummy_hcd does it and as real ones do until the hub notices.
  void fail_transfers(int device, int error);
  /// Transfers stop to end at all, unless they are discarded.
  void freeze(int device);
  /// The "remove" event.
  void send_remove_event(int device);
  void unplug(int device) {
    fail_transfers(device, 108 /* ESHUTDOWN */);
    send_remove_event(device);
  }

  // ---- Misbehaviour -----------------------------------------------------------------------------------------------
  /// The next @p count IN transfers end with -@p error.
  void fail_next_in(int device, int error, int count);
  /// The next IN transfer carries exactly these bytes.
  void send_raw(int device, std::vector<std::byte> bytes);
  /// Halts an endpoint, as a ball in trouble does: it stalls until CLEAR_FEATURE.
  void halt(int device, std::uint8_t endpoint);
  /// The next @p count control transfers get no answer until they are discarded.
  void ignore_control(int device, int count);
  /// The next @p count control transfers end with an error of the bus, at once.
  void fail_control(int device, int count);
  /// Motor commands wait on their way, and arrive when they are held no longer.
  void hold_out(int device, bool hold);
  /// The next @p count claims fail with @p error.
  void refuse_claims(int device, int error, int count);
  /// From now on each report goes through @p wire; null lets them pass as they are. Runs on the host controller's
  /// thread.
  void set_wire(int device, Wire wire);
  /// Permissions of the device node.
  void set_node_mode(int device, unsigned int mode);

  // ---- What the ball has seen -------------------------------------------------------------------------------------
  /// Runs @p look on the ball, while nothing else does.
  void with_ball(int device, const std::function<void(ball::Ball&)>& look);
  /// Packets the IN endpoint has sent without error, in order.
  std::vector<std::vector<std::byte>> in_packets(int device);
  /// Motor commands that reached the OUT endpoint, in order.
  std::vector<std::vector<std::byte>> out_packets(int device);
  /// Setup packets that reached the ball over the control pipe, in order.
  std::vector<ball::SetupPacket> control_requests(int device);
  /// Transfers the driver has in flight on this device.
  std::size_t transfers_in_flight(int device);
  std::string node(int device);
  /// One change of the ball's motor, by the ball's own trace, and when that was on the host's clock.
  struct MotorEvent {
    HostTime when{};
    ball::MotorChange change{};
  };
  std::vector<MotorEvent> motor_trace(int device);
  /// When the driver was last handed a report as the ball had made it, and when the ball last heard a motor command.
  struct LastContact {
    HostTime in{};
    DeviceTime in_device{};  ///< the ball's clock at that moment
    HostTime out{};
  };
  LastContact last_contact(int device);

 private:
  struct Testbed;
  void run_frames(const std::stop_token& stop);
  VirtualPort& at(int device);

  std::unique_ptr<Testbed> testbed_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<VirtualPort>> ports_;  ///< by device number, guarded by mutex_
  std::jthread frames_;
};

}  // namespace knead::test
