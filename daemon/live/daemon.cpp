// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/daemon.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <utility>

#include "daemon/host/find_plugin.hpp"
#include "daemon/host/landlock.hpp"
#include "daemon/live/patience.hpp"
#include "daemon/live/plugin_facts.hpp"
#include "daemon/session/routine_library.hpp"

namespace knead::live {

namespace {

// udev sets a device node's permissions a moment after the node is there, and a ball that was just reset may not answer
// at once: often at first, so that it is back within the 2 s of R5, then now and then: another program may let go of
// it.
constexpr int kQuickAttempts = 12;
constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::milliseconds kQuickRetry{400};
constexpr std::chrono::seconds kSlowRetry{5};

std::chrono::milliseconds retry_after(int attempts) {
  if (attempts >= kQuickAttempts) return kSlowRetry;
  return std::min(kFirstRetry * (1 << std::min(attempts, 4)), kQuickRetry);
}

sampling::Limits limits_of(const Config& config) {
  return sampling::Limits{.hard_limit = config.interlock.hard_limit,
                          .max_level = Level::from_fraction(config.interlock.max_level),
                          .max_temperature_c = config.interlock.max_temperature_c,
                          .stale = config.interlock.stale,
                          .lease = config.interlock.lease,
                          .ttl = config.interlock.ttl,
                          .rise_per_s = config.interlock.max_rise_per_s,
                          .motor_budget = config.interlock.max_vibration,
                          .motor_run = config.interlock.max_run}
      .capped();
}

std::optional<session::Band> band_of(const Config& config) {
  if (!config.session.band) return std::nullopt;
  return session::Band{.lo = config.session.band->lo, .hi = config.session.band->hi};
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::start(boost::asio::io_context& io, const LoadedConfig& config, Folders folders,
                                              hw::Bus& bus, record::Recorder& recorder) {
  std::unique_ptr<Daemon> daemon(new Daemon(io, config, std::move(folders), bus, recorder));
  if (auto started = bus.start(*daemon); !started) return std::unexpected(std::move(started.error()));
  const Config::Realtime& realtime = config.config.realtime;
  daemon->thread_ = std::make_unique<sampling::SamplingThread>(
      bus, sampling::RealtimeOptions{
               .priority = realtime.priority, .cpu = realtime.cpu, .lock_memory = realtime.lock_memory});
  if (!daemon->realtime().notes.empty()) spdlog::warn("{}", daemon->realtime().notes);
  if (host::landlock::version() == 0) spdlog::warn("{}", host::kNoLandlock);
  daemon->schedule_beat();
  return daemon;
}

Daemon::Daemon(boost::asio::io_context& io, const LoadedConfig& config, Folders folders, hw::Bus& bus,
               record::Recorder& recorder)
    : io_(io),
      config_(config),
      limits_(limits_of(config.config)),
      folders_(std::move(folders)),
      bus_(bus),
      recorder_(recorder),
      timer_(io),
      calibrator_(io, recorder, [this](const std::string& serial) { return choose_idle_station(serial); }),
      safety_(io, recorder, config.config.session.safety_questions, config.config.record.database) {}

Daemon::~Daemon() {
  listeners_.clear();  // they may be gone already, and so may whoever waits for a session to begin
  beginning_.reset();
  end_session("daemon");
  bus_.end_events();
}

// ---- Balls
// ------------------------------------------------------------------------------------------------------------

void Daemon::on_arrived(hw::BallInfo ball) {
  boost::asio::post(io_, [this, ball = std::move(ball)]() mutable { arrived(std::move(ball)); });
}

void Daemon::on_left(hw::BallId ball) {
  boost::asio::post(io_, [this, ball] { left(ball); });
}

void Daemon::arrived(hw::BallInfo ball) {
  std::erase_if(arrivals_, [&](const Arrival& a) { return a.ball.id == ball.id; });
  if (!ball.serial.empty() && !protocol::is_serial(ball.serial)) {
    // It goes into logs, records and terminals from here on: only what PROTOCOL.md allows.
    ball.problem = {.code = Errc::kProtocol,
                    .context = fmt::format("the ball at {} states a serial number that is not 1 to {} printable ASCII "
                                           "characters without spaces",
                                           ball.path, protocol::kMaxSerial),
                    .remedy = "update the ball's firmware"};
    ball.serial.clear();
  }
  arrivals_.push_back({.ball = std::move(ball)});
  try_arrivals(HostClock::now());
}

void Daemon::left(hw::BallId ball) {
  std::erase_if(arrivals_, [&](const Arrival& a) { return a.ball.id == ball; });
  for (auto& [serial, station] : stations_) {
    if (station->connected() && station->ball_id() == ball) lost(*station);
  }
}

void Daemon::lost(Station& station) {
  spdlog::info("ball {} is gone", station.serial());
  station.disconnect();
  if (session_ && &session_->station() == &station) session_->on_ball_lost(HostClock::now());
  if (discomfort_ && &discomfort_->station() == &station) {
    discomfort_->on_ball_lost(HostClock::now());
    finish_discomfort();
  }
}

void Daemon::try_arrivals(HostTime now) {
  for (Arrival& arrival : arrivals_) {
    if (now < arrival.next_attempt) continue;
    // A ball that is slow to answer must not hold up who has another one.
    const std::string& serial = arrival.ball.serial;
    if (session_ && !session_->ended() && session_->station().serial() != serial) continue;
    if (discomfort_ && discomfort_->station().serial() != serial) continue;
    const auto done = connect(arrival.ball);
    if (done) {
      arrival.attempts = -1;
      continue;
    }
    const bool first_of_its_kind = arrival.problem != done.error().message();
    arrival.problem = done.error().message();
    if (first_of_its_kind) spdlog::warn("{}: {}", arrival.ball.path, arrival.problem);
    arrival.next_attempt = now + retry_after(arrival.attempts);
    ++arrival.attempts;
  }
  std::erase_if(arrivals_, [](const Arrival& a) { return a.attempts < 0; });
}

Result<> Daemon::connect(const hw::BallInfo& ball) {
  if (ball.serial.empty()) return std::unexpected(ball.problem);
  auto found = stations_.find(ball.serial);
  if (found != stations_.end() && found->second->connected()) {
    return fail(Errc::kBusy, fmt::format("a second ball calls itself {}", ball.serial), "unplug one of them");
  }
  if (found == stations_.end()) {
    forget_strangers();
    auto made = Station::create(ball.serial, limits_, config_.config.ball.rate_hz, *thread_);
    if (!made) return std::unexpected(std::move(made.error()));
    found = stations_.emplace(ball.serial, std::move(*made)).first;
  }
  Station& station = *found->second;
  if (auto done = station.connect(bus_, ball); !done) return done;
  spdlog::info("ball {} at {}: {} Hz, {}", station.serial(), station.path(), station.info().rate_hz,
               station.calibration().calibrated ? "calibrated" : "not calibrated");
  calibrator_.ball_came(station);
  if (session_ && &session_->station() == &station) session_->on_ball_back(HostClock::now());
  return {};
}

void Daemon::forget_strangers() {
  if (stations_.size() < sampling::SamplingThread::kMaxBalls) return;
  // Each keeps a minute of samples in memory. What is latched outlives its ball's absence (R3).
  std::erase_if(stations_, [this](const auto& entry) {
    const Station& station = *entry.second;
    return !station.connected() && !station.holds_a_latch() && !(session_ && &session_->station() == &station) &&
           !(discomfort_ && &discomfort_->station() == &station);
  });
}

std::vector<Daemon::Unusable> Daemon::unusable() const {
  std::vector<Unusable> out;
  for (const Arrival& arrival : arrivals_) {
    if (!arrival.problem.empty()) out.push_back({.ball = arrival.ball, .problem = arrival.problem});
  }
  return out;
}

Result<Station*> Daemon::choose_station(const std::string& serial) {
  const std::string& wanted = serial.empty() ? config_.config.ball.serial : serial;
  std::vector<Station*> here;
  for (auto& [name, station] : stations_) {
    if (station->connected() && (wanted.empty() || name == wanted)) here.push_back(station.get());
  }
  if (here.size() == 1) return here.front();
  if (!here.empty()) {
    std::string names;
    for (const Station* station : here) names += (names.empty() ? "" : ", ") + station->serial();
    return fail(Errc::kNoBall, fmt::format("there are {} balls", here.size()),
                fmt::format("say which with --ball: {}", names));
  }
  if (!arrivals_.empty() && wanted.empty()) {
    return fail(Errc::kNoBall, fmt::format("the ball at {} cannot be used: {}", arrivals_.front().ball.path,
                                           arrivals_.front().problem));
  }
  if (wanted.empty()) return fail(Errc::kNoBall, "no ball is plugged in");
  return fail(Errc::kNoBall, fmt::format("ball {} is not plugged in", wanted));
}

// ---- The session --------------------------------------------------------------------------------------------------

Result<Station*> Daemon::choose_ready_station(const std::string& serial) {
  auto station = choose_station(serial);
  if (!station) return station;
  if (auto known = (*station)->check_calibrated(); !known) return std::unexpected(std::move(known.error()));
  if (const auto why = (*station)->why_latched()) {
    return fail(Errc::kRefused, *why, "`knead clear` lets go of it, when you are ready");
  }
  return station;
}

void Daemon::run(const SessionRequest& request, RunHandler on_done) {
  auto prepared = prepare(request);
  if (!prepared) return on_done(std::unexpected(prepared.error()));
  if (!prepared->routine.activation) return on_done(begin(*prepared, nullptr));
  const auto launch = plugin_launch(*prepared);
  if (!launch) return on_done(std::unexpected(launch.error()));
  prepared->on_done = std::move(on_done);
  beginning_ = std::make_shared<Beginning>(std::move(*prepared));
  // What comes after it was abandoned, or after the daemon is gone, finds nobody, and the plugin's process ends.
  host::PluginProcess::launch(io_, *launch, [this, weak = std::weak_ptr(beginning_)](auto plugin) {
    const auto beginning = weak.lock();
    if (!beginning) return;
    beginning_.reset();
    beginning->on_done(plugin ? begin(*beginning, std::move(*plugin)) : std::unexpected(std::move(plugin.error())));
  });
}

Result<Daemon::Beginning> Daemon::prepare(const SessionRequest& request) {
  if (auto idle = check_idle(); !idle) return std::unexpected(std::move(idle.error()));
  if (session_) finish_session();
  const auto path = session::find_routine(request.routine, folders_.routines);
  if (!path) return std::unexpected(path.error());
  auto routine = session::read_routine(*path);
  if (!routine) return std::unexpected(std::move(routine.error()));
  const auto profile = profile_of(request.profile);
  if (!profile) return std::unexpected(profile.error());
  const auto band = profile->band ? profile->band : band_of(config_.config);
  if (auto fits = session::check_own_band(band, *routine); !fits) return std::unexpected(std::move(fits.error()));
  const auto station = choose_ready_station(request.ball);
  if (!station) return std::unexpected(station.error());
  if (auto may = safety_.may_begin(request.profile, (*station)->simulated()); !may)
    return std::unexpected(std::move(may.error()));
  Beginning beginning{
      .request = request, .routine = std::move(*routine), .band = band, .soft_cap = profile->soft_cap, .on_done = {}};
  beginning.request.ball = (*station)->serial();
  return beginning;
}

Result<record::Profile> Daemon::profile_of(const std::string& name) const {
  const auto store = record::Store::open_read_only(config_.config.record.database);
  auto profile = store ? record::load_profile(*store, name) : std::unexpected(store.error());
  if (profile) return profile;
  // Without the soft cap a person would be led above their own limit.
  Error error = std::move(profile.error());
  error.context = "the profile's own band and soft cap cannot be read: " + error.context;
  return std::unexpected(std::move(error));
}

std::string Daemon::kept_state(const std::string& profile, const std::string& plugin_file) const {
  const auto store = record::Store::open_read_only(config_.config.record.database);
  auto state = store ? store->plugin_state(profile, plugin_file) : std::unexpected(store.error());
  if (state) return std::move(*state);
  // A session without it is better than none.
  spdlog::warn("what the plugin kept cannot be read: {}", state.error().message());
  return {};
}

Result<host::PluginLaunch> Daemon::plugin_launch(Beginning& beginning) {
  const session::Activation& activation = *beginning.routine.activation;
  auto file = host::find_plugin(activation.plugin, folders_.plugins);
  if (!file) return std::unexpected(std::move(file.error()));
  // One name for one file: what it keeps is kept by it.
  std::error_code unresolved;
  if (auto path = std::filesystem::canonical(*file, unresolved); !unresolved) *file = path.string();
  beginning.plugin_state = kept_state(beginning.request.profile, *file);
  auto program = host::find_host_program();
  if (!program) return std::unexpected(std::move(program.error()));
  const auto ring = stations_.at(beginning.request.ball)->ring().read_only_descriptor();
  if (!ring) return std::unexpected(ring.error());
  return host::PluginLaunch{.plugin_file = std::move(*file),
                            .host_program = std::move(*program),
                            .activation = activation,
                            .side = beginning.request.side,
                            .routine_file = beginning.routine.file,
                            .ring_fd = *ring,
                            .state = beginning.plugin_state};
}

Result<const LiveSession*> Daemon::begin(const Beginning& beginning, std::unique_ptr<host::PluginProcess> plugin) {
  // Once more: while the plugin came the ball may have left, or stopped.
  const auto station = choose_ready_station(beginning.request.ball);
  if (!station) return std::unexpected(station.error());
  Station* const where = *station;
  const SessionRequest& request = beginning.request;
  const record::SessionHeader header{
      .profile = request.profile,
      .routine = beginning.routine,
      .side = request.side,
      .band = beginning.band,
      .soft_cap = beginning.soft_cap,
      .ball_serial = where->serial(),
      .ball = where->info(),
      .calibration = where->calibration(),
      .config = render(config_),
      .started_at = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()),
      .nrs_before = request.nrs_before,
      .plugin = plugin ? std::optional(identity_of(*plugin)) : std::nullopt,
      .plugin_state = beginning.plugin_state};
  auto begun = LiveSession::begin({.io = io_,
                                   .station = *where,
                                   .recorder = recorder_,
                                   .plugin = std::move(plugin),
                                   .listener =
                                       [this, where](const session::Event& event) {
                                         for (SessionListener* l : listeners_)
                                           l->on_session_event(where->serial(), event);
                                       }},
                                  header, limits_.lease);
  if (!begun) return std::unexpected(std::move(begun.error()));
  session_ = std::move(*begun);
  hold_cpu_latency();
  profile_ = request.profile;
  nrs_after_ = request.nrs_after;
  spdlog::info("session {} begins: {}, {}, ball {}", recorder_.status().session_id, session_->session().routine().id,
               to_string(request.side), where->serial());
  return session_.get();
}

void Daemon::abandon_beginning(const Error& error) {
  if (const auto beginning = std::exchange(beginning_, nullptr)) beginning->on_done(std::unexpected(error));
}

Result<> Daemon::pause(const std::string& reason) {
  if (!session_ || session_->ended()) return fail(Errc::kNotFound, "no session runs", "begin one with `knead run`");
  session_->pause(reason);
  session_->beat(HostClock::now());
  return {};
}

Result<> Daemon::resume() {
  if (!session_ || session_->ended()) return fail(Errc::kNotFound, "no session runs", "begin one with `knead run`");
  return session_->resume();
}

void Daemon::stop(const std::string& by) {
  for (auto& [serial, station] : stations_) station->stop();
  stop_discomfort(fmt::format("stopped by {}", by));
  if (session_) session_->stop(HostClock::now(), by);
  abandon_beginning({.code = Errc::kRefused, .context = "a stop came before the session began", .remedy = {}});
}

void Daemon::end_session(const std::string& by) {
  abandon_beginning({.code = Errc::kRefused, .context = "the daemon ends", .remedy = {}});
  stop_discomfort(fmt::format("stopped by {}", by));
  if (!session_) return;
  stop(by);
  finish_session();
}

Result<> Daemon::clear(const std::string& serial) {
  // It would take back what the interlock has counted against the running session.
  if (auto idle = check_idle(); !idle) return idle;
  bool found = false;
  Result<> result;
  for (auto& [name, station] : stations_) {
    if (!serial.empty() && name != serial) continue;
    found = true;
    // One that refuses does not keep the others from being tried.
    if (auto done = station->clear(); !done && result) result = std::move(done);
  }
  if (found) return result;
  return fail(Errc::kNoBall, serial.empty() ? "no ball is plugged in" : fmt::format("there is no ball {}", serial));
}

Result<Station*> Daemon::choose_idle_station(const std::string& serial) {
  auto station = choose_station(serial);
  if (!station) return station;
  if (auto idle = check_idle(); !idle) return std::unexpected(std::move(idle.error()));
  return station;
}

Result<> Daemon::check_idle() const {
  if (session_ && !session_->ended()) {
    return fail(Errc::kBusy, fmt::format("a session of {} runs", session_->session().routine().id),
                "wait for its end, or stop it with `knead stop`");
  }
  if (beginning_) {
    return fail(Errc::kBusy, fmt::format("a session of {} is about to begin", beginning_->routine.id),
                "wait for its end, or stop it with `knead stop`");
  }
  if (discomfort_) {
    return fail(Errc::kBusy, "discomfort trials are under way", "finish them, or end them where they run");
  }
  return {};
}

Result<> Daemon::begin_discomfort(const std::string& profile, session::Side side, const std::string& serial) {
  if (auto idle = check_idle(); !idle) return idle;
  if (session_) finish_session();
  const auto station = choose_ready_station(serial);
  if (!station) return std::unexpected(station.error());
  // Pressing until it is uncomfortable asks at least as much of a person as a session does.
  if (auto may = safety_.may_begin(profile, (*station)->simulated()); !may)
    return std::unexpected(std::move(may.error()));
  const std::string ball = (*station)->serial();
  discomfort_ = std::make_unique<LiveDiscomfort>(**station, ++discomfort_sets_, profile, side,
                                                 session::DiscomfortProtocol::below(limits_.hard_limit),
                                                 [this, ball](const session::Cue& cue) {
                                                   for (SessionListener* l : listeners_)
                                                     l->on_discomfort_cue(ball, cue);
                                                 });
  spdlog::info("discomfort trials {} begin: {}, ball {}", discomfort_sets_, to_string(side), ball);
  return {};
}

Result<> Daemon::press_discomfort() {
  if (!discomfort_)
    return fail(Errc::kNotFound, "no discomfort trials are under way", "`knead discomfort` begins them");
  discomfort_->press(HostClock::now());
  return {};
}

void Daemon::stop_discomfort(std::string why) {
  if (!discomfort_) return;
  discomfort_->stop(HostClock::now(), std::move(why));
  finish_discomfort();
}

void Daemon::finish_discomfort() {
  const auto done = std::exchange(discomfort_, nullptr);
  spdlog::info("discomfort trials end: {}, {}", to_string(done->set().outcome()), done->reason());
  for (SessionListener* listener : listeners_) listener->on_discomfort_ended(*done);
}

void Daemon::hold_cpu_latency() {
  if (!config_.config.realtime.hold_cpu_latency) return;
  auto hold = sampling::CpuLatencyHold::take();
  // Worth a word and no more: a session is as safe without it, only a little slower to react.
  if (!hold)
    spdlog::info("{}", hold.error().message());
  else
    cpu_latency_.emplace(std::move(*hold));
}

void Daemon::finish_session() {
  const session::SessionReport report = session_->finish(nrs_after_);
  if (const auto kept = recorder_.flush(kRecordPatience); !kept) spdlog::error("{}", kept.error().message());
  const record::RecorderStatus status = recorder_.status();
  if (const std::string missing = status.missing(); !missing.empty()) spdlog::warn("{}", missing);
  spdlog::info("session {} ends: {}, {}", status.session_id, to_string(report.outcome), report.reason);
  session_.reset();
  cpu_latency_.reset();
  for (SessionListener* listener : listeners_) listener->on_session_ended(status.session_id, report);
}

void Daemon::schedule_beat() {
  timer_.expires_after(kBeat);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    schedule_beat();
    beat(HostClock::now());
  });
}

void Daemon::beat(HostTime now) {
  for (auto& [serial, station] : stations_) {
    // The link may break before the bus says that the ball left, or without. The bus announces what is still there
    // anew.
    if (station->gone()) lost(*station);
  }
  try_arrivals(now);
  if (session_) {
    session_->beat(now);
    if (session_->ended()) finish_session();
  }
  if (discomfort_) {
    discomfort_->beat(now);
    if (discomfort_->set().ended()) {
      finish_discomfort();
    } else if (const auto why = discomfort_->station().why_latched()) {
      stop_discomfort(*why);  // the ball's button says stop to whatever runs (R3), and a broken sensor measures nothing
    }
  }
  if (!session_) {
    // Nobody reads the trips between sessions but status, which has them from the counters.
    sampling::TripChange trip;
    for (auto& [serial, station] : stations_) {
      while (station->take_trip(trip))
        spdlog::info("ball {}: {} {}", serial, to_string(trip.trip), trip.began ? "begins" : "ends");
    }
  }
}

}  // namespace knead::live
