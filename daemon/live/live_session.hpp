// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/host/plugin_process.hpp"
#include "daemon/live/conductor.hpp"
#include "daemon/live/station.hpp"
#include "daemon/record/recorder.hpp"

namespace knead::live {

/// One session on one station: carries samples and trips from the sampling thread to the conductor, renews the motor's
/// lease, and hands events to the recorder, the plugin process and whoever listens.
///
/// Main thread. beat() must come many times within a lease; when it does not, the lease lapses and the motor stops
/// (R1). Destroying it withdraws the motor request and kills the plugin.
class LiveSession final : private PluginPort, private SessionObserver {
 public:
  using Listener = std::function<void(const session::Event&)>;

  struct Parts {
    boost::asio::io_context& io;
    Station& station;
    record::Recorder& recorder;
    std::unique_ptr<host::PluginProcess> plugin;  ///< null: the routine has no activation
    Listener listener;
  };
  /// Starts at the newest sample of @p header's ball. Error: kNoBall, it sends no readings.
  static Result<std::unique_ptr<LiveSession>> begin(Parts parts, const record::SessionHeader& header,
                                                    std::chrono::milliseconds lease);
  ~LiveSession() override;
  LiveSession(const LiveSession&) = delete;
  LiveSession& operator=(const LiveSession&) = delete;

  /// Brings the session up to @p now.
  void beat(HostTime now);
  void on_ball_lost(HostTime now);
  void on_ball_back(HostTime now);
  void pause(const std::string& reason) { conductor_.pause(reason); }
  Result<> resume() { return conductor_.resume(); }
  /// The session's end by a person. Whoever calls it has stopped the motor already.
  void stop(HostTime now, const std::string& by);

  [[nodiscard]] bool ended() const noexcept { return conductor_.ended(); }
  [[nodiscard]] const session::Session& session() const noexcept { return conductor_.session(); }
  [[nodiscard]] Station& station() noexcept { return parts_.station; }
  [[nodiscard]] const Station& station() const noexcept { return parts_.station; }
  /// Closes the record, with the pain 0..10 that the person gave for afterwards. Once, after ended().
  session::SessionReport finish(std::optional<int> nrs_after);

 private:
  LiveSession(Parts parts, const record::SessionHeader& header, std::chrono::milliseconds lease, RingReader reader);

  void deliver(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
               std::vector<session::input::PluginActed>& answers) override;
  void on_event(const session::Event& event) override;
  void on_input(const session::Input& input) override;
  void on_anchor(const Timeline::Anchor& anchor) override;
  void note_heard();
  void tell_standing_trips();
  void follow_trips(HostTime now);
  void drain(HostTime now);

  Parts parts_;
  std::chrono::milliseconds lease_;
  RingReader reader_;
  protocol::Calibration calibration_;  ///< as the record knows it
  std::uint64_t ring_lost_ = 0;
  std::uint64_t fed_ = 0;  ///< one past the newest sample that the session was given
  sampling::TripSet trips_told_;
  std::uint64_t trips_missed_ = 0;
  HostTime last_sample_seen_{};
  bool first_anchor_ = true;
  bool finished_ = false;
  Conductor conductor_;
};

}  // namespace knead::live
