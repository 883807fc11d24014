// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "hw/link/link.hpp"
#include "hw/usb/access.hpp"
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
  /// How the serial number of a device is found out. May take its time: it runs on the discovery thread.
  std::function<std::string(libusb_device&)> serial_of = read_serial;
};

/// The balls on this computer's USB. One libusb context, whose events one thread handles: the sampling thread, in
/// run_once(). Main thread: create(), start(), end_events(), open(), destruction, which must come after the sampling
/// thread's end and after that of every link.
///
/// Whatever may wait for the kernel before a ball can be announced, its serial number, its permissions, a walk through
/// sysfs, is asked by a thread of the bus's own, at ordinary priority: the kernel holds a device's lock for seconds
/// when the device is ill, and another ball's motor may run meanwhile.
///
///   sampling thread                      discovery thread                        main thread
///   hotplug event: note an entry  ────▶  ask the kernel; on_arrived()  ────▶    open()
///   departure: the link, on_left()       once a second: what may have been mended
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
  void end_events() noexcept override;
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
    std::optional<HostTime> announce_at{};  ///< it just arrived, or its link ended and the device is still there
    bool announced = false;
    std::optional<Errc> problem{};  ///< as announced
    UsbLink* link = nullptr;        ///< open, and not yet destroyed
  };
  struct HotplugEvent {
    DevicePtr device;
    bool arrived = false;
  };

  UsbBus(ContextPtr context, UsbBusOptions options);
  static int LIBUSB_CALL on_hotplug(libusb_context* context, libusb_device* device, libusb_hotplug_event event,
                                    void* self) noexcept;
  void release(const UsbLink& link) noexcept override;
  const BallModel* model_of(libusb_device& device) const noexcept;

  // Sampling thread.
  void take_what_was_found() noexcept;
  void arrived(DevicePtr device);
  void left(libusb_device& device);

  // Discovery thread.
  void discover(const std::stop_token& stop);
  void announce_what_is_due();
  void announce(BallId noted, libusb_device& device);
  void look_for_mended();
  void poll_devices();

  ContextPtr context_;
  UsbBusOptions options_;
  EventThread thread_;
  BusEvents* events_ = nullptr;
  libusb_hotplug_callback_handle hotplug_ = 0;
  /// Filled by libusb's callback and emptied right after, on the thread that handles events; before, by start().
  std::vector<HotplugEvent> hotplug_events_;

  /// Held for a look-up only, never across a call that may wait: by the main and the discovery thread, and by the
  /// sampling thread when a ball comes or goes. No report ever waits for it. on_gone() of a sink may be called under
  /// it.
  std::mutex mutex_;
  std::vector<Entry> entries_;       ///< guarded by mutex_
  std::uint64_t last_id_ = 0;        ///< guarded by mutex_
  std::vector<HotplugEvent> found_;  ///< by poll_devices(), for the sampling thread; guarded by mutex_
  std::atomic<bool> any_found_ = false;
  std::condition_variable_any noted_;  ///< an entry is due
  std::jthread discovery_thread_;      // last: it uses the rest
};

}  // namespace knead::hw
