// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/usb_bus.hpp"

#include <fmt/core.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace knead::hw {
namespace {

using std::chrono::milliseconds;

/// Between two looks at what no event tells: links that ended.
constexpr milliseconds kLookEvery{250};
/// Between two looks that cost system calls: permissions that were mended or, without hotplug, a walk through sysfs.
constexpr milliseconds kSlowLookEvery{1000};
/// After a link ended: an unplugged ball's hotplug event is here by then, and a ball that stayed is still back within
/// the two seconds of R5.
constexpr milliseconds kAnnounceAgainAfter{500};

struct FreeConfig {
  void operator()(libusb_config_descriptor* config) const noexcept { libusb_free_config_descriptor(config); }
};
using ConfigPtr = std::unique_ptr<libusb_config_descriptor, FreeConfig>;

Result<BallEndpoints> endpoints_of(libusb_device& device, const BallModel& model) {
  libusb_config_descriptor* raw = nullptr;
  if (const int code = libusb_get_active_config_descriptor(&device, &raw); code != LIBUSB_SUCCESS) {
    return std::unexpected(usb_error(code, fmt::format("cannot read the descriptors of usb {}", port_path(device))));
  }
  const ConfigPtr config(raw);
  return find_endpoints(*config, model);
}

Result<HandlePtr> open_and_claim(libusb_device& device, std::uint8_t interface) {
  const std::string where = port_path(device);
  libusb_device_handle* raw = nullptr;
  if (const int code = libusb_open(&device, &raw); code != LIBUSB_SUCCESS) {
    if (code == LIBUSB_ERROR_ACCESS) return std::unexpected(access_denied(device));
    return std::unexpected(usb_error(code, fmt::format("cannot open the ball at usb {}", where)));
  }
  HandlePtr handle(raw);
  if (const int code = libusb_claim_interface(raw, interface); code != LIBUSB_SUCCESS) {
    Error error = usb_error(code, fmt::format("cannot claim the ball at usb {}", where));
    if (code == LIBUSB_ERROR_BUSY) {
      error.remedy = "another program holds it: end the other kneadd, virtual machine or USB tool that uses the ball";
    }
    return std::unexpected(std::move(error));
  }
  return handle;
}

}  // namespace

Result<std::unique_ptr<UsbBus>> UsbBus::create(UsbBusOptions options) {
  auto context = make_context();
  if (!context) return std::unexpected(std::move(context).error());
  return std::unique_ptr<UsbBus>(new UsbBus(std::move(*context), std::move(options)));
}

UsbBus::UsbBus(ContextPtr context, UsbBusOptions options)
    : context_(std::move(context)), options_(std::move(options)), thread_(*context_) {}

UsbBus::~UsbBus() {
  end_events();
  if (events_ != nullptr && options_.discovery == Discovery::kHotplug) {
    libusb_hotplug_deregister_callback(context_.get(), hotplug_);
  }
}

Result<> UsbBus::start(BusEvents& events) {
  events_ = &events;
  if (options_.discovery == Discovery::kHotplug && libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) == 0) {
    options_.discovery = Discovery::kPolling;
  }
  if (options_.discovery == Discovery::kHotplug) {
    // Ids are matched by us, since libusb's filter takes one pair only and the models may be several.
    const int code = libusb_hotplug_register_callback(
        context_.get(), LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
        LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
        on_hotplug, this, &hotplug_);
    if (code != LIBUSB_SUCCESS) {
      spdlog::warn("no hotplug events ({}): looking for balls once a second", libusb_strerror(code));
      options_.discovery = Discovery::kPolling;
    }
  }
  discovery_thread_ = std::jthread([this](const std::stop_token& stop) { discover(stop); });
  pthread_setname_np(discovery_thread_.native_handle(), "knead-discovery");
  return {};
}

void UsbBus::end_events() noexcept { discovery_thread_ = {}; }

int LIBUSB_CALL UsbBus::on_hotplug(libusb_context* /*context*/, libusb_device* device, libusb_hotplug_event event,
                                   void* self) noexcept {
  // Noted only. libusb forbids most calls in here, and with kEnumerate it runs on the main thread.
  auto& bus = *static_cast<UsbBus*>(self);
  if (bus.model_of(*device) == nullptr) return 0;
  bus.hotplug_events_.push_back({add_reference(device), event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED});
  return 0;  // stay registered
}

// ---- Sampling thread ----------------------------------------------------------------------------------------------

void UsbBus::run_once(HostTime deadline) noexcept {
  if (any_found_.load(std::memory_order_relaxed)) take_what_was_found();
  if (hotplug_events_.empty()) thread_.handle(deadline);
  if (hotplug_events_.empty()) return;
  for (HotplugEvent& event : std::exchange(hotplug_events_, {})) {
    if (event.arrived) {
      arrived(std::move(event.device));
    } else {
      left(*event.device);
    }
  }
}

void UsbBus::take_what_was_found() noexcept {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;  // another thread is at it; next time
  std::ranges::move(found_, std::back_inserter(hotplug_events_));
  found_.clear();
  any_found_.store(false, std::memory_order_relaxed);
}

void UsbBus::arrived(DevicePtr device) {
  const BallModel* model = model_of(*device);
  if (model == nullptr) return;
  libusb_device* old = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    for (const Entry& entry : entries_) {
      // Announced twice: it came while the enumeration ran. The reference we hold makes the pointer an identity.
      if (entry.device == device) return;
      if (libusb_get_bus_number(entry.device.get()) == libusb_get_bus_number(device.get()) &&
          libusb_get_device_address(entry.device.get()) == libusb_get_device_address(device.get())) {
        old = entry.device.get();  // its departure was missed: an address is given out again only after it
      }
    }
  }
  if (old != nullptr) left(*old);
  {
    const std::scoped_lock lock(mutex_);
    entries_.push_back(
        {.id = BallId{++last_id_}, .device = std::move(device), .model = model, .announce_at = HostClock::now()});
  }
  noted_.notify_one();
}

void UsbBus::left(libusb_device& device) {
  Entry gone;
  {
    const std::scoped_lock lock(mutex_);
    const auto it = std::ranges::find(entries_, &device, [](const Entry& entry) { return entry.device.get(); });
    if (it == entries_.end()) return;
    if (it->link != nullptr) it->link->device_left();
    gone = std::move(*it);
    entries_.erase(it);
  }
  if (gone.announced) events_->on_left(gone.id);
}

// ---- Discovery thread ---------------------------------------------------------------------------------------------

void UsbBus::discover(const std::stop_token& stop) {
  HostTime next_slow_look{};
  while (!stop.stop_requested()) {
    if (const HostTime now = HostClock::now(); now >= next_slow_look) {
      next_slow_look = now + kSlowLookEvery;
      if (options_.discovery == Discovery::kPolling) poll_devices();
      look_for_mended();
    }
    announce_what_is_due();
    std::unique_lock lock(mutex_);
    noted_.wait_for(lock, stop, kLookEvery, [this] {
      const HostTime now = HostClock::now();
      return std::ranges::any_of(entries_, [&](const Entry& e) { return e.announce_at && *e.announce_at <= now; });
    });
  }
}

void UsbBus::announce_what_is_due() {
  std::vector<std::pair<BallId, DevicePtr>> due;
  {
    const std::scoped_lock lock(mutex_);
    const HostTime now = HostClock::now();
    for (const Entry& entry : entries_) {
      if (entry.announce_at && *entry.announce_at <= now) due.emplace_back(entry.id, add_reference(entry.device.get()));
    }
  }
  for (const auto& [id, device] : due) announce(id, *device);
}

void UsbBus::announce(BallId noted, libusb_device& device) {
  BallInfo info{.serial = options_.serial_of(device), .path = fmt::format("usb {}", port_path(device))};
  if (auto access = check_access(device); !access) {
    info.problem = std::move(access).error();
    info.serial.clear();
  } else if (info.serial.empty()) {
    info.problem = Error{.code = Errc::kProtocol,
                         .context = fmt::format("the ball at {} states no serial number", info.path),
                         .remedy = "update the ball's firmware: balls are told apart by their serial numbers"};
  }

  const std::scoped_lock lock(mutex_);
  const auto it = std::ranges::find(entries_, noted, &Entry::id);
  // It may have left meanwhile, or have been opened after all.
  if (it == entries_.end() || !it->announce_at) return;
  if (it->announced) {
    events_->on_left(it->id);
    it->id = BallId{++last_id_};
  }
  it->announced = true;
  it->announce_at.reset();
  it->problem = info.serial.empty() ? std::optional(info.problem.code) : std::nullopt;
  info.id = it->id;
  events_->on_arrived(std::move(info));
}

void UsbBus::look_for_mended() {
  std::vector<std::pair<BallId, DevicePtr>> refused;
  {
    const std::scoped_lock lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.problem == Errc::kAccessDenied || entry.problem == Errc::kNoBall)
        refused.emplace_back(entry.id, add_reference(entry.device.get()));
    }
  }
  for (const auto& [id, device] : refused) {
    if (!check_access(*device)) continue;
    const std::scoped_lock lock(mutex_);
    const auto it = std::ranges::find(entries_, id, &Entry::id);
    if (it != entries_.end() && it->link == nullptr) it->announce_at = HostClock::now();
  }
}

void UsbBus::poll_devices() {
  auto present = list_devices(*context_);
  if (!present) return;
  std::vector<HotplugEvent> changes;
  {
    const std::scoped_lock lock(mutex_);
    for (const Entry& entry : entries_) {
      if (std::ranges::find(*present, entry.device) == present->end())
        changes.push_back({.device = add_reference(entry.device.get()), .arrived = false});
    }
    for (DevicePtr& device : *present) {
      if (model_of(*device) != nullptr && std::ranges::find(entries_, device, &Entry::device) == entries_.end())
        changes.push_back({.device = std::move(device), .arrived = true});
    }
    if (changes.empty()) return;
    std::ranges::move(changes, std::back_inserter(found_));
    any_found_.store(true, std::memory_order_relaxed);
  }
  wake();
}

// ---- Main thread --------------------------------------------------------------------------------------------------

const BallModel* UsbBus::model_of(libusb_device& device) const noexcept {
  libusb_device_descriptor descriptor{};
  libusb_get_device_descriptor(&device, &descriptor);
  return find_model(options_.models, descriptor.idVendor, descriptor.idProduct);
}

Result<std::unique_ptr<Link>> UsbBus::open(BallId ball) {
  DevicePtr device;
  const BallModel* model = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const auto it = std::ranges::find(entries_, ball, &Entry::id);
    if (it == entries_.end()) return fail(Errc::kNoBall, "that ball is not plugged in any more");
    if (it->link != nullptr) return fail(Errc::kBusy, "that ball is open already");
    device = add_reference(it->device.get());
    model = it->model;
  }
  const auto endpoints = endpoints_of(*device, *model);
  if (!endpoints) return std::unexpected(endpoints.error());
  auto handle = open_and_claim(*device, endpoints->interface);
  if (!handle) return std::unexpected(std::move(handle).error());
  LinkOwner& owner = *this;
  auto link = std::make_unique<UsbLink>(owner, thread_, std::move(*handle), *endpoints);

  const std::scoped_lock lock(mutex_);
  const auto it = std::ranges::find(entries_, ball, &Entry::id);
  if (it == entries_.end()) {
    link->device_left();  // it left while it was opened, and the event has gone by
  } else {
    it->link = link.get();
    it->announce_at.reset();
  }
  return link;
}

void UsbBus::release(const UsbLink& link) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto it = std::ranges::find(entries_, &link, &Entry::link);
  if (it == entries_.end()) return;
  it->link = nullptr;
  if (link.is_gone()) it->announce_at = HostClock::now() + kAnnounceAgainAfter;
}

}  // namespace knead::hw
