// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/live/calibrator.hpp"
#include "daemon/live/live_discomfort.hpp"
#include "daemon/live/live_session.hpp"
#include "daemon/live/safety_gate.hpp"
#include "daemon/live/station.hpp"
#include "daemon/record/profiles.hpp"
#include "daemon/record/recorder.hpp"
#include "daemon/sampling/cpu_latency.hpp"
#include "daemon/sampling/sampling_thread.hpp"
#include "hw/link/link.hpp"

namespace knead::live {

struct SessionRequest {
  std::string routine;  ///< id or path
  session::Side side = session::Side::kRight;
  std::string profile;
  std::string ball;  ///< serial; empty: the configured one, or the only one
  std::optional<int> nrs_before{};
  std::optional<int> nrs_after{};
};

/// Who hears of sessions: the API, cue sinks, the persons of virtual balls. Main thread.
class SessionListener {
 public:
  virtual ~SessionListener() = default;
  virtual void on_session_event(const std::string& serial, const session::Event& event) = 0;
  virtual void on_session_ended(std::int64_t session_id, const session::SessionReport& report) = 0;
  virtual void on_discomfort_cue(const std::string& serial, const session::Cue& cue) {
    static_cast<void>(serial);
    static_cast<void>(cue);
  }
  virtual void on_discomfort_ended(const LiveDiscomfort& set) { static_cast<void>(set); }
};

/// Everything that goes on in kneadd on its main thread: balls come and go, at most one session runs, a beat every 10
/// ms moves it on. Knows nothing of sockets or signals.
class Daemon final : private hw::BusEvents {
 public:
  struct Folders {
    std::vector<std::string> routines;
    std::vector<std::string> plugins;
  };
  /// @p bus and @p recorder must outlive it. The bus is started here.
  static Result<std::unique_ptr<Daemon>> start(boost::asio::io_context& io, const LoadedConfig& config, Folders folders,
                                               hw::Bus& bus, record::Recorder& recorder);
  /// Ends a running session, lets go of the balls, ends the sampling thread.
  ~Daemon() override;

  /// @p listener is not called any more once the daemon's destruction begins.
  void listen(SessionListener& listener) { listeners_.push_back(&listener); }

  // ---- What clients ask for -------------------------------------------------------------------------------------

  using RunHandler = std::function<void(const Result<const LiveSession*>&)>;
  /// Begins a session. Waits for no plugin: @p on_done is called once, from the main loop as soon as the plugin is
  /// there, or right away where there is none or the request is refused. Errors: kNotFound, kInvalidInput (routine,
  /// plugin), kNoBall, as of check_idle(), kRefused (the ball is not calibrated, a trip holds, or a stop came
  /// meanwhile), kUnanswered (the safety questions), and of the record, which holds the profile's soft cap.
  void run(const SessionRequest& request, RunHandler on_done);
  /// Errors: kNotFound, no session runs; kRefused.
  Result<> pause(const std::string& reason);
  Result<> resume();
  /// Every motor off and latched, session or not (R3). @p by names who: "cli", "signal".
  void stop(const std::string& by);
  /// Stops a running session and closes its record: the daemon is about to end.
  void end_session(const std::string& by);
  /// @p serial empty: every ball. Errors: kNoBall; as of check_idle() and of the ball's refusal.
  Result<> clear(const std::string& serial);
  /// The ball @p serial, or the configured one, or the only one. Error: kNoBall.
  Result<Station*> choose_station(const std::string& serial);
  /// Whether nobody has the balls: no session runs or is about to, no discomfort trials are under way. Whatever waits
  /// for a ball or a disk asks this first, so that no motor and no press waits with it. Error: kBusy.
  [[nodiscard]] Result<> check_idle() const;
  /// choose_station(), when nobody has the balls: one whose calibration may be changed. Errors: kNoBall, kBusy.
  Result<Station*> choose_idle_station(const std::string& serial);
  [[nodiscard]] Calibrator& calibrator() noexcept { return calibrator_; }
  [[nodiscard]] const Calibrator& calibrator() const noexcept { return calibrator_; }
  [[nodiscard]] SafetyGate& safety() noexcept { return safety_; }
  /// Begins a set of discomfort trials, with the motor off throughout. Errors: as of check_idle(); kNoBall, kRefused
  /// (not calibrated, a trip holds), kUnanswered (the safety questions), and of the record.
  Result<> begin_discomfort(const std::string& profile, session::Side side, const std::string& serial);
  /// The second way to press. Error: kNotFound, no set runs.
  Result<> press_discomfort();
  /// Ends a set that runs; nothing else is stopped. @p why as of LiveDiscomfort::stop().
  void stop_discomfort(std::string why = {});

  // ---- How it is ------------------------------------------------------------------------------------------------

  /// A ball that is there but cannot be used.
  struct Unusable {
    hw::BallInfo ball;
    std::string problem;
  };
  [[nodiscard]] const LiveSession* session() const noexcept { return session_.get(); }
  [[nodiscard]] const LiveDiscomfort* discomfort() const noexcept { return discomfort_.get(); }
  [[nodiscard]] const std::map<std::string, std::unique_ptr<Station>>& stations() const noexcept { return stations_; }
  [[nodiscard]] std::vector<Unusable> unusable() const;
  [[nodiscard]] const sampling::RealtimeGrant& realtime() const noexcept { return thread_->grant(); }
  /// Processors are kept from deep sleep, as while a session runs.
  [[nodiscard]] bool cpu_latency_held() const noexcept { return cpu_latency_.has_value(); }
  [[nodiscard]] record::RecorderStatus record_status() const { return recorder_.status(); }
  [[nodiscard]] const Config& config() const noexcept { return config_.config; }
  [[nodiscard]] std::string profile() const { return profile_; }

  static constexpr std::chrono::milliseconds kBeat{10};

 private:
  // What to do about a ball that is on the bus and not in use yet.
  struct Arrival {
    hw::BallInfo ball;
    int attempts = 0;
    HostTime next_attempt{};
    std::string problem{};
  };

  Daemon(boost::asio::io_context& io, const LoadedConfig& config, Folders folders, hw::Bus& bus,
         record::Recorder& recorder);
  void on_arrived(hw::BallInfo ball) override;  // a thread of the bus
  void on_left(hw::BallId ball) override;       // a thread of the bus

  void arrived(hw::BallInfo ball);
  void left(hw::BallId ball);
  void try_arrivals(HostTime now);
  Result<> connect(const hw::BallInfo& ball);
  /// Balls that went away, when there are too many of them.
  void forget_strangers();
  void lost(Station& station);
  void schedule_beat();
  void beat(HostTime now);
  void hold_cpu_latency();
  void finish_session();
  void finish_discomfort();
  /// choose_station(), of those that a session may begin on.
  Result<Station*> choose_ready_station(const std::string& serial);

  /// A session whose plugin is on its way.
  struct Beginning {
    SessionRequest request;  ///< with the chosen ball
    session::Routine routine;
    std::optional<session::Band> band{};
    std::optional<Newtons> soft_cap{};
    std::string plugin_state{};
    RunHandler on_done;
  };
  Result<Beginning> prepare(const SessionRequest& request);
  /// Fills in what the plugin kept.
  Result<host::PluginLaunch> plugin_launch(Beginning& beginning);
  /// Errors: of the record.
  [[nodiscard]] Result<record::Profile> profile_of(const std::string& name) const;
  [[nodiscard]] std::string kept_state(const std::string& profile, const std::string& plugin_file) const;
  Result<const LiveSession*> begin(const Beginning& beginning, std::unique_ptr<host::PluginProcess> plugin);
  /// Answers a session that has not begun with @p error: it never will.
  void abandon_beginning(const Error& error);

  boost::asio::io_context& io_;
  LoadedConfig config_;
  sampling::Limits limits_;
  Folders folders_;
  hw::Bus& bus_;
  record::Recorder& recorder_;
  boost::asio::steady_timer timer_;
  std::vector<SessionListener*> listeners_;
  std::string profile_;
  std::optional<int> nrs_after_;
  std::int64_t discomfort_sets_ = 0;  ///< begun
  std::optional<sampling::CpuLatencyHold> cpu_latency_;
  Calibrator calibrator_;
  SafetyGate safety_;

  // Destroyed bottom up: the session lets go of its station, the stations of the sampling thread.
  std::unique_ptr<sampling::SamplingThread> thread_;
  std::vector<Arrival> arrivals_;
  std::map<std::string, std::unique_ptr<Station>> stations_;
  std::shared_ptr<Beginning> beginning_;
  std::unique_ptr<LiveSession> session_;
  std::unique_ptr<LiveDiscomfort> discomfort_;
};

}  // namespace knead::live
