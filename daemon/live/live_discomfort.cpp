// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/live_discomfort.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "daemon/live/patience.hpp"

namespace knead::live {

LiveDiscomfort::LiveDiscomfort(Station& station, std::int64_t number, std::string profile, session::Side side,
                               session::DiscomfortProtocol protocol, Listener listener)
    : station_(station),
      number_(number),
      about_{.profile = std::move(profile),
             .started = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()),
             .side = side,
             .ball_serial = station.serial(),
             .contact_area_mm2 = station.info().contact_area_mm2,
             .calibration = station.calibration(),
             .outcome = {},
             .reason = {},
             .target_n_per_s = protocol.rate_n_per_s},
      listener_(std::move(listener)),
      reader_(station.ring()),
      last_seen_(HostClock::now()),
      set_(protocol) {
  station_.end_session();  // withdraws any motor request
  tell();
}

void LiveDiscomfort::beat(HostTime now) {
  if (set_.ended()) return;
  drain(now);
  if (!set_.ended() && now - last_seen_ >= kSilence) {
    set_.on_clock(timeline_.started() ? timeline_.at(now)
                                      : SessionTime(std::chrono::floor<std::chrono::microseconds>(now - last_seen_)));
  }
  tell();
}

void LiveDiscomfort::press(HostTime now) {
  drain(now);
  set_.press(timeline_.last());
  tell();
}

void LiveDiscomfort::stop(HostTime now, std::string why) {
  drain(now);
  if (!set_.ended()) why_ = std::move(why);
  set_.stop(timeline_.last());
  tell();
}

void LiveDiscomfort::on_ball_lost(HostTime now) {
  drain(now);
  set_.on_ball_lost(timeline_.last());
  tell();
}

void LiveDiscomfort::drain(HostTime now) {
  const std::uint64_t limit = station_.ring().head();
  std::array<Sample, 256> samples{};
  while (!set_.ended()) {
    const std::size_t count = reader_.read(samples, limit);
    if (count == 0) break;
    last_seen_ = now;
    std::uint64_t index = reader_.cursor() - count;
    for (std::size_t i = 0; i < count && !set_.ended(); ++i, ++index) {
      const SessionTime t = timeline_.place(index, samples.at(i));
      set_.on_sample(t, samples.at(i));
    }
  }
}

void LiveDiscomfort::tell() {
  for (const session::Cue& cue : set_.take_cues()) listener_(cue);
}

record::DiscomfortSet LiveDiscomfort::record() const {
  record::DiscomfortSet out = about_;
  out.outcome = session::to_string(set_.outcome());
  out.reason = reason();
  out.result = session::result_of(set_);
  out.trials = set_.trials();
  return out;
}

}  // namespace knead::live
