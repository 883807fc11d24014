// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hw/link/link.hpp"
#include "hw/usb/ball_model.hpp"
#include "hw/usb/context.hpp"
#include "hw/usb/event_thread.hpp"
#include "hw/usb/usb_link.hpp"

namespace knead::hw {

enum class Discovery : std::uint8_t {
  kHotplug,  ///< libusb tells of arrivals; falls back to kPolling where it cannot (no udev)
  kPolling,  ///< the device list is read once a second
};

struct UsbBusOptions {
  std::vector<BallModel> models = default_ball_models();
  Discovery discovery = Discovery::kHotplug;
};

/// The balls on this computer's USB. One libusb context, whose events one thread handles: the sampling thread, in
/// run_once(). Main thread: create(), start(), open(), destruction, which must come after the sampling thread's end and
/// after that of every link.
///
/// A ball is announced when it can be used or when there is something to say about why it cannot. It is announced anew,
/// with a new id, after a replug, after its permissions were mended, and when its link ended although the device stayed
/// (a stretch of interference): so whoever opens what is announced is back in business by itself.
class UsbBus final : public Bus, private LinkOwner {
 public:
  static Result<std::unique_ptr<UsbBus>> create(UsbBusOptions options = {});
  ~UsbBus() override;
  UsbBus(const UsbBus&) = delete;
  UsbBus& operator=(const UsbBus&) = delete;

  Result<> start(BusEvents& events) override;
  void run_once(HostTime deadline) noexcept override;
  void wake() noexcept override { thread_.wake(); }
  Result<std::unique_ptr<Link>> open(BallId ball) override;

  /// What start() settled on.
  [[nodiscard]] Discovery discovery() const noexcept { return options_.discovery; }

 private:
  struct Entry {
    BallId id{};
    DevicePtr device;
    const BallModel* model = nullptr;
    std::optional<Errc> problem{};             ///< as announced
    UsbLink* link = nullptr;                   ///< open, and not yet destroyed
    std::optional<HostTime> announce_again{};  ///< its link ended and the device is still there
  };
  struct HotplugEvent {
    DevicePtr device;
    bool arrived = false;
  };

  UsbBus(ContextPtr context, UsbBusOptions options);
  static int LIBUSB_CALL on_hotplug(libusb_context* context, libusb_device* device, libusb_hotplug_event event,
                                    void* self) noexcept;
  void release(const UsbLink& link) noexcept override;

  void arrived(DevicePtr device);
  void left(libusb_device& device);
  void announce(DevicePtr device, const BallModel& model);
  void look_after_entries(HostTime now);
  void poll_devices();
  const BallModel* model_of(libusb_device& device) const noexcept;

  ContextPtr context_;
  UsbBusOptions options_;
  EventThread thread_;
  BusEvents* events_ = nullptr;
  libusb_hotplug_callback_handle hotplug_ = 0;
  /// Filled by libusb's callback and emptied right after, on the thread that handles events; before, by start().
  std::vector<HotplugEvent> hotplug_events_;
  HostTime next_look_{};
  HostTime next_slow_look_{};
  std::uint64_t last_id_ = 0;

  /// Held by the main thread for a look-up only, never across a libusb call, and by the event thread when a ball comes
  /// or goes: no report ever waits for it. on_gone() of a sink may be called under it.
  std::mutex mutex_;
  std::vector<Entry> entries_;  ///< guarded by mutex_
};

}  // namespace knead::hw
