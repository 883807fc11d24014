// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/usb/virtual_usb.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>  // before usbdevice_fs.h, which needs _IOR and does not include it
#include <sys/stat.h>

#include <linux/usbdevice_fs.h>
#include <umockdev.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "hw/ball/descriptors.hpp"

namespace knead::test {
namespace {

struct UnrefObject {
  void operator()(void* object) const noexcept { g_object_unref(object); }
};
template <class T>
using ObjectPtr = std::unique_ptr<T, UnrefObject>;

struct UnrefData {
  void operator()(UMockdevIoctlData* data) const noexcept { umockdev_ioctl_data_unref(data); }
};
using DataPtr = std::unique_ptr<UMockdevIoctlData, UnrefData>;

DataPtr resolve(UMockdevIoctlData& parent, std::size_t offset, std::size_t size) {
  return DataPtr(umockdev_ioctl_data_resolve(&parent, offset, size, nullptr));
}

/// A URB the driver submitted: our copy of it and of its buffer, which umockdev writes back when it is reaped.
struct Urb {
  DataPtr header;
  DataPtr buffer;
  bool sound = true;  ///< it carries what the ball sent, as the ball sent it

  [[nodiscard]] usbdevfs_urb& urb() const { return *reinterpret_cast<usbdevfs_urb*>(header->data); }
  [[nodiscard]] std::span<std::byte> bytes() const {
    return {reinterpret_cast<std::byte*>(buffer->data), static_cast<std::size_t>(urb().buffer_length)};
  }
  [[nodiscard]] bool is_control() const { return urb().type == USBDEVFS_URB_TYPE_CONTROL; }
  [[nodiscard]] bool is_in() const { return !is_control() && (urb().endpoint & 0x80U) != 0; }

  void end(int status, std::size_t length = 0) const {
    urb().status = status;
    urb().actual_length = static_cast<int>(length);
  }
  void end_with(std::span<const std::byte> data, std::size_t offset = 0) const {
    const std::size_t size = std::min(data.size(), bytes().size() - offset);
    std::ranges::copy(data.first(size), bytes().begin() + static_cast<std::ptrdiff_t>(offset));
    end(data.size() > size ? -EOVERFLOW : 0, size);
  }
};

/// A hand that rests on the ball.
struct RestingHand final : ball::Touch {
  Newtons force(DeviceTime /*t*/) override { return {20.0}; }
};

ball::Ball make_ball(const std::string& serial) {
  auto ball = ball::Ball::create({.serial = serial});
  if (!ball) throw std::runtime_error(ball.error().message());
  constexpr std::uint8_t kSetConfiguration = 9;
  static_cast<void>(ball->handle_control({.request = kSetConfiguration, .value = 1}, {}));
  return std::move(*ball);
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

}  // namespace

class VirtualPort {
 public:
  VirtualPort(std::mutex& mutex, const PlugOptions& options, int device)
      : options_(options),
        mutex_(mutex),
        ball_(make_ball(options.serial)),
        hand_(options.hand ? options.hand : std::make_shared<RestingHand>()),
        handler_(umockdev_ioctl_base_new()),
        node_(fmt::format("/dev/bus/usb/001/{:03}", device)),
        path_(fmt::format("/devices/pci0000:00/usb1/1-{}", options.port)) {
    g_weak_ref_init(&driver_, nullptr);
    g_signal_connect(handler_.get(), "handle-ioctl", G_CALLBACK(handle), this);
    g_signal_connect(handler_.get(), "client-vanished", G_CALLBACK(vanished), this);
  }
  VirtualPort(const VirtualPort&) = delete;
  VirtualPort& operator=(const VirtualPort&) = delete;
  ~VirtualPort() {
    g_signal_handlers_disconnect_by_data(handler_.get(), this);
    g_weak_ref_clear(&driver_);
  }

  [[nodiscard]] const std::string& node() const { return node_; }
  [[nodiscard]] std::string syspath() const { return "/sys" + path_; }
  [[nodiscard]] UMockdevIoctlBase* handler() const { return handler_.get(); }

  /// umockdev's description of the device.
  [[nodiscard]] std::string description(int device) const {
    std::vector<std::byte> configuration(ball::configuration_descriptor().begin(),
                                         ball::configuration_descriptor().end());
    constexpr std::size_t kInterfaceProtocol = 9 + 7;
    configuration.at(kInterfaceProtocol) = std::byte{options_.protocol_version};
    return fmt::format(
        "P: {}\nN: {}\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\nE: DEVNUM={:03}\n"
        "E: DEVNAME={}\nA: busnum=1\\n\nA: devnum={}\\n\nA: bConfigurationValue=1\\n\nA: speed=12\\n\n"
        "A: serial={}\\n\nH: descriptors={}{}\n\n",
        path_, node_.substr(std::strlen("/dev/")), device, node_, device, options_.serial,
        hex(ball::device_descriptor()), hex(configuration));
  }

  /// The ball lives until now. Lock held.
  void advance() {
    const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(HostClock::now() - plugged_at_);
    ball_.advance(DeviceTime(elapsed), *hand_);
  }

  /// One frame of the bus. Lock held.
  void run_frame() {
    advance();
    if (end_all_with != 0) end_waiting(-end_all_with);
    while (!frozen && !waiting_in_.empty() && end_one_in()) {
    }
    answer_reap();
  }

  /// What hold_out held arrives. Lock held.
  void let_out() {
    advance();
    for (Urb& urb : unanswered_) {
      if (urb.is_control()) continue;
      out(urb);
      ended_.push_back(std::move(urb));
    }
    std::erase_if(unanswered_, [](const Urb& urb) { return !urb.header; });
  }

  // Guarded by the mutex of the bus.
  int end_all_with = 0;
  bool frozen = false;
  int fail_in_with = 0;
  int fail_in_count = 0;
  std::deque<std::vector<std::byte>> raw_in;
  Wire wire;
  VirtualUsb::LastContact last_contact;
  int ignored_control = 0;
  int failing_control = 0;
  bool hold_out = false;
  int claim_error = 0;
  int refused_claims = 0;
  std::vector<std::vector<std::byte>> in_packets;
  std::vector<std::vector<std::byte>> out_packets;
  std::vector<ball::SetupPacket> control_requests;

  ball::Ball& ball() { return ball_; }
  [[nodiscard]] HostTime host_time(const ball::MotorChange& change) const {
    return plugged_at_ + change.at.time_since_epoch();
  }
  [[nodiscard]] std::size_t in_flight() const { return waiting_in_.size() + unanswered_.size() + ended_.size(); }

 private:
  static gboolean handle(UMockdevIoctlBase* /*handler*/, UMockdevIoctlClient* client, gpointer self) {
    auto& port = *static_cast<VirtualPort*>(self);
    // What the driver's memory holds is asked of the driver's process: before the lock, since a process that was
    // stopped or killed this very moment answers late or not at all, and the ball must live on meanwhile.
    const unsigned long request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData& arg = *umockdev_ioctl_client_get_arg(client);
    Urb urb;
    DataPtr data;
    if (request == USBDEVFS_SUBMITURB) {
      urb.header = resolve(arg, 0, sizeof(usbdevfs_urb));
      if (urb.header) {
        urb.buffer =
            resolve(*urb.header, offsetof(usbdevfs_urb, buffer), static_cast<std::size_t>(urb.urb().buffer_length));
      }
      if (!urb.buffer) return unreadable(*client);
    } else if (request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY) {
      data = resolve(arg, 0, sizeof(void*));
      if (!data) return unreadable(*client);
    } else if (request == USBDEVFS_GET_CAPABILITIES) {
      data = resolve(arg, 0, sizeof(std::uint32_t));
      if (!data) return unreadable(*client);
    }
    const std::scoped_lock lock(port.mutex_);
    port.serve(client);
    return port.ioctl(*client, request, std::move(urb), std::move(data)) ? TRUE : FALSE;
  }

  static gboolean unreadable(UMockdevIoctlClient& client) {
    umockdev_ioctl_client_complete(&client, -1, EFAULT);
    return TRUE;
  }

  /// The driver closed the device or died: the kernel takes its transfers back.
  static void vanished(UMockdevIoctlBase* /*handler*/, UMockdevIoctlClient* client, gpointer self) {
    auto& port = *static_cast<VirtualPort*>(self);
    const std::scoped_lock lock(port.mutex_);
    if (port.is_driver(client)) port.serve(nullptr);
  }

  /// @p client is alive, or its address would say nothing: one that died without a word may have had it before.
  bool is_driver(const UMockdevIoctlClient* client) {
    const ObjectPtr<UMockdevIoctlClient> driver(static_cast<UMockdevIoctlClient*>(g_weak_ref_get(&driver_)));
    return driver.get() == client;
  }

  /// The one driver that has the device open now. What another one left is dropped: the word of its death may come
  /// later than its successor, who must not be handed what it submitted. Lock held.
  void serve(UMockdevIoctlClient* driver) {
    if (driver != nullptr && is_driver(driver)) return;
    g_weak_ref_set(&driver_, driver);
    for (std::deque<Urb>* urbs : {&waiting_in_, &unanswered_, &ended_}) urbs->clear();
    reaper_.reset();
    reap_target_.reset();
    reaped_last_ = false;
  }

  bool ioctl(UMockdevIoctlClient& client, unsigned long request, Urb urb, DataPtr data) {
    switch (request) {
      case USBDEVFS_GET_CAPABILITIES: {
        const std::uint32_t value = USBDEVFS_CAP_BULK_CONTINUATION | USBDEVFS_CAP_NO_PACKET_SIZE_LIM |
                                    USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        std::memcpy(data->data, &value, sizeof value);
        umockdev_ioctl_client_complete(&client, 0, 0);
        return true;
      }
      case USBDEVFS_CLAIMINTERFACE:
        if (refused_claims > 0) {
          --refused_claims;
          umockdev_ioctl_client_complete(&client, -1, claim_error);
        } else {
          umockdev_ioctl_client_complete(&client, 0, 0);
        }
        return true;
      case USBDEVFS_RELEASEINTERFACE:
        umockdev_ioctl_client_complete(&client, 0, 0);
        return true;
      case USBDEVFS_SUBMITURB:
        submit(client, std::move(urb));
        return true;
      case USBDEVFS_REAPURB:
      case USBDEVFS_REAPURBNDELAY:
        // The device node is a plain file, so libusb's poll() says "ready" at once, always: without a pause it would
        // spin. Answered by the next frame at the latest; at once when it just had one and asks for more, since libusb
        // asks 25 times before it lets anybody else on its thread have a turn.
        reaper_.reset(static_cast<UMockdevIoctlClient*>(g_object_ref(&client)));
        reap_target_ = std::move(data);
        if (!ended_.empty() || reaped_last_) answer_reap();
        return true;
      case USBDEVFS_DISCARDURB:
        discard(client, *umockdev_ioctl_client_get_arg(&client));
        return true;
      default:
        return false;
    }
  }

  void submit(UMockdevIoctlClient& client, Urb urb) {
    if (end_all_with == ESHUTDOWN) {
      umockdev_ioctl_client_complete(&client, -1, ENODEV);
      return;
    }
    if (urb.is_in()) {
      waiting_in_.push_back(std::move(urb));
    } else if (frozen || end_all_with != 0 || (urb.is_control() ? ignored_control > 0 : hold_out)) {
      if (urb.is_control() && ignored_control > 0) --ignored_control;
      unanswered_.push_back(std::move(urb));
    } else {
      advance();
      if (urb.is_control() && failing_control > 0) {
        --failing_control;
        urb.end(-EPROTO);
      } else if (urb.is_control()) {
        control(urb);
      } else {
        out(urb);
      }
      ended_.push_back(std::move(urb));
    }
    umockdev_ioctl_client_complete(&client, 0, 0);
  }

  void control(const Urb& urb) {
    const auto setup =
        ball::SetupPacket::parse(std::span<const std::byte>(urb.bytes()).first<ball::SetupPacket::kSize>());
    control_requests.push_back(setup);
    const auto data = urb.bytes().subspan(ball::SetupPacket::kSize);
    const ball::ControlReply reply =
        ball_.handle_control(setup, setup.device_to_host() ? std::span<const std::byte>{} : data);
    if (reply.stalled) {
      urb.end(-EPIPE);
    } else if (setup.device_to_host()) {
      urb.end_with(reply.data, ball::SetupPacket::kSize);
    } else {
      urb.end(0, data.size());
    }
  }

  void out(const Urb& urb) {
    if (!ball_.handle_out(urb.bytes())) {
      urb.end(-EPIPE);
      return;
    }
    last_contact.out = HostClock::now();
    if (options_.keep_packets) out_packets.emplace_back(urb.bytes().begin(), urb.bytes().end());
    urb.end(0, urb.bytes().size());
  }

  bool end_one_in() {
    const Urb& urb = waiting_in_.front();
    bool go_on = true;
    if (fail_in_count > 0) {
      --fail_in_count;
      urb.end(-fail_in_with);
    } else if (!raw_in.empty()) {
      waiting_in_.front().sound = false;
      urb.end_with(raw_in.front());
      raw_in.pop_front();
    } else if (ball_.stalls(protocol::kEndpointIn)) {
      urb.end(-EPIPE);
      go_on = false;  // a controller stops at the first stall; the others wait for the driver to take them back
    } else if (const auto report = ball_.next_report()) {
      if (wire) {
        for (auto& packet : wire(report->view())) raw_in.push_back(std::move(packet));
        return true;  // as many transfers end as packets came out
      }
      urb.end_with(report->view());
    } else {
      return false;
    }
    if (urb.urb().status == 0 && options_.keep_packets) {
      const auto sent = urb.bytes().first(static_cast<std::size_t>(urb.urb().actual_length));
      in_packets.emplace_back(sent.begin(), sent.end());
    }
    ended_.push_back(std::move(waiting_in_.front()));
    waiting_in_.pop_front();
    return go_on;
  }

  void end_waiting(int status) {
    for (std::deque<Urb>* urbs : {&waiting_in_, &unanswered_}) {
      for (Urb& urb : *urbs) {
        urb.end(status);
        ended_.push_back(std::move(urb));
      }
      urbs->clear();
    }
  }

  void discard(UMockdevIoctlClient& client, UMockdevIoctlData& arg) {
    gulong address = 0;
    std::memcpy(&address, arg.data, sizeof address);
    for (std::deque<Urb>* urbs : {&waiting_in_, &unanswered_}) {
      const auto it = std::ranges::find(*urbs, address, [](const Urb& urb) { return urb.header->client_addr; });
      if (it == urbs->end()) continue;
      it->end(-ENOENT);
      ended_.push_back(std::move(*it));
      urbs->erase(it);
      umockdev_ioctl_client_complete(&client, 0, 0);
      return;
    }
    umockdev_ioctl_client_complete(&client, -1, EINVAL);
  }

  void answer_reap() {
    if (!reaper_) return;
    const auto reaper = std::move(reaper_);
    reaped_last_ = !ended_.empty();
    if (ended_.empty()) {
      umockdev_ioctl_client_complete(reaper.get(), -1, EAGAIN);
      reap_target_.reset();
      return;
    }
    if (ended_.front().is_in() && ended_.front().sound && ended_.front().urb().status == 0) {
      last_contact.in = HostClock::now();
      last_contact.in_device = ball_.now();
    }
    umockdev_ioctl_data_set_ptr(reap_target_.get(), 0, ended_.front().header.get());
    umockdev_ioctl_client_complete(reaper.get(), 0, 0);
    reap_target_.reset();
    reaped_ = std::move(ended_.front());  // until the next: umockdev still writes it back
    ended_.pop_front();
  }

  PlugOptions options_;
  std::mutex& mutex_;
  ball::Ball ball_;
  std::shared_ptr<ball::Touch> hand_;
  HostTime plugged_at_ = HostClock::now();
  ObjectPtr<UMockdevIoctlBase> handler_;
  std::string node_;
  std::string path_;
  GWeakRef driver_{};  ///< names it, no more
  std::deque<Urb> waiting_in_;
  std::deque<Urb> unanswered_;  ///< control and OUT transfers nobody will end
  std::deque<Urb> ended_;
  Urb reaped_;
  bool reaped_last_ = false;  ///< the driver's last look found a transfer that had ended
  ObjectPtr<UMockdevIoctlClient> reaper_;
  DataPtr reap_target_;
};

struct VirtualUsb::Testbed {
  ObjectPtr<UMockdevTestbed> bed{umockdev_testbed_new()};
};

VirtualUsb::VirtualUsb()
    : testbed_(std::make_unique<Testbed>()), frames_([this](const std::stop_token& stop) { run_frames(stop); }) {}

VirtualUsb::~VirtualUsb() {
  frames_.request_stop();
  frames_.join();
  for (const auto& port : ports_) umockdev_testbed_detach_ioctl(testbed_->bed.get(), port->node().c_str(), nullptr);
  testbed_.reset();  // joins umockdev's thread, so that no handler runs any more
}

int VirtualUsb::plug(const PlugOptions& options) {
  int device = 0;
  VirtualPort* port = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    device = static_cast<int>(ports_.size()) + 1;
    port = ports_.emplace_back(std::make_unique<VirtualPort>(mutex_, options, device)).get();
  }
  umockdev_testbed_attach_ioctl(testbed_->bed.get(), port->node().c_str(), port->handler(), nullptr);
  umockdev_testbed_add_from_string(testbed_->bed.get(), port->description(device).c_str(), nullptr);
  if (options.announce_twice) umockdev_testbed_uevent(testbed_->bed.get(), port->syspath().c_str(), "add");
  return device;
}

VirtualPort& VirtualUsb::at(int device) { return *ports_.at(static_cast<std::size_t>(device - 1)); }

void VirtualUsb::run_frames(const std::stop_token& stop) {
  const auto start = std::chrono::steady_clock::now();
  for (auto next = start; !stop.stop_requested(); next = std::max(next + std::chrono::milliseconds(1), start)) {
    std::this_thread::sleep_until(next);
    const std::scoped_lock lock(mutex_);
    for (const auto& port : ports_) port->run_frame();
  }
}

void VirtualUsb::fail_transfers(int device, int error) {
  const std::scoped_lock lock(mutex_);
  at(device).end_all_with = error;
}

void VirtualUsb::freeze(int device) {
  const std::scoped_lock lock(mutex_);
  at(device).frozen = true;
}

void VirtualUsb::send_remove_event(int device) {
  std::string syspath;
  {
    const std::scoped_lock lock(mutex_);
    syspath = at(device).syspath();
  }
  umockdev_testbed_uevent(testbed_->bed.get(), syspath.c_str(), "remove");
  umockdev_testbed_remove_device(testbed_->bed.get(), syspath.c_str());
}

void VirtualUsb::fail_next_in(int device, int error, int count) {
  const std::scoped_lock lock(mutex_);
  at(device).fail_in_with = error;
  at(device).fail_in_count = count;
}

void VirtualUsb::send_raw(int device, std::vector<std::byte> bytes) {
  const std::scoped_lock lock(mutex_);
  at(device).raw_in.push_back(std::move(bytes));
}

void VirtualUsb::halt(int device, std::uint8_t endpoint) {
  const std::scoped_lock lock(mutex_);
  constexpr std::uint8_t kToEndpoint = 0x02;
  constexpr std::uint8_t kSetFeature = 3;
  static_cast<void>(
      at(device).ball().handle_control({.request_type = kToEndpoint, .request = kSetFeature, .index = endpoint}, {}));
}

void VirtualUsb::ignore_control(int device, int count) {
  const std::scoped_lock lock(mutex_);
  at(device).ignored_control = count;
}

void VirtualUsb::fail_control(int device, int count) {
  const std::scoped_lock lock(mutex_);
  at(device).failing_control = count;
}

void VirtualUsb::hold_out(int device, bool hold) {
  const std::scoped_lock lock(mutex_);
  at(device).hold_out = hold;
  if (!hold) at(device).let_out();
}

void VirtualUsb::refuse_claims(int device, int error, int count) {
  const std::scoped_lock lock(mutex_);
  at(device).claim_error = error;
  at(device).refused_claims = count;
}

void VirtualUsb::set_node_mode(int device, unsigned int mode) {
  const std::unique_ptr<gchar, decltype(&g_free)> root(umockdev_testbed_get_root_dir(testbed_->bed.get()), g_free);
  const std::string path = root.get() + node(device);
  if (::chmod(path.c_str(), mode) != 0) throw std::runtime_error("chmod " + path);
}

void VirtualUsb::set_wire(int device, Wire wire) {
  const std::scoped_lock lock(mutex_);
  at(device).wire = std::move(wire);
}

void VirtualUsb::with_ball(int device, const std::function<void(ball::Ball&)>& look) {
  const std::scoped_lock lock(mutex_);
  at(device).advance();
  look(at(device).ball());
}

std::vector<VirtualUsb::MotorEvent> VirtualUsb::motor_trace(int device) {
  const std::scoped_lock lock(mutex_);
  VirtualPort& port = at(device);
  port.advance();
  std::vector<MotorEvent> events;
  for (const ball::MotorChange& change : port.ball().motor().trace()) {
    events.push_back({.when = port.host_time(change), .change = change});
  }
  return events;
}

VirtualUsb::LastContact VirtualUsb::last_contact(int device) {
  const std::scoped_lock lock(mutex_);
  return at(device).last_contact;
}

std::vector<std::vector<std::byte>> VirtualUsb::in_packets(int device) {
  const std::scoped_lock lock(mutex_);
  return at(device).in_packets;
}

std::vector<std::vector<std::byte>> VirtualUsb::out_packets(int device) {
  const std::scoped_lock lock(mutex_);
  return at(device).out_packets;
}

std::vector<ball::SetupPacket> VirtualUsb::control_requests(int device) {
  const std::scoped_lock lock(mutex_);
  return at(device).control_requests;
}

std::size_t VirtualUsb::transfers_in_flight(int device) {
  const std::scoped_lock lock(mutex_);
  return at(device).in_flight();
}

std::string VirtualUsb::node(int device) {
  const std::scoped_lock lock(mutex_);
  return at(device).node();
}

}  // namespace knead::test
