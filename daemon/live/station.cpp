// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/station.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "hw/protocol/codec.hpp"

namespace knead::live {

Result<std::unique_ptr<Station>> Station::create(std::string serial, const sampling::Limits& limits, int rate_hz,
                                                 sampling::SamplingThread& thread) {
  auto ring = SampleRing::create(kRingSeconds * static_cast<std::uint64_t>(rate_hz));
  if (!ring) return std::unexpected(std::move(ring.error()));
  return std::unique_ptr<Station>(new Station(std::move(serial), limits, rate_hz, thread, std::move(*ring)));
}

Station::Station(std::string serial, const sampling::Limits& limits, int rate_hz, sampling::SamplingThread& thread,
                 SampleRing ring)
    : serial_(std::move(serial)),
      rate_hz_(rate_hz),
      thread_(thread),
      ring_(std::move(ring)),
      sampler_(controls_, ring_, limits) {}

Station::~Station() { disconnect(); }

Result<> Station::connect(hw::Bus& bus, const hw::BallInfo& ball) {
  auto opened = bus.open(ball.id);
  if (!opened) return std::unexpected(std::move(opened.error()));
  hw::Link& link = **opened;
  if (auto done = configure(link); !done) return done;
  sampler_.attach(link, calibration_);
  if (auto done = thread_.add(sampler_); !done) return done;
  if (auto done = link.start(sampler_); !done) {
    thread_.remove(sampler_);
    return done;
  }
  // A stop given while it was away is in force in the ball too (R3).
  if (controls_.stop_requested()) link.emergency_stop();
  link_ = std::move(*opened);
  ball_id_ = ball.id;
  path_ = ball.path;
  simulated_ = ball.simulated;
  return {};
}

Result<> Station::configure(hw::Link& link) {
  std::array<std::byte, protocol::kInfoSize> bytes{};
  const auto got = link.control_in(protocol::Request::kGetInfo, 0, bytes, kControlTimeout);
  if (!got) return std::unexpected(got.error());
  const auto info = protocol::decode_info(std::span(bytes).first(*got));
  if (!info) {
    return fail(Errc::kProtocol, fmt::format("ball {} describes itself in {} bytes that cannot be read ({})", serial_,
                                             *got, to_string(info.error())));
  }
  if (info->version_major != protocol::kVersionMajor) {
    return fail(Errc::kProtocol,
                fmt::format("ball {} speaks version {} of the protocol, this program version {}", serial_,
                            info->version_major, protocol::kVersionMajor),
                "update whichever is older");
  }
  info_ = *info;
  if (info_.rate_hz != rate_hz_) {
    const auto set =
        link.control_out(protocol::Request::kSetRate, static_cast<std::uint16_t>(rate_hz_), {}, kControlTimeout);
    if (!set) {
      return fail(set.error().code, fmt::format("ball {} does not sample at {} Hz", serial_, rate_hz_),
                  fmt::format("set ball.rate_hz to at most {}", info_.max_rate_hz));
    }
    info_.rate_hz = static_cast<std::uint16_t>(rate_hz_);
  }
  auto calibration = read_calibration(link);
  if (!calibration) return std::unexpected(std::move(calibration.error()));
  calibration_ = *calibration;
  calibration_unknown_ = false;
  return {};
}

Result<protocol::Calibration> Station::read_calibration(hw::Link& link) {
  std::array<std::byte, protocol::kCalibrationSize> bytes{};
  const auto got = link.control_in(protocol::Request::kGetCalibration, 0, bytes, kControlTimeout);
  if (!got) return std::unexpected(got.error());
  const auto calibration = protocol::decode_calibration(std::span(bytes).first(*got));
  // A calibration that cannot be read is none: the interlock then keeps the motor off and says why (R4).
  return calibration ? *calibration : protocol::Calibration{};
}

void Station::disconnect() {
  if (!link_) return;
  controls_.withdraw_request();
  thread_.remove(sampler_);
  // To close the link cancels what is under way on it, perhaps a stop: wait until the ball has taken it (R3).
  if (controls_.stop_requested() && !gone())
    static_cast<void>(link_->control_out(protocol::Request::kStop, 0, {}, kControlTimeout));
  link_.reset();
}

bool Station::gone() const noexcept { return link_ && sampler_.counters().gone.load(std::memory_order_acquire); }

sampling::TripSet Station::trips() const noexcept {
  return sampling::TripSet::from_bits(sampler_.counters().trips.load(std::memory_order_relaxed));
}

std::optional<Sample> Station::newest(HostTime now, std::chrono::milliseconds max_age) const {
  if (!link_ || ring_.head() == 0) return std::nullopt;
  RingReader reader(ring_);
  reader.seek(ring_.head() - 1);
  std::array<Sample, 1> sample{};
  if (reader.read(sample) == 0 || now - sample[0].host_time > max_age) return std::nullopt;
  return sample[0];
}

void Station::stop() noexcept {
  controls_.stop();
  controls_.withdraw_request();
  if (link_) link_->emergency_stop();
}

bool Station::stop_latched() const noexcept {
  // Of a ball that is away only the wish to stop is known.
  return link_ ? holds_a_latch() : controls_.stop_requested();
}

bool Station::holds_a_latch() const noexcept {
  bool latched = controls_.stop_requested();
  trips().for_each([&](sampling::Trip t) { latched = latched || is_latched(t); });
  return latched;
}

std::optional<std::string> Station::why_latched() const {
  if (!holds_a_latch()) return std::nullopt;
  std::string why = "a stop is latched";
  trips().for_each([&](sampling::Trip t) {
    if (is_fault(t)) why = explain(t);
  });
  return why;
}

Result<> Station::clear() {
  if (link_) {
    const auto done = link_->control_out(protocol::Request::kClearStop, protocol::kClearStopMagic, {}, kControlTimeout);
    if (!done) return std::unexpected(done.error());
  }
  controls_.clear();
  return {};
}

Result<session::Rest> Station::at_rest() const {
  if (!newest(HostClock::now(), kFresh)) {
    return fail(Errc::kNoBall, fmt::format("ball {} sends no readings", serial_), "plug it in again");
  }
  // Half as many again: readings are lost, and none of the window may be missed for it.
  const auto most = static_cast<std::uint64_t>(to_seconds(session::kRestWindow) * info_.rate_hz * 3 / 2);
  std::vector<Sample> samples(std::min(most, ring_.head()));
  RingReader reader(ring_);
  reader.seek(ring_.head() - samples.size());
  samples.resize(reader.read(samples));
  const double slope = calibration_.newtons_per_count();
  return session::at_rest(samples, slope != 0.0 ? std::optional(slope) : std::nullopt);
}

Result<protocol::Calibration> Station::tare() {
  if (auto known = check_calibrated(); !known) return std::unexpected(std::move(known.error()));
  const auto rest = at_rest();
  if (!rest) return std::unexpected(rest.error());
  if (auto unloaded = session::check_unloaded(rest->raw, calibration_); !unloaded)
    return std::unexpected(std::move(unloaded.error()));
  if (auto ready = check_calibration_may_change(); !ready) return std::unexpected(std::move(ready.error()));
  const protocol::Calibration before = calibration_;
  if (const auto done = link_->control_out(protocol::Request::kTare, 0, {}, kControlTimeout); !done) {
    // What is not answered may have been done all the same.
    if (done.error().code != Errc::kRefused) return put_back(before, done.error());
    return fail(Errc::kRefused, fmt::format("ball {} is not at rest", serial_),
                "lay it down, wait a second and try again");
  }
  const auto after = read_calibration(*link_);
  if (!after) return put_back(before, after.error());
  protocol::Calibration expected = before;
  expected.tare_raw = after->tare_raw;
  if (*after != expected) return put_back(before, not_kept());
  // The ball took its own last moments, which may have come after ours.
  if (const auto unloaded = session::check_unloaded(after->tare_raw, before); !unloaded)
    return put_back(before, unloaded.error());
  take_calibration(*after);
  return *after;
}

Result<> Station::write_calibration(const protocol::Calibration& calibration) {
  if (!link_) return fail(Errc::kNoBall, fmt::format("ball {} is not plugged in", serial_));
  if (auto ready = check_calibration_may_change(); !ready) return ready;
  const protocol::Calibration before = calibration_;
  const auto held = put_calibration(calibration);
  if (!held) return put_back(before, held.error());
  if (*held != calibration) return put_back(before, not_kept());
  take_calibration(calibration);
  return {};
}

Error Station::not_kept() const {
  return {.code = Errc::kProtocol,
          .context = fmt::format("ball {} did not keep the calibration that it was given", serial_),
          .remedy = "try again; when that does not help, it needs repair"};
}

std::unexpected<Error> Station::put_back(const protocol::Calibration& before, Error why) {
  const auto restored = put_calibration(before);
  if (!restored || *restored != before) {
    why.context += "; what it has now is not known, and nothing is done with it";
    why.remedy = "plug the ball in again";
    // No session, and the motor off, until something is known again (R4).
    take_calibration({});
    calibration_unknown_ = true;
  }
  return std::unexpected(std::move(why));
}

Result<protocol::Calibration> Station::put_calibration(const protocol::Calibration& calibration) {
  std::array<std::byte, protocol::kCalibrationSize> bytes{};
  protocol::encode_calibration(calibration, bytes);
  if (auto done = link_->control_out(protocol::Request::kSetCalibration, 0, bytes, kControlTimeout); !done)
    return std::unexpected(std::move(done.error()));
  return read_calibration(*link_);
}

Result<> Station::check_calibrated() const {
  if (calibration_.calibrated) return {};
  // To calibrate it would be the wrong advice then.
  if (calibration_unknown_) return check_calibration_may_change();
  return fail(Errc::kRefused, fmt::format("ball {} is not calibrated", serial_),
              "calibrate it with `knead calibrate` and a known weight");
}

Result<> Station::check_calibration_may_change() const {
  if (calibration_unknown_) {
    return fail(Errc::kRefused, fmt::format("what calibration ball {} holds is not known", serial_),
                "plug it in again");
  }
  // The last one takes effect a report later, a millisecond or so. A ball that sends none is gone or about to be.
  if (!sampler_.calibration_waits()) return {};
  return fail(Errc::kBusy, fmt::format("ball {} has not taken its last calibration yet", serial_), "try again");
}

void Station::take_calibration(const protocol::Calibration& calibration) {
  calibration_ = calibration;
  static_cast<void>(sampler_.set_calibration(calibration_));  // there is room: check_calibration_may_change()
}

}  // namespace knead::live
