// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/sample_ring.hpp"
#include "daemon/live/station.hpp"
#include "daemon/live/timeline.hpp"
#include "daemon/record/profiles.hpp"
#include "daemon/session/discomfort.hpp"

namespace knead::live {

/// One set of discomfort trials on one station: carries samples from the ring to session::Discomfort, and its cues to
/// whoever listens. Asks for no motor, and withdraws what anybody asked for: it is off throughout.
///
/// Main thread. Silence is judged on the host's clock, everything else on the ball's.
class LiveDiscomfort {
 public:
  using Listener = std::function<void(const session::Cue&)>;
  /// Starts at the newest sample. @p station outlives it.
  LiveDiscomfort(Station& station, std::int64_t number, std::string profile, session::Side side,
                 session::DiscomfortProtocol protocol, Listener listener);

  /// Brings the set up to @p now.
  void beat(HostTime now);
  void press(HostTime now);
  /// @p why where it was not just a person who had enough: for the record and the person.
  void stop(HostTime now, std::string why = {});
  void on_ball_lost(HostTime now);

  [[nodiscard]] const session::Discomfort& set() const noexcept { return set_; }
  /// Why an ended set ended.
  [[nodiscard]] const std::string& reason() const noexcept { return why_.empty() ? set_.reason() : why_; }
  /// Of this daemon's sets; who began it knows it by that, before the record has a number for it.
  [[nodiscard]] std::int64_t number() const noexcept { return number_; }
  [[nodiscard]] const std::string& profile() const noexcept { return about_.profile; }
  [[nodiscard]] session::Side side() const noexcept { return about_.side; }
  [[nodiscard]] Station& station() noexcept { return station_; }
  [[nodiscard]] const Station& station() const noexcept { return station_; }
  /// What the record keeps of an ended set.
  [[nodiscard]] record::DiscomfortSet record() const;

 private:
  void drain(HostTime now);
  void tell();

  Station& station_;
  std::int64_t number_;
  record::DiscomfortSet about_;  ///< as of its beginning
  Listener listener_;
  RingReader reader_;
  Timeline timeline_;
  HostTime last_seen_;
  session::Discomfort set_;
  std::string why_;  ///< it was stopped
};

}  // namespace knead::live
