// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hw/link/link.hpp"
#include "hw/usb/context.hpp"
#include "hw/usb/control_pipe.hpp"
#include "hw/usb/descriptors.hpp"
#include "hw/usb/event_thread.hpp"
#include "hw/usb/in_pipe.hpp"
#include "hw/usb/link_core.hpp"
#include "hw/usb/out_pipe.hpp"
#include "hw/usb/stop_pipe.hpp"

namespace knead::hw {

class UsbLink;

/// Who has to know that a link is going away. Main thread.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  /// After it returned, the owner calls nothing of the link any more.
  virtual void release(const UsbLink& link) noexcept = 0;
};

/// A claimed ball on libusb.
///
/// Main thread: open (through UsbBus), start(), control_in(), control_out(), destruction. Event thread, which is the
/// sampling thread: every completion, submit(), device_left(), every call to the sink. Any thread: emergency_stop().
/// It never runs a callback on the main thread while an event thread lives, and never waits for USB on the event
/// thread.
///
///   claimed ── start() ──▶ streaming ── unplug seen by whichever comes first: ──▶ gone (on_gone(), once)
///      │                       │          a transfer without device, 16 errors       │
///      │                       │          in a row, or the hotplug event             │
///      └──────── ~UsbLink ─────┴────────────────────────────────────────────────────┘
///                   │ 1 the bus forgets the link: no device_left() any more
///                   │ 2 closing: nothing is submitted, the sink hears nothing
///                   │ 3 cancel, again and again (a callback may just be submitting), until nothing is in flight; the
///                   │   event thread does the work, or the destructor itself where that thread has ended
///                   │ 4 release the interface; libusb_close(), which waits for a callback that still returns
///                   ▼ 5 free transfers and buffers
///
/// The bus and the sink must outlive the link.
class UsbLink final : public Link {
 public:
  /// Takes over an open handle whose interface is claimed.
  UsbLink(LinkOwner& owner, EventThread& events, HandlePtr handle, const BallEndpoints& endpoints);
  ~UsbLink() override;
  UsbLink(const UsbLink&) = delete;
  UsbLink& operator=(const UsbLink&) = delete;

  Result<> start(ReportSink& sink) override;
  bool submit(const protocol::MotorCommand& command) noexcept override { return out_.send(command); }
  void emergency_stop() noexcept override { stop_.request(); }
  Result<std::size_t> control_in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                 std::chrono::milliseconds timeout) override;
  Result<> control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                       std::chrono::milliseconds timeout) override;

  /// The hotplug event. Event thread.
  void device_left() noexcept { core_.declare_gone(); }
  /// Any thread.
  [[nodiscard]] bool is_gone() const noexcept { return core_.is_gone(); }

 private:
  void drain() noexcept;

  LinkOwner& owner_;
  EventThread& events_;
  HandlePtr handle_;
  std::uint8_t interface_;
  bool started_ = false;
  LinkCore core_;
  OutPipe out_;
  StopPipe stop_;
  InPipe in_;
  ControlPipe control_;
};

}  // namespace knead::hw
