// SPDX-License-Identifier: Apache-2.0
#include "hw/sim/sim_bus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "hw/protocol/codec.hpp"

namespace knead::hw {

using ball::ControlReply;
using ball::PacedBall;
using ball::SetupPacket;

/// One ball and the socket its cable goes into.
struct SimBus::Slot {
  Slot(PacedBall paced, BallId first) : ball(std::move(paced)), arrival(first) {}

  std::mutex mutex;  // guards what follows; never held in a callback
  PacedBall ball;
  BallId arrival;                // of the ball now plugged in, or of the last one
  std::optional<BallId> opened;  // the arrival somebody has claimed
  unsigned failing_transfers = 0;

  // Held while the sink is called, so that a link can be closed on another thread and know that it is over. Taken
  // before `mutex`, never after it.
  std::mutex delivery;
  ReportSink* sink = nullptr;
  BallId sink_arrival{};  // whose link the sink belongs to

  std::optional<BallId> announced;  // run_once only

  [[nodiscard]] bool here(BallId id) const { return ball.plugged() && arrival == id; }
};

namespace {

std::unexpected<Error> no_ball(std::string_view serial) {
  return fail(Errc::kNoBall, fmt::format("there is no simulated ball \"{}\"", serial));
}

SetupPacket to_interface(std::uint8_t type, protocol::Request request, std::uint16_t value, std::size_t length) {
  return {.request_type = type,
          .request = std::to_underlying(request),
          .value = value,
          .index = protocol::kInterface,
          .length = static_cast<std::uint16_t>(length)};
}

/// What the operating system does with a new device.
void configure(PacedBall& ball, HostTime now) {
  static_cast<void>(ball.control(now, {.request_type = 0x00, .request = 9, .value = 1}, {}));  // SET_CONFIGURATION 1
}

class SimLink final : public Link {
 public:
  SimLink(std::shared_ptr<SimBus::Slot> slot, BallId id, const SimBus::Clock& clock, Bus& bus)
      : slot_(std::move(slot)), id_(id), clock_(clock), bus_(bus) {}

  ~SimLink() override {
    const std::lock_guard delivery(slot_->delivery);
    if (slot_->sink_arrival == id_) slot_->sink = nullptr;
    const std::lock_guard lock(slot_->mutex);
    if (slot_->opened == id_) slot_->opened.reset();
  }
  SimLink(const SimLink&) = delete;
  SimLink& operator=(const SimLink&) = delete;

  Result<> start(ReportSink& sink) override {
    {
      const std::lock_guard delivery(slot_->delivery);
      const std::lock_guard lock(slot_->mutex);
      if (!slot_->here(id_)) return gone();
      // A driver clears the endpoint before it listens; the ball then forgets readings nobody fetched.
      const SetupPacket clear_halt{.request_type = 0x02, .request = 1, .value = 0, .index = protocol::kEndpointIn};
      static_cast<void>(slot_->ball.control(clock_(), clear_halt, {}));
      slot_->sink = &sink;
      slot_->sink_arrival = id_;
    }
    bus_.wake();
    return {};
  }

  bool submit(const protocol::MotorCommand& command) noexcept override {
    std::array<std::byte, protocol::kMotorCommandSize> bytes{};
    protocol::encode_motor_command(command, bytes);
    const std::lock_guard lock(slot_->mutex);
    return slot_->here(id_) && slot_->ball.out(clock_(), bytes);
  }

  void emergency_stop() noexcept override {
    const std::lock_guard lock(slot_->mutex);
    if (!slot_->here(id_)) return;
    const auto stop = to_interface(ball::kVendorInterfaceOut, protocol::Request::kStop, 0, 0);
    static_cast<void>(slot_->ball.control(clock_(), stop, {}));
  }

  Result<std::size_t> control_in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                 std::chrono::milliseconds /*timeout*/) override {
    auto reply = transfer(to_interface(ball::kVendorInterfaceIn, request, value, data.size()), {});
    if (!reply) return std::unexpected(std::move(reply.error()));
    std::ranges::copy(reply->data, data.begin());
    return reply->data.size();
  }

  Result<> control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                       std::chrono::milliseconds /*timeout*/) override {
    auto reply = transfer(to_interface(ball::kVendorInterfaceOut, request, value, data.size()), data);
    if (!reply) return std::unexpected(std::move(reply.error()));
    return {};
  }

 private:
  static std::unexpected<Error> gone() { return fail(Errc::kDisconnected, "the ball is unplugged"); }

  Result<ControlReply> transfer(const SetupPacket& setup, std::span<const std::byte> data) {
    const std::lock_guard lock(slot_->mutex);
    if (!slot_->here(id_)) return gone();
    ControlReply reply = slot_->ball.control(clock_(), setup, data);
    if (reply.stalled) return fail(Errc::kRefused, fmt::format("the ball refused request 0x{:02x}", setup.request));
    return reply;
  }

  std::shared_ptr<SimBus::Slot> slot_;
  BallId id_;
  const SimBus::Clock& clock_;
  Bus& bus_;
};

}  // namespace

Result<std::unique_ptr<SimBus>> SimBus::create(std::vector<SimBallConfig> balls, Clock clock) {
  const HostTime start = clock();
  std::vector<std::shared_ptr<Slot>> slots;
  for (SimBallConfig& config : balls) {
    const bool taken =
        std::ranges::any_of(slots, [&](const auto& slot) { return slot->ball.ball().serial() == config.ball.serial; });
    if (taken) {
      return fail(Errc::kInvalidInput, fmt::format("two simulated balls have the serial \"{}\"", config.ball.serial),
                  "give each its own");
    }
    auto made = ball::Ball::create(config.ball);
    if (!made) return std::unexpected(std::move(made.error()));
    PacedBall paced(std::move(*made), std::move(config.person), start);
    configure(paced, start);
    slots.push_back(std::make_shared<Slot>(std::move(paced), BallId{slots.size() + 1}));
  }
  return std::unique_ptr<SimBus>(new SimBus(std::move(slots), std::move(clock)));
}

SimBus::SimBus(std::vector<std::shared_ptr<Slot>> slots, Clock clock)
    : slots_(std::move(slots)), clock_(std::move(clock)), next_arrival_(slots_.size() + 1) {}

SimBus::~SimBus() = default;

Result<> SimBus::start(BusEvents& events) {
  events_ = &events;
  return {};
}

// ---- Sampling thread ----------------------------------------------------------------------------------------------

void SimBus::run_once(HostTime deadline) noexcept {
  for (;;) {
    bool handled = false;
    // One moment for all that is due by now: a report arrives when this thread wakes for it, not when the virtual ball
    // has worked it out.
    const HostTime woken = clock_();
    for (const auto& slot : slots_) handled |= step(*slot, woken);
    const HostTime now = clock_();
    if (handled || now >= deadline) return;

    const HostTime due = std::min(next_due(), deadline);
    std::unique_lock lock(wake_mutex_);
    if (due > now) wake_condition_.wait_for(lock, due - now, [this] { return woken_; });
    if (std::exchange(woken_, false)) return;
  }
}

bool SimBus::step(Slot& slot, HostTime now) {
  std::optional<BallId> present;
  {
    const std::lock_guard lock(slot.mutex);
    slot.ball.advance(now);
    if (slot.ball.plugged()) present = slot.arrival;
  }
  const bool announced = announce(slot, present);
  const bool delivered = deliver(slot, now);
  return announced || delivered;
}

bool SimBus::announce(Slot& slot, std::optional<BallId> present) {
  if (slot.announced == present) return false;
  if (slot.announced) {
    {
      const std::lock_guard delivery(slot.delivery);
      if (ReportSink* sink = std::exchange(slot.sink, nullptr)) sink->on_gone(clock_());
    }
    events_->on_left(*slot.announced);
  }
  slot.announced = present;
  if (present)
    events_->on_arrived({.id = *present, .serial = slot.ball.ball().serial(), .path = "sim", .simulated = true});
  return true;
}

bool SimBus::deliver(Slot& slot, HostTime now) {
  const std::lock_guard delivery(slot.delivery);
  bool any = false;
  // No more in a row than the ball lets out at once, so that no ball starves another.
  for (std::int64_t n = 0; n < PacedBall::kMaxBurst && slot.sink != nullptr; ++n) {
    std::optional<ball::Packet> packet;
    bool fails = false;
    {
      const std::lock_guard lock(slot.mutex);
      if (!slot.here(slot.sink_arrival)) break;  // replugged a moment ago: announce() will tell this sink
      packet = slot.ball.poll_in(now);
      if (packet && slot.failing_transfers > 0) {
        --slot.failing_transfers;
        fails = true;
      }
    }
    if (!packet) break;
    any = true;
    if (fails) {
      slot.sink->on_transfer_error(now);
    } else {
      slot.sink->on_report(packet->view(), now);
    }
  }
  return any;
}

HostTime SimBus::next_due() const {
  HostTime due = HostTime::max();
  for (const auto& slot : slots_) {
    const std::lock_guard delivery(slot->delivery);
    if (slot->sink == nullptr) continue;
    const std::lock_guard lock(slot->mutex);
    due = std::min(due, slot->ball.next_poll_at());
  }
  return due;
}

// ---- Other threads ------------------------------------------------------------------------------------------------

void SimBus::wake() noexcept {
  {
    const std::lock_guard lock(wake_mutex_);
    woken_ = true;
  }
  wake_condition_.notify_one();
}

Result<std::unique_ptr<Link>> SimBus::open(BallId ball) {
  for (const auto& slot : slots_) {
    const std::lock_guard lock(slot->mutex);
    if (!slot->here(ball)) continue;
    if (slot->opened == ball) {
      return fail(Errc::kBusy, fmt::format("the ball {} is open already", slot->ball.ball().serial()));
    }
    slot->opened = ball;
    return std::make_unique<SimLink>(slot, ball, clock_, *this);
  }
  return fail(Errc::kNoBall, "the ball was unplugged before it could be opened");
}

Result<std::shared_ptr<SimBus::Slot>> SimBus::find(std::string_view serial) const {
  for (const auto& slot : slots_) {
    if (slot->ball.ball().serial() == serial) return slot;  // never changes: no lock needed
  }
  return no_ball(serial);
}

Result<> SimBus::hear(std::string_view serial, ball::PersonCue cue) {
  return with_ball(serial, [&](PacedBall& ball) { ball.hear(clock_(), cue); });
}

Result<> SimBus::set_plugged(std::string_view serial, bool plugged) {
  const auto slot = find(serial);
  if (!slot) return std::unexpected(slot.error());
  {
    const std::lock_guard lock((*slot)->mutex);
    PacedBall& ball = (*slot)->ball;
    const HostTime now = clock_();
    if (plugged && !ball.plugged()) {
      ball.plug_in(now);
      configure(ball, now);
      (*slot)->arrival = BallId{next_arrival_++};
    } else if (!plugged) {
      ball.unplug(now);
    }
  }
  wake();
  return {};
}

Result<> SimBus::fail_transfers(std::string_view serial, unsigned count) {
  const auto slot = find(serial);
  if (!slot) return std::unexpected(slot.error());
  const std::lock_guard lock((*slot)->mutex);
  (*slot)->failing_transfers += count;
  return {};
}

Result<std::vector<SimBus::MotorEvent>> SimBus::motor_trace(std::string_view serial) {
  std::vector<MotorEvent> events;
  auto done = with_ball(serial, [&](const PacedBall& ball) {
    for (const ball::MotorChange& change : ball.ball().motor().trace()) {
      events.push_back({.when = ball.host_time(change), .change = change});
    }
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return events;
}

Result<> SimBus::with_ball(std::string_view serial, const std::function<void(PacedBall&)>& use) {
  const auto slot = find(serial);
  if (!slot) return std::unexpected(slot.error());
  const std::lock_guard lock((*slot)->mutex);
  (*slot)->ball.advance(clock_());
  use((*slot)->ball);
  return {};
}

}  // namespace knead::hw
