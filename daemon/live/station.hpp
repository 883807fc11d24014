// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/core/sample_ring.hpp"
#include "daemon/sampling/controls.hpp"
#include "daemon/sampling/sampler.hpp"
#include "daemon/sampling/sampling_thread.hpp"
#include "daemon/session/calibration.hpp"
#include "hw/link/link.hpp"

namespace knead::live {

/// The place of one ball, known by its serial: its link while it is plugged in, and what outlives a replug: the ring,
/// the sampler with its interlock, the stop latch.
///
///   [away] ── connect() ──▶ [streaming] ── disconnect() ──▶ [away]
///
/// Main thread. Control requests wait for the ball, up to kControlTimeout each; the caller sees to it that no session
/// on another ball waits with them.
class Station {
 public:
  /// @p rate_hz sizes the ring and is set in the ball at each connect. @p thread must outlive the station.
  static Result<std::unique_ptr<Station>> create(std::string serial, const sampling::Limits& limits, int rate_hz,
                                                 sampling::SamplingThread& thread);
  ~Station();

  /// Opens, configures and streams. Errors: as Bus::open; kProtocol, another protocol version; kTimeout.
  Result<> connect(hw::Bus& bus, const hw::BallInfo& ball);
  /// The ball is gone, or its link is beyond repair.
  void disconnect();

  [[nodiscard]] const std::string& serial() const noexcept { return serial_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// In this process: nobody's neck is on it.
  [[nodiscard]] bool simulated() const noexcept { return simulated_; }
  [[nodiscard]] hw::BallId ball_id() const noexcept { return ball_id_; }
  [[nodiscard]] bool connected() const noexcept { return link_ != nullptr; }
  /// The link says that the ball is gone, though nobody has called disconnect() yet.
  [[nodiscard]] bool gone() const noexcept;
  [[nodiscard]] const protocol::Info& info() const noexcept { return info_; }
  [[nodiscard]] const protocol::Calibration& calibration() const noexcept { return calibration_; }
  [[nodiscard]] const SampleRing& ring() const noexcept { return ring_; }
  [[nodiscard]] const sampling::SamplerCounters& counters() const noexcept { return sampler_.counters(); }
  [[nodiscard]] const sampling::SamplerLatency& latency() const noexcept { return sampler_.latency(); }
  [[nodiscard]] sampling::TripSet trips() const noexcept;
  /// Newest sample; empty while away or when it is older than @p max_age.
  [[nodiscard]] std::optional<Sample> newest(HostTime now, std::chrono::milliseconds max_age) const;
  bool take_trip(sampling::TripChange& out) { return sampler_.take_trip(out); }

  /// What the motor should do, until the lease ends. Renew it.
  void request(const sampling::LeasedRequest& request) noexcept { controls_.set_request(request); }
  void begin_session() noexcept { controls_.begin_session(); }
  void end_session() noexcept { controls_.withdraw_request(); }

  /// Motor off at once, latched here and in the ball (R3). Works with the ball away too.
  void stop() noexcept;
  [[nodiscard]] bool stop_latched() const noexcept;
  /// The same of a ball that is away: by what was last seen of it too.
  [[nodiscard]] bool holds_a_latch() const noexcept;
  /// What it holds, in plain words: a fault before a stop. Empty: nothing.
  [[nodiscard]] std::optional<std::string> why_latched() const;
  /// Takes back what is latched, here and in the ball. Errors: as of the request.
  Result<> clear();
  /// The last second of readings, when nothing moved in it. Errors: kNoBall, it sends none; as session::at_rest().
  [[nodiscard]] Result<session::Rest> at_rest() const;
  /// The ball takes the mean of its last moments as zero, when it is at rest and unloaded by its reference, before and
  /// after. @return the calibration now in force. Errors: kRefused, with the reason and the way out; kNoBall;
  /// kProtocol, kTimeout, kDisconnected: then the one before is in force, or the error says that it is not.
  Result<protocol::Calibration> tare();
  /// Before anything is built upon what it measures. Error: kRefused, with the way out.
  [[nodiscard]] Result<> check_calibrated() const;
  /// Before anything is changed in the ball. Errors: kBusy, the last one is not in force yet; kRefused, nobody knows
  /// what it holds.
  [[nodiscard]] Result<> check_calibration_may_change() const;
  /// Puts @p calibration into the ball and reads it back. Errors: kProtocol, the ball does not keep it: then the one
  /// before is in force, or the error says that it is not; kRefused; kNoBall.
  Result<> write_calibration(const protocol::Calibration& calibration);

  static constexpr std::chrono::milliseconds kControlTimeout{200};
  /// A reading that is older says that the ball does not stream.
  static constexpr std::chrono::milliseconds kFresh{500};
  /// A minute of stall at the rate in force (DESIGN section 2).
  static constexpr std::uint64_t kRingSeconds = 60;

 private:
  Station(std::string serial, const sampling::Limits& limits, int rate_hz, sampling::SamplingThread& thread,
          SampleRing ring);
  Result<> configure(hw::Link& link);
  Result<protocol::Calibration> read_calibration(hw::Link& link);
  [[nodiscard]] Error not_kept() const;
  /// After a change that failed or that nobody can be sure of. @return @p why; where @p before cannot be put back
  /// either it says so, and the ball counts as not calibrated until it is plugged in again.
  std::unexpected<Error> put_back(const protocol::Calibration& before, Error why);
  /// @return what the ball says it holds then.
  Result<protocol::Calibration> put_calibration(const protocol::Calibration& calibration);
  /// What the ball holds counts from its next report on.
  void take_calibration(const protocol::Calibration& calibration);

  std::string serial_;
  std::string path_;
  hw::BallId ball_id_{};
  bool simulated_ = false;
  int rate_hz_;
  sampling::SamplingThread& thread_;
  SampleRing ring_;
  sampling::Controls controls_;
  sampling::Sampler sampler_;
  protocol::Info info_{};
  protocol::Calibration calibration_{};
  bool calibration_unknown_ = false;  ///< a change went wrong: what the ball holds may be anything
  std::unique_ptr<hw::Link> link_;    // last: its end waits for callbacks into the sampler
};

}  // namespace knead::live
