// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/sample.hpp"
#include "daemon/live/timeline.hpp"
#include "daemon/sampling/interlock.hpp"
#include "daemon/sampling/sampler.hpp"
#include "daemon/session/event_json.hpp"
#include "daemon/session/input.hpp"
#include "daemon/session/session.hpp"

namespace knead::live {

/// Where a session's events go for a plugin's eyes. In lockstep the answers are there when deliver() returns; live they
/// come later through Conductor::on_plugin().
class PluginPort {
 public:
  virtual ~PluginPort() = default;
  /// @param ring_head samples the plugin may read so far. @param epoch device time of session time 0.
  virtual void deliver(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
                       std::vector<session::input::PluginActed>& answers) = 0;
};

/// Hears everything that is to be kept or shown: recorder, cue sinks, API.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  virtual void on_event(const session::Event& event) { static_cast<void>(event); }
  /// What enters besides samples, before it takes effect.
  virtual void on_input(const session::Input& input) { static_cast<void>(input); }
  virtual void on_anchor(const Timeline::Anchor& anchor) { static_cast<void>(anchor); }
  virtual void on_sample(SessionTime t, const Sample& sample) {
    static_cast<void>(t);
    static_cast<void>(sample);
  }
};

/// Carries one session from its first sample to its report: puts samples and trips on the session's time line in the
/// order in which they happened, and hands what the session says to the plugin and the observers.
///
///   samples, trips ──▶ Timeline ──▶ Session ──▶ events ──▶ plugin ──▶ actions ──┐
///                                     ▲                └──▶ observers           │
///                                     └─────────────────────────────────────────┘
///
/// The same class drives the live session, `knead simulate` and `knead replay`: its samples and what its observers
/// heard by on_input() are all that a session is made of. One thread (the main thread when live). No I/O.
class Conductor {
 public:
  /// @p plugin may be null (a routine without an activation); it and the observers outlive the conductor. Nobody is
  /// called before the first sample.
  Conductor(session::Routine routine, const session::SessionOptions& options, PluginPort* plugin,
            std::vector<SessionObserver*> observers);

  /// The next sample of the ring.
  void on_sample(std::uint64_t ring_index, const Sample& sample);
  /// The ring's reader was lapped.
  void on_ring_lost(std::uint64_t count);
  /// From the sampling thread; takes effect before the sample it precedes.
  void on_trip(const sampling::TripChange& change);
  /// No sample has come for a while; @p now on the host's clock.
  void on_silence(HostTime now);
  void on_ball_lost(HostTime now);
  void on_ball_back(HostTime now);

  void on_plugin(session::input::PluginActed acted);
  void on_plugin_failed(const std::string& reason);
  void pause(const std::string& reason);
  Result<> resume();
  void stop(const std::string& by);
  /// An input as on_input() told of it; all the above come to this. Tells the observers of it again.
  Result<> enter(const session::Input& input);

  /// Samples that the session was given so far.
  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  [[nodiscard]] const session::Session& session() const noexcept { return session_; }
  [[nodiscard]] bool ended() const noexcept { return session_.ended(); }
  /// What the motor should do, to be renewed until @p now + @p lease.
  [[nodiscard]] sampling::LeasedRequest request(HostTime now, std::chrono::milliseconds lease) const;
  /// The whole session as numbers; complete once ended().
  [[nodiscard]] session::SessionReport report() const;

 private:
  template <class What>
  Result<> enter_now(What what) {
    return enter({.samples = samples_, .what = std::move(what)});
  }
  Result<> take(const session::input::RingLost& lost);
  Result<> take(const session::input::TripBegan& trip);
  Result<> take(const session::input::TripCleared& trip);
  Result<> take(const session::input::Silence& silence);
  Result<> take(const session::input::BallLost& lost);
  Result<> take(const session::input::BallBack& back);
  Result<> take(const session::input::PluginActed& acted);
  Result<> take(const session::input::PluginFailed& failed);
  Result<> take(const session::input::Pause& pause);
  Result<> take(const session::input::Resume& resume);
  Result<> take(const session::input::Stop& stop);
  Result<> take(const session::input::TickSkipped& skipped);
  Result<> take(const session::input::PluginHeard& heard);
  void tell(const session::Input& input);
  void pump();
  void apply_trips(std::uint64_t before_index);
  void apply(const sampling::TripChange& change);

  session::Session session_;
  PluginPort* plugin_;
  std::vector<SessionObserver*> observers_;
  Timeline timeline_;
  std::deque<sampling::TripChange> waiting_trips_;
  std::uint64_t samples_ = 0;
  std::uint64_t next_index_ = 0;  // one past the newest sample: what the plugin may read
  std::uint64_t last_seq_ = 0;
  std::uint64_t explained_ = 0;  // losses already told of that the next jump in the sequence shows again
  bool has_sample_ = false;
  std::vector<session::input::PluginActed> answers_;

  std::vector<session::Event> events_;
  std::chrono::microseconds motor_on_{};
  Level motor_max_{};
  SessionTime last_sample_at_{};
};

}  // namespace knead::live
