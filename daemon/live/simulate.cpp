// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/simulate.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "daemon/core/sample_ring.hpp"
#include "daemon/host/find_plugin.hpp"
#include "daemon/host/plugin_process.hpp"
#include "daemon/live/conductor.hpp"
#include "daemon/live/person_cue.hpp"
#include "daemon/live/plugin_facts.hpp"
#include "daemon/record/session_writer.hpp"
#include "daemon/sampling/sampler.hpp"
#include "daemon/session/routine_library.hpp"
#include "hw/ball/force_trace.hpp"
#include "hw/ball/paced_ball.hpp"
#include "hw/protocol/codec.hpp"

namespace knead::live {

namespace {

using namespace std::chrono_literals;

// Virtual time begins at an arbitrary moment that is not the clock's zero, which some code takes for "never".
constexpr HostTime kBegin{1h};
constexpr std::chrono::milliseconds kRenewLease{20};  // as often as the live main loop
constexpr std::size_t kUsbReportsAMillisecond = 1;

/// The cable between the daemon's sampling path and a ball in the same program, in virtual time.
class VirtualLink final : public hw::Link {
 public:
  explicit VirtualLink(ball::PacedBall& ball) : ball_(ball) {}
  void set_time(HostTime now) noexcept { now_ = now; }

  Result<> start(hw::ReportSink&) override { return {}; }
  bool submit(const protocol::MotorCommand& command) noexcept override {
    std::array<std::byte, protocol::kMotorCommandSize> bytes{};
    protocol::encode_motor_command(command, bytes);
    return ball_.out(now_, bytes);
  }
  void emergency_stop() noexcept override { static_cast<void>(control_out(protocol::Request::kStop, 0, {}, 0ms)); }
  Result<std::size_t> control_in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                 std::chrono::milliseconds) override {
    const auto reply = ball_.control(now_,
                                     {.request_type = ball::kVendorInterfaceIn,
                                      .request = static_cast<std::uint8_t>(request),
                                      .value = value,
                                      .index = protocol::kInterface,
                                      .length = static_cast<std::uint16_t>(data.size())},
                                     {});
    if (reply.stalled) return fail(Errc::kRefused, "the ball refused a request");
    std::copy_n(reply.data.begin(), std::min(reply.data.size(), data.size()), data.begin());
    return reply.data.size();
  }
  Result<> control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                       std::chrono::milliseconds) override {
    const auto reply = ball_.control(now_,
                                     {.request_type = ball::kVendorInterfaceOut,
                                      .request = static_cast<std::uint8_t>(request),
                                      .value = value,
                                      .index = protocol::kInterface,
                                      .length = static_cast<std::uint16_t>(data.size())},
                                     data);
    if (reply.stalled) return fail(Errc::kRefused, "the ball refused a request");
    return {};
  }

 private:
  ball::PacedBall& ball_;
  HostTime now_ = kBegin;
};

/// The person hears each cue the moment it is given.
class CuesToPerson final : public SessionObserver {
 public:
  CuesToPerson(ball::PacedBall& ball, const HostTime& now) : ball_(ball), now_(now) {}
  void on_event(const session::Event& event) override {
    const auto* cued = std::get_if<session::event::Cued>(&event.what);
    if (cued == nullptr) return;
    if (const auto cue = person_cue(cued->cue.kind)) ball_.hear(now_, *cue);
  }

 private:
  ball::PacedBall& ball_;
  const HostTime& now_;
};

class Lockstep final : public PluginPort {
 public:
  explicit Lockstep(host::PluginProcess& process) : process_(process) {}
  void deliver(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
               std::vector<session::input::PluginActed>& answers) override {
    if (failure_) return;
    if (auto done = process_.exchange(event, ring_head, epoch, answers); !done) failure_ = std::move(done.error());
  }
  /// The plugin's end, once.
  std::optional<Error> take_failure() {
    if (told_ || !failure_) return std::nullopt;
    told_ = true;
    return failure_;
  }

 private:
  host::PluginProcess& process_;
  std::optional<Error> failure_;
  bool told_ = false;
};

/// Keeps the session in a database. The first failure ends the simulation with it.
class Keeper final : public SessionObserver {
 public:
  static Result<std::unique_ptr<Keeper>> open(const std::string& path, record::SessionHeader header) {
    auto keeper = std::make_unique<Keeper>();
    auto store = record::Store::open(path);
    if (!store) return std::unexpected(std::move(store.error()));
    keeper->store_ = std::make_unique<record::Store>(std::move(*store));
    auto writer = record::SessionWriter::begin(*keeper->store_, std::move(header));
    if (!writer) return std::unexpected(std::move(writer.error()));
    keeper->writer_ = std::make_unique<record::SessionWriter>(std::move(*writer));
    return keeper;
  }
  void on_event(const session::Event& event) override {
    if (result_) result_ = writer_->add_event(event);
  }
  void on_input(const session::Input& input) override {
    if (result_) result_ = writer_->add_input(input);
  }
  void on_sample(SessionTime t, const Sample& sample) override {
    if (result_) result_ = writer_->add_sample(t, sample);
  }
  [[nodiscard]] const Result<>& result() const { return result_; }
  Result<> end(const session::SessionReport& report, const host::PluginProcess* plugin,
               const std::optional<std::string>& saved_state) {
    if (!result_) return result_;
    record::SessionSummary summary = record::summary_of(report);
    if (plugin != nullptr) summary.plugin = conduct_of(*plugin);
    summary.plugin_state = saved_state;
    return writer_->end(std::move(summary));
  }

 private:
  std::unique_ptr<record::Store> store_;
  std::unique_ptr<record::SessionWriter> writer_;
  Result<> result_;
};

Result<std::unique_ptr<host::PluginProcess>> launch_plugin(const session::Routine& routine,
                                                           const SimulateOptions& options, const SampleRing& ring) {
  auto file = host::find_plugin(routine.activation->plugin, options.plugin_folders);
  if (!file) return std::unexpected(std::move(file.error()));
  auto host_program = host::find_host_program();
  if (!host_program) return std::unexpected(std::move(host_program.error()));
  auto ring_fd = ring.read_only_descriptor();
  if (!ring_fd) return std::unexpected(std::move(ring_fd.error()));
  return host::PluginProcess::launch({.plugin_file = std::move(*file),
                                      .host_program = std::move(*host_program),
                                      .activation = *routine.activation,
                                      .side = options.side,
                                      .routine_file = routine.file,
                                      .ring_fd = *ring_fd});
}

Result<std::unique_ptr<ball::Person>> person_for(const SimulateOptions& options) {
  if (options.trace.empty()) return ball::make_person(options.person, options.seed);
  auto trace = ball::ForceTrace::read(options.trace);
  if (!trace) return std::unexpected(std::move(trace.error()));
  return std::make_unique<ball::TracePerson>(std::move(*trace));
}

}  // namespace

Result<session::SessionReport> simulate(const SimulateOptions& options) {
  const auto path = session::find_routine(options.routine, options.routine_folders);
  if (!path) return std::unexpected(path.error());
  auto routine = session::read_routine(*path);
  if (!routine) return std::unexpected(std::move(routine.error()));
  if (auto fits = session::check_own_band(options.band, *routine); !fits) {
    return std::unexpected(std::move(fits.error()));
  }
  auto person = person_for(options);
  if (!person) return std::unexpected(std::move(person.error()));

  ball::BallConfig ball_config{.serial = "SIM", .seed = options.seed, .rate_hz = options.rate_hz};
  auto made = ball::Ball::create(ball_config);
  if (!made) return std::unexpected(std::move(made.error()));
  ball::PacedBall ball(std::move(*made), std::move(*person), kBegin);
  VirtualLink link(ball);
  // SET_CONFIGURATION 1, as every host does first.
  if (ball.control(kBegin, {.request = 9, .value = 1}, {}).stalled) {
    return fail(Errc::kInternal, "the virtual ball does not let itself be configured");
  }
  const protocol::Calibration calibration = ball.ball().calibration();

  auto ring = SampleRing::create(kSimulatedRingSeconds * options.rate_hz);
  if (!ring) return std::unexpected(std::move(ring.error()));
  RingReader reader(*ring);
  sampling::Controls controls;
  sampling::Sampler sampler(controls, *ring, sampling::Limits{});
  sampler.attach(link, calibration);

  std::unique_ptr<host::PluginProcess> process;
  std::unique_ptr<Lockstep> plugin;
  if (routine->activation) {
    auto launched = launch_plugin(*routine, options, *ring);
    if (!launched) return std::unexpected(std::move(launched.error()));
    process = std::move(*launched);
    plugin = std::make_unique<Lockstep>(*process);
  }

  HostTime now = kBegin;
  CuesToPerson cues(ball, now);
  std::vector<SessionObserver*> observers{&cues};
  std::unique_ptr<Keeper> keeper;
  if (!options.database.empty()) {
    auto opened =
        Keeper::open(options.database,
                     {.profile = {},
                      .origin = record::Origin::kSimulation,
                      .routine = *routine,
                      .side = options.side,
                      .band = options.band,
                      .ball_serial = ball_config.serial,
                      .ball = ball.ball().info(),
                      .calibration = calibration,
                      .config = {},
                      .started_at = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()),
                      .plugin = process ? std::optional(identity_of(*process)) : std::nullopt});
    if (!opened) return std::unexpected(std::move(opened.error()));
    keeper = std::move(*opened);
    observers.push_back(keeper.get());
  }

  Conductor conductor(std::move(*routine), {.side = options.side, .band = options.band}, plugin.get(), observers);
  std::array<Sample, protocol::kMaxReadings * kUsbReportsAMillisecond> samples{};
  HostTime renew = now;
  while (!conductor.ended()) {
    now = ball.next_poll_at();
    link.set_time(now);
    const auto packet = ball.poll_in(now);
    if (!packet) continue;
    sampler.on_report(packet->view(), now);
    sampling::TripChange trip;
    while (sampler.take_trip(trip)) conductor.on_trip(trip);
    std::uint64_t index = reader.cursor();
    const std::size_t count = reader.read(samples);
    for (std::size_t i = 0; i < count; ++i) conductor.on_sample(index++, samples[i]);
    if (plugin) {
      if (const auto failure = plugin->take_failure()) conductor.on_plugin_failed(failure->message());
    }
    if (now >= renew) {
      controls.set_request(conductor.request(now, sampling::Limits{}.lease));
      renew = now + kRenewLease;
    }
    if (keeper && !keeper->result()) return std::unexpected(keeper->result().error());
  }
  session::SessionReport report = conductor.report();
  if (keeper) {
    if (auto kept = keeper->end(report, process.get(), conductor.session().saved_state()); !kept)
      return std::unexpected(std::move(kept.error()));
  }
  return report;
}

}  // namespace knead::live
