// SPDX-License-Identifier: Apache-2.0
#include "tests/sessions/random_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

#include "daemon/core/sample_ring.hpp"
#include "daemon/live/conductor.hpp"
#include "daemon/live/person_cue.hpp"
#include "daemon/record/session_buffer.hpp"
#include "daemon/sampling/sampler.hpp"
#include "daemon/session/routine.hpp"
#include "hw/ball/force_trace.hpp"
#include "hw/ball/paced_ball.hpp"
#include "hw/protocol/codec.hpp"

namespace knead::test {

namespace {

using namespace std::chrono_literals;

constexpr HostTime kBegin{2h};

/// The same numbers from the same seed with every standard library, unlike its distributions.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}
  /// @p from to @p to, both possible.
  std::uint32_t draw(std::uint32_t from, std::uint32_t to) { return from + seed() % (to - from + 1); }
  bool odds(std::uint32_t one_in) { return draw(1, one_in) == 1; }
  double real(double from, double to) { return from + (to - from) * seed() / 4294967295.0; }
  std::uint32_t seed() { return static_cast<std::uint32_t>(random_()); }

 private:
  std::mt19937 random_;
};

/// The cable, in virtual time.
class Cable final : public hw::Link {
 public:
  explicit Cable(ball::PacedBall& ball) : ball_(ball) {}
  void set_time(HostTime now) noexcept { now_ = now; }

  Result<> start(hw::ReportSink&) override { return {}; }
  bool submit(const protocol::MotorCommand& command) noexcept override {
    std::array<std::byte, protocol::kMotorCommandSize> bytes{};
    protocol::encode_motor_command(command, bytes);
    return ball_.out(now_, bytes);
  }
  void emergency_stop() noexcept override {}
  Result<std::size_t> control_in(protocol::Request, std::uint16_t, std::span<std::byte>,
                                 std::chrono::milliseconds) override {
    return fail(Errc::kRefused, "nobody asks");
  }
  Result<> control_out(protocol::Request, std::uint16_t, std::span<const std::byte>,
                       std::chrono::milliseconds) override {
    return fail(Errc::kRefused, "nobody asks");
  }

 private:
  ball::PacedBall& ball_;
  HostTime now_ = kBegin;
};

std::string toml_text(std::string_view text) { return boost::json::serialize(boost::json::string(text)); }

session::Routine random_routine(Chance& chance) {
  std::string toml = fmt::format("[routine]\nid = \"random\"\ntitle = {}\nmethod = \"custom\"\n",
                                 toml_text(awkward_text(chance.seed(), true)));
  const std::uint32_t steps = chance.draw(1, 2);
  for (std::uint32_t i = 0; i < steps; ++i) {
    const std::uint32_t credit = chance.draw(1, 6);
    const double lo = chance.real(5.0, 15.0);
    toml += fmt::format(
        "\n[[release]]\nmuscle = \"{}\"\nside = \"{}\"\ncredit_s = {}\nmax_elapsed_s = {}\nband_n = [{:.3f}, {:.3f}]\n"
        "hysteresis_n = 1.0\nvibration = {{ level = {:.2f}, frequency_hz = {}, pattern = \"{}\" }}\n",
        chance.odds(2) ? "upper_trapezius" : "levator_scapulae", chance.odds(2) ? "chosen" : "left", credit,
        credit + chance.draw(2, 6), lo, lo + chance.real(8.0, 25.0), chance.real(0.0, 0.7), chance.draw(20, 60),
        chance.odds(2) ? "steady" : "pulse");
  }
  if (!chance.odds(4)) {
    toml += fmt::format(
        "\n[activation]\nplugin = \"chance\"\nexercise = \"prone_y_lift\"\nreps = {}\n"
        "tempo_s = {{ up = 1, hold = 1, down = 1, rest = 1 }}\ndetect = \"press\"\npress_n = 3.0\nceiling_n = 8.0\n"
        "further_release_s = 10\n",
        chance.draw(2, 8));
  }
  session::RoutineCheck check = session::check_routine(toml, {});
  if (!check.routine) throw std::runtime_error(first_error(check.findings, "the random routine").message() + toml);
  return *std::move(check.routine);
}

/// Leans on the ball, lets go, lifts, now and then far too hard; touches the button.
std::unique_ptr<ball::Person> restless_person(Chance& chance) {
  std::string csv = "t_s,force_n,button\n0,0,0\n";
  double t = 0.0;
  while (t < 60.0) {
    t += chance.real(0.05, 1.5);
    double force = chance.real(8.0, 32.0);
    if (chance.odds(4)) force = chance.real(0.0, 9.0);
    if (chance.odds(60)) force = chance.real(60.0, 90.0);
    csv += fmt::format("{:.6f},{:.4f},{}\n", t, force, chance.odds(80) ? 1 : 0);
  }
  auto trace = ball::ForceTrace::parse(csv, "random");
  if (!trace) throw std::runtime_error(trace.error().message());
  return std::make_unique<ball::TracePerson>(*std::move(trace));
}

std::unique_ptr<ball::Person> random_person(Chance& chance) {
  if (!chance.odds(3)) return restless_person(chance);
  const auto names = ball::person_names();
  auto person =
      ball::make_person(names[chance.draw(0, static_cast<std::uint32_t>(names.size()) - 1)], chance.draw(1, 1000));
  if (!person) throw std::runtime_error(person.error().message());
  return *std::move(person);
}

std::uint16_t random_rate(Chance& chance) {
  constexpr std::array<std::uint16_t, 8> kRates{1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000};
  return kRates.at(chance.draw(0, kRates.size() - 1));
}

std::optional<int> random_nrs(Chance& chance) {
  return chance.odds(2) ? std::optional(static_cast<int>(chance.draw(0, 10))) : std::nullopt;
}

ball::Ball random_ball(Chance& chance) {
  auto made =
      ball::Ball::create({.serial = fmt::format("KN-{:04}", chance.draw(0, 9999)),
                          .seed = chance.seed(),
                          .rate_hz = random_rate(chance),
                          .calibrated = !chance.odds(12),
                          .sensor = {.counts_per_newton = chance.real(5000.0, 40000.0),
                                     .zero_raw = static_cast<std::int32_t>(chance.draw(0, 400'000)) - 200'000},
                          .contact_area_mm2 = static_cast<std::uint16_t>(chance.odds(2) ? 0 : chance.draw(300, 2000))});
  if (!made) throw std::runtime_error(made.error().message());
  return *std::move(made);
}

class RandomSession final : private live::SessionObserver, private live::PluginPort {
 public:
  RandomSession(record::Store& store, const RandomSessionOptions& options)
      : chance_(options.seed * 2654435761U + 97U),
        store_(store),
        ball_(random_ball(chance_), random_person(chance_), kBegin),
        cable_(ball_),
        sampler_(controls_, ring_, sampling::Limits{}) {
    configure_ball();
    calibration_ = ball_.ball().calibration();
    const std::uint16_t rate = ball_.ball().rate_hz();
    end_at_ =
        kBegin + std::chrono::milliseconds(chance_.draw(static_cast<std::uint32_t>(options.longest.count()) * 150,
                                                        static_cast<std::uint32_t>(options.longest.count()) * 1000)) *
                     1000 / rate;
    made_.header = random_header();
    made_.calibrations.push_back(calibration_);
    made_.saw.emplace(fmt::format("{} Hz", rate));
    made_.saw.emplace(made_.header.plugin ? "plugin" : "no plugin");
    made_.saw.emplace(made_.header.band ? "own band" : "no own band");
    made_.saw.emplace(made_.header.soft_cap ? "soft cap" : "no soft cap");
    made_.saw.emplace(made_.header.nrs_before ? "rating" : "no rating");
    if (!calibration_.calibrated) made_.saw.emplace("uncalibrated");
    disk_fails_ = chance_.odds(8);
    buffer_.emplace(made_.header, disk_fails_ ? record::BufferLimits{.block_bytes = 2000} : record::BufferLimits{});
    commit();
    sampler_.attach(cable_, calibration_);
    controls_.begin_session();
    live::PluginPort* plugin = made_.header.plugin ? this : nullptr;
    conductor_.emplace(made_.header.routine,
                       session::SessionOptions{
                           .side = made_.header.side, .band = made_.header.band, .soft_cap = made_.header.soft_cap},
                       plugin, std::vector<live::SessionObserver*>{this});
  }

  MadeSession run() {
    const bool dies = chance_.odds(15);
    while (!conductor_->ended()) {
      if (now_ >= end_at_) {
        drain();
        if (dies) break;
        conductor_->stop("cli");
        break;
      }
      poll();
      if (!conductor_->ended()) something_happens();
    }
    made_.ended = conductor_->ended();
    made_.report = conductor_->report();
    if (made_.ended) {
      record::SessionSummary summary = record::summary_of(made_.report);
      summary.nrs_after = made_.nrs_after = random_nrs(chance_);
      summary.plugin_state = conductor_->session().saved_state();
      if (made_.header.plugin) summary.plugin.last_misuse = "\"so\", it said";
      buffer_->end(std::move(summary));
    } else {
      buffer_->stage_open_block();  // what it still held in memory died with it, less than half a second; not this time
      made_.saw.emplace("died");
    }
    disk_is_full_ = false;
    commit();
    made_.id = buffer_->id();
    for (const auto kind :
         {record::GapKind::kSequence, record::GapKind::kRing, record::GapKind::kWrite, record::GapKind::kEvent}) {
      if (buffer_->lost(kind) > 0) made_.saw.emplace(fmt::format("gap {}", record::to_string(kind)));
    }
    made_.complete = buffer_->lost(record::GapKind::kWrite) == 0 && buffer_->lost(record::GapKind::kEvent) == 0;
    return std::move(made_);
  }

 private:
  record::SessionHeader random_header() {
    record::SessionHeader h;
    h.profile = chance_.odds(4) ? "" : awkward_text(chance_.seed());
    h.origin = chance_.odds(4) ? record::Origin::kSimulation : record::Origin::kBall;
    h.routine = random_routine(chance_);
    h.side = chance_.odds(2) ? session::Side::kLeft : session::Side::kRight;
    if (chance_.odds(3)) h.band = session::Band{{chance_.real(6.0, 12.0)}, {chance_.real(20.0, 35.0)}, {0.7}};
    if (chance_.odds(3)) h.soft_cap = Newtons{chance_.real(15.0, 30.0)};
    h.ball_serial = ball_.ball().serial();
    h.ball = ball_.ball().info();
    h.calibration = calibration_;
    h.config = fmt::format("# {}\n[safety]\nlease_ms = 250\n", awkward_text(chance_.seed(), true));
    h.started_at =
        record::WallTime(std::chrono::microseconds(1'700'000'000'000'000 + std::int64_t{chance_.seed()} * 20'011));
    h.nrs_before = random_nrs(chance_);
    if (h.routine.activation) {
      h.plugin = record::PluginIdentity{"chance.so", "chance", "1.0"};
      if (chance_.odds(2)) h.plugin_state = std::string("\0\x01\xff,", 4);
    }
    return h;
  }

  void configure_ball() {
    if (ball_.control(now_, {.request = 9, .value = 1}, {}).stalled) throw std::runtime_error("the ball refused");
  }

  // ---- One moment ---------------------------------------------------------------------------------------------------

  void poll() {
    now_ = std::max(now_, ball_.next_poll_at()) + std::chrono::nanoseconds(chance_.draw(0, 30'000));
    cable_.set_time(now_);
    if (const auto packet = ball_.poll_in(now_)) sampler_.on_report(packet->view(), now_);
    sampler_.on_time(now_);
    if (now_ < stalled_until_) return;  // the main thread is away
    drain();
    if (now_ >= renew_) {
      controls_.set_request(conductor_->request(now_, sampling::Limits{}.lease));
      renew_ = now_ + 20ms;
    }
  }

  void drain() {
    sampling::TripChange trip;
    while (sampler_.take_trip(trip)) conductor_->on_trip(trip);
    const std::uint64_t limit = ring_.head();
    std::array<Sample, 64> samples{};
    while (!conductor_->ended()) {
      const std::size_t count = reader_.read(samples, limit);
      if (reader_.lost() != lost_) conductor_->on_ring_lost(reader_.lost() - std::exchange(lost_, reader_.lost()));
      if (count == 0) break;
      std::uint64_t index = reader_.cursor() - count;
      for (std::size_t i = 0; i < count && !conductor_->ended(); ++i) conductor_->on_sample(index++, samples.at(i));
    }
  }

  /// Drawn at every report, so about a thousand times a second.
  void something_happens() {
    if (now_ < stalled_until_) return;
    if (chance_.odds(2500)) ball_.ball().drop_readings(chance_.draw(1, 120));
    if (chance_.odds(6000)) ball_.ball().garble_reports(chance_.draw(1, 3));
    if (chance_.odds(9000)) stall();
    if (chance_.odds(7000)) nothing_comes();
    if (chance_.odds(8000)) replug();
    if (chance_.odds(8000)) tare();
    if (chance_.odds(9000)) break_sensor();
    if (chance_.odds(20'000)) ball_.ball().inject_temperature(90.0);
    if (mend_at_ && now_ >= *mend_at_) {
      ball_.ball().inject(ball::SensorFault::kNone);
      ball_.ball().inject_temperature(std::nullopt);
      mend_at_.reset();
    }
    if (chance_.odds(6000)) conductor_->pause(awkward_text(chance_.seed()));
    if (conductor_->session().snapshot().paused && chance_.odds(400)) static_cast<void>(conductor_->resume());
    if (chance_.odds(40'000)) conductor_->stop(awkward_text(chance_.seed()));
    if (chance_.odds(60'000) && made_.header.plugin) conductor_->on_plugin_failed(awkward_text(chance_.seed()));
    if (disk_fails_ && chance_.odds(2000)) disk_is_full_ = !disk_is_full_;
    if (chance_.odds(5000)) commit();
  }

  /// The main thread is away for so long that the ring's writer laps it.
  void stall() {
    drain();
    stalled_until_ =
        now_ + std::chrono::milliseconds((ring_.capacity() + chance_.draw(1, 500)) * 1000 / ball_.ball().rate_hz());
  }

  /// Nobody polls: the ball's own memory fills, and session time goes on by the host's clock.
  void nothing_comes() {
    drain();
    const HostTime until = now_ + std::chrono::milliseconds(chance_.draw(5, 600));
    const HostTime silent_from = now_ + 100ms;
    while (now_ < until && !conductor_->ended()) {
      now_ += 10ms;
      ball_.advance(now_);
      sampler_.on_time(now_);
      if (now_ >= silent_from) conductor_->on_silence(now_);
    }
  }

  void replug() {
    ball_.unplug(now_);
    sampler_.on_gone(now_);
    drain();
    conductor_->on_ball_lost(now_);
    for (std::uint32_t beats = chance_.draw(0, 150); beats > 0 && !conductor_->ended(); --beats) {
      now_ += 10ms + std::chrono::nanoseconds(chance_.draw(0, 999));
      conductor_->on_silence(now_);
    }
    if (conductor_->ended()) return;
    ball_.plug_in(now_);
    configure_ball();
    if (chance_.odds(2)) shift_tare();
    cable_.set_time(now_);
    sampler_.attach(cable_, calibration_);
    conductor_->on_ball_back(now_);
  }

  void tare() {
    drain();
    if (conductor_->ended()) return;
    shift_tare();
    if (!sampler_.set_calibration(calibration_)) throw std::runtime_error("the last calibration was not taken");
    poll();  // it takes effect with the next report
  }

  void shift_tare() {
    calibration_.tare_raw += static_cast<std::int32_t>(chance_.draw(1, 2000)) - 1000;
    buffer_->set_calibration(calibration_);
    made_.calibrations.push_back(calibration_);
    made_.saw.emplace("calibration");
  }

  void break_sensor() {
    ball_.ball().inject(static_cast<ball::SensorFault>(chance_.draw(1, 4)));
    mend_at_ = now_ + std::chrono::milliseconds(chance_.draw(1, 1500));
  }

  void commit() {
    if (disk_is_full_) return buffer_->stage_open_block();
    if (const auto done = store_.commit(*buffer_); !done) throw std::runtime_error(done.error().message());
  }

  // ---- What the session says ----------------------------------------------------------------------------------------

  void on_event(const session::Event& event) override {
    if (std::holds_alternative<session::event::Tick>(event.what)) return;
    buffer_->add_event(event);
    made_.events.push_back(event);
    made_.saw.emplace(kind_of(event));
    const auto* cued = std::get_if<session::event::Cued>(&event.what);
    if (cued == nullptr) return;
    if (const auto cue = live::person_cue(cued->cue.kind)) ball_.hear(now_, *cue);
  }
  void on_input(const session::Input& input) override {
    if (const auto* lost = std::get_if<session::input::RingLost>(&input.what)) {
      buffer_->add_gap(buffer_->last_time(), record::GapKind::kRing, lost->count);
    }
    buffer_->add_input(input);
    made_.inputs.push_back(input);
    made_.saw.emplace(fmt::format("input {}", kind_of(input)));
  }
  void on_sample(SessionTime t, const Sample& sample) override {
    buffer_->add_sample(t, sample);
    made_.samples.push_back({t, sample});
  }

  /// A plugin that does anything it may, at any time and in any measure.
  void deliver(const session::Event& event, std::uint64_t, DeviceTime,
               std::vector<session::input::PluginActed>& answers) override {
    ++calls_;
    if (std::holds_alternative<session::event::SessionEnded>(event.what) || !chance_.odds(12)) return;
    answers.push_back({.call = calls_, .action = random_action(event.t)});
  }

  session::PluginAction random_action(SessionTime now) {
    switch (chance_.draw(0, 24)) {
      case 0:
        return session::action::Finish{chance_.odds(2)};
      case 1:
        return session::action::RequestRelease{std::chrono::seconds(chance_.draw(4, 9))};
      case 2:
        return session::action::SaveState{awkward_text(chance_.seed())};
      case 3:
      case 4:
        return session::action::Note{awkward_text(chance_.seed()), chance_.real(-5.0, 1e6) / 3.0, "%",
                                     awkward_text(chance_.seed())};
      case 5:
      case 6:
      case 7:
      case 8:
        return session::action::RequestMotor{{.level = Level{200}, .frequency_hz = 90},
                                             std::chrono::milliseconds(chance_.draw(0, 300))};
      case 9:
      case 10:
      case 11:
      case 12:
      case 13:
        return session::action::ShowCue{{.kind = session::CueKind::kRepUp,
                                         .text = awkward_text(chance_.seed()),
                                         .count = static_cast<int>(chance_.draw(0, 9))}};
      default:
        break;
    }
    const auto duration = std::chrono::milliseconds(chance_.draw(300, 4000));
    const double peak = chance_.real(1.0, 12.0);
    return session::action::LogRep{{.n = static_cast<int>(chance_.draw(0, 9)),
                                    .start = now - duration,
                                    .duration = duration,
                                    .peak = {peak},
                                    .mean = {peak / 1.7},
                                    .impulse_ns = peak * to_seconds(duration) / 1.7,
                                    .too_hard = peak > 8.0}};
  }

  Chance chance_;
  record::Store& store_;
  MadeSession made_;
  ball::PacedBall ball_;
  Cable cable_;
  SampleRing ring_ = SampleRing::create(1024).value();
  RingReader reader_{ring_};
  sampling::Controls controls_;
  sampling::Sampler sampler_;
  protocol::Calibration calibration_;
  std::optional<record::SessionBuffer> buffer_;
  std::optional<live::Conductor> conductor_;
  HostTime now_ = kBegin;
  HostTime end_at_{};
  HostTime renew_{};
  HostTime stalled_until_{};
  std::optional<HostTime> mend_at_;
  std::uint64_t lost_ = 0;
  std::uint64_t calls_ = 0;
  bool disk_fails_ = false;
  bool disk_is_full_ = false;
};

}  // namespace

MadeSession make_random_session(record::Store& store, const RandomSessionOptions& options) {
  return RandomSession(store, options).run();
}

std::string awkward_text(std::uint32_t seed, bool one_line) {
  constexpr std::array<std::string_view, 22> kPieces{"anna",
                                                     "Zo\xC3\xAB",
                                                     "\xE6\x8C\x89\xE6\x91\xA9",
                                                     "\xD8\xB6\xD8\xBA\xD8\xB7",
                                                     "\xF0\x9F\x8E\xBE",
                                                     ",",
                                                     "\"",
                                                     "\"\"",
                                                     "'",
                                                     "; DROP TABLE sessions",
                                                     "\\",
                                                     "<b>&amp;</b>",
                                                     "</script>",
                                                     "]]>",
                                                     "=1+1",
                                                     " ",
                                                     "{\"a\":[1,2]}",
                                                     "%s%n",
                                                     "\xE2\x80\xA8",
                                                     "\n",
                                                     "\r\n",
                                                     "\t\x14\x15"};
  constexpr std::uint32_t kOfOneLine = 19;
  Chance chance(seed);
  std::string text;
  for (std::uint32_t pieces = chance.draw(1, 6); pieces > 0; --pieces) {
    text += kPieces.at(chance.draw(0, one_line ? kOfOneLine - 1 : kPieces.size() - 1));
  }
  return text;
}

}  // namespace knead::test
