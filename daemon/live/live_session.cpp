// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/live_session.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <utility>

#include "daemon/live/patience.hpp"
#include "daemon/live/plugin_facts.hpp"

namespace knead::live {

namespace {

using namespace std::chrono_literals;

/// Longer than any hiccup of a machine, shorter than a person's patience. (choice)
constexpr std::chrono::milliseconds kAway = 2s;

std::vector<SessionObserver*> observers_of(SessionObserver* self) { return {self}; }

}  // namespace

Result<std::unique_ptr<LiveSession>> LiveSession::begin(Parts parts, const record::SessionHeader& header,
                                                        std::chrono::milliseconds lease) {
  Station& station = parts.station;
  record::Recorder& recorder = parts.recorder;
  const auto newest = station.newest(HostClock::now(), Station::kFresh);
  if (!newest) return fail(Errc::kNoBall, "ball " + station.serial() + " sends no readings", "plug it in again");

  // Trips of before are not this session's; those still in force are told below.
  sampling::TripChange before;
  while (station.take_trip(before)) {
  }
  RingReader reader(station.ring());
  reader.seek(station.ring().head() - 1);
  std::array<Sample, 1> first{};
  const std::uint64_t index = reader.cursor();
  if (reader.read(first) == 0) return fail(Errc::kNoBall, "ball " + station.serial() + " sends no readings");

  // Mapped anew: while a slow disk is being fed the record may outlive the station.
  auto ring_fd = station.ring().read_only_descriptor();
  if (!ring_fd) return std::unexpected(std::move(ring_fd.error()));
  auto for_recorder = RingReader::from_descriptor(*ring_fd);
  if (!for_recorder) return std::unexpected(std::move(for_recorder.error()));
  for_recorder->seek(index);
  recorder.start_session(header, std::move(*for_recorder),
                         {.first_ring_index = index, .device = first[0].device_time, .session = SessionTime{}});
  // So that the session has its number from the start. When the disk takes nothing the session goes on all the same
  // (R6): the recorder keeps what it can, and its status says what is missing.
  if (const auto kept = recorder.flush(kRecordPatience); !kept) spdlog::error("{}", kept.error().message());
  station.begin_session();
  std::unique_ptr<LiveSession> live(new LiveSession(std::move(parts), header, lease, std::move(reader)));
  live->tell_standing_trips();
  live->fed_ = index + 1;
  live->conductor_.on_sample(index, first[0]);
  recorder.advance(index + 1);
  return live;
}

LiveSession::LiveSession(Parts parts, const record::SessionHeader& header, std::chrono::milliseconds lease,
                         RingReader reader)
    : parts_(std::move(parts)),
      // As with silence: the next look at it and the command's way must fit into the bound as well (R1).
      lease_(lease - sampling::kOffAhead),
      reader_(std::move(reader)),
      calibration_(header.calibration),
      last_sample_seen_(HostClock::now()),
      conductor_(header.routine, {.side = header.side, .band = header.band, .soft_cap = header.soft_cap}, this,
                 observers_of(this)) {
  if (!parts_.plugin) return;
  parts_.plugin->attach(
      parts_.io,
      [this](const session::PluginAction& action) {
        const auto [call, by_host] = parts_.plugin->answering();
        conductor_.on_plugin({.call = call, .by_host = by_host, .action = action});
      },
      [this](const std::string& reason) {
        note_heard();
        conductor_.on_plugin_failed(reason);
      });
  parts_.plugin->on_tick_skipped([this](SessionTime t) {
    parts_.recorder.input({.samples = conductor_.samples(), .what = session::input::TickSkipped{t}});
  });
}

LiveSession::~LiveSession() { parts_.station.end_session(); }

void LiveSession::tell_standing_trips() {
  trips_missed_ = parts_.station.counters().trip_overflow.load(std::memory_order_relaxed);
  parts_.station.trips().for_each([&](sampling::Trip trip) {
    trips_told_.set(trip);
    conductor_.on_trip({.trip = trip, .began = true, .ring_index = 0, .when = HostClock::now()});
  });
}

void LiveSession::beat(HostTime now) {
  if (ended()) return;
  drain(now);
  const auto silence = now - last_sample_seen_;
  if (!ended() && silence >= kSilence) conductor_.on_silence(now);
  // The ball is plugged in and says nothing: as good as away, and like then only the person goes on (R5).
  if (!ended() && silence >= kAway) conductor_.pause("the ball is silent");
  if (ended() || !parts_.station.connected()) {
    parts_.station.end_session();
  } else {
    parts_.station.request(conductor_.request(now, lease_));
  }
}

void LiveSession::drain(HostTime now) {
  follow_trips(now);
  // Not beyond what was there when we came: a fast ball must not hold up the main thread.
  const std::uint64_t limit = parts_.station.ring().head();
  std::array<Sample, 512> samples{};
  while (!ended()) {
    const std::size_t count = reader_.read(samples, limit);
    if (reader_.lost() != ring_lost_)
      conductor_.on_ring_lost(reader_.lost() - std::exchange(ring_lost_, reader_.lost()));
    if (count == 0) break;
    last_sample_seen_ = now;
    std::uint64_t index = reader_.cursor() - count;
    for (std::size_t i = 0; i < count && !ended(); ++i) conductor_.on_sample(index++, samples[i]);
    fed_ = index;
    parts_.recorder.advance(fed_);
  }
}

void LiveSession::follow_trips(HostTime now) {
  const auto tell = [this](const sampling::TripChange& change) {
    trips_told_.set(change.trip, change.began);
    conductor_.on_trip(change);
  };
  sampling::TripChange change;
  while (parts_.station.take_trip(change)) tell(change);
  // When the main thread was away so long that changes were dropped, what holds now is what counts.
  const std::uint64_t missed = parts_.station.counters().trip_overflow.load(std::memory_order_relaxed);
  if (missed == trips_missed_) return;
  spdlog::warn("{} changes of the interlock came too fast to be noted one by one", missed - trips_missed_);
  trips_missed_ = missed;
  const sampling::TripSet holds = parts_.station.trips();
  const std::uint64_t here = parts_.station.ring().head();
  holds.without(trips_told_).for_each([&](sampling::Trip t) {
    tell({.trip = t, .began = true, .ring_index = here, .when = now});
  });
  trips_told_.without(holds).for_each(
      [&](sampling::Trip t) { tell({.trip = t, .began = false, .ring_index = here, .when = now}); });
}

void LiveSession::on_ball_lost(HostTime now) {
  drain(now);
  conductor_.on_ball_lost(now);
}

void LiveSession::on_ball_back(HostTime now) {
  if (!ended() && parts_.station.calibration() != calibration_) {
    calibration_ = parts_.station.calibration();
    parts_.recorder.calibrated(reader_.cursor(), calibration_);  // the first sample since it is back
  }
  conductor_.on_ball_back(now);
  last_sample_seen_ = now;
}

void LiveSession::stop(HostTime now, const std::string& by) {
  drain(now);
  conductor_.stop(by);
}

session::SessionReport LiveSession::finish(std::optional<int> nrs_after) {
  parts_.station.end_session();
  session::SessionReport report = conductor_.report();
  if (std::exchange(finished_, true)) return report;
  record::SessionSummary summary = record::summary_of(report);
  summary.nrs_after = nrs_after;
  if (parts_.plugin) summary.plugin = conduct_of(*parts_.plugin);
  summary.plugin_state = conductor_.session().saved_state();
  parts_.recorder.end_session(std::move(summary), fed_);
  return report;
}

void LiveSession::note_heard() {
  if (!parts_.plugin) return;
  parts_.recorder.input(
      {.samples = conductor_.samples(), .what = session::input::PluginHeard{parts_.plugin->statistics().events}});
}

void LiveSession::deliver(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
                          std::vector<session::input::PluginActed>&) {
  if (parts_.plugin) parts_.plugin->post(event, ring_head, epoch);
}

void LiveSession::on_event(const session::Event& event) {
  if (std::holds_alternative<session::event::Tick>(event.what)) return;
  parts_.recorder.event(event);
  if (std::holds_alternative<session::event::SessionEnded>(event.what)) note_heard();
  // The button's stop comes from a sample: latch it like any other (R3).
  if (std::holds_alternative<session::event::Stopped>(event.what)) parts_.station.stop();
  if (parts_.listener) parts_.listener(event);
}

void LiveSession::on_input(const session::Input& input) { parts_.recorder.input(input); }

void LiveSession::on_anchor(const Timeline::Anchor& anchor) {
  // The first one began the record.
  if (std::exchange(first_anchor_, false)) return;
  parts_.recorder.anchor({.first_ring_index = anchor.ring_index, .device = anchor.device, .session = anchor.session});
}

}  // namespace knead::live
