// SPDX-License-Identifier: Apache-2.0
// A relaxation meter: cues light presses and, after each "let go", measures how long the force takes to fall to a small
// share of its peak, and how steady it then is. It reads every sample of the ball. The numbers describe a hand on a
// ball; they say nothing about a muscle, and no treatment follows from them.
#include <knead/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace {

using namespace knead::sdk;
using std::chrono::microseconds;

double to_seconds(microseconds time) { return std::chrono::duration<double>(time).count(); }

/// One press and its let-go: what the samples between add up to. Pure; knows of no cue and no host.
class LetGo {
 public:
  /// From now on samples are a press that begins.
  void begin(SessionTime now) {
    *this = LetGo{};
    began_ = now;
  }
  /// From now on it is waited for the fall below @p share of the peak; for @p window after that, steadiness is
  /// measured.
  void release(SessionTime now, double share, microseconds window) {
    released_ = now;
    threshold_n_ = share * peak_n_;
    window_ = window;
  }

  void add(const Sample& sample) {
    if (!is_usable(sample) || sample.session_us < began_.count()) return;
    if (!fallen_) {
      peak_n_ = std::max(peak_n_, sample.force_n);
      sum_n_ += sample.force_n;
      ++count_;
      if (released_ && time_of(sample) > *released_ && sample.force_n <= threshold_n_) fallen_ = time_of(sample);
    } else if (time_of(sample) < *fallen_ + window_) {
      // Welford's way: one pass, and no difference of large sums.
      ++rest_count_;
      const double from_old = sample.force_n - rest_mean_n_;
      rest_mean_n_ += from_old / static_cast<double>(rest_count_);
      rest_squares_ += from_old * (sample.force_n - rest_mean_n_);
    } else {
      measured_ = true;
    }
  }

  [[nodiscard]] bool measured() const { return measured_; }
  [[nodiscard]] double peak_n() const { return peak_n_; }
  /// From the cue to the fall, the reaction included; none yet.
  [[nodiscard]] std::optional<double> fall_s() const {
    if (!fallen_ || !released_) return std::nullopt;
    return to_seconds(*fallen_ - *released_);
  }
  /// Standard deviation of the force after the fall.
  [[nodiscard]] double unsteadiness_n() const {
    return rest_count_ > 1 ? std::sqrt(rest_squares_ / static_cast<double>(rest_count_ - 1)) : 0.0;
  }
  /// The press as a row of the log, up to the fall or @p now.
  [[nodiscard]] Rep rep(int n, SessionTime now, double ceiling_n) const {
    const microseconds duration = fallen_.value_or(now) - began_;
    const double mean_n = count_ > 0 ? sum_n_ / static_cast<double>(count_) : 0.0;
    return {.n = n,
            .start = began_,
            .duration = duration,
            .peak_n = peak_n_,
            .mean_n = mean_n,
            .impulse_ns = mean_n * to_seconds(duration),
            .too_hard = peak_n_ > ceiling_n};
  }

 private:
  SessionTime began_{};
  std::optional<SessionTime> released_, fallen_;
  microseconds window_{};
  double threshold_n_ = 0.0;
  double peak_n_ = 0.0;
  double sum_n_ = 0.0;
  std::int64_t count_ = 0;
  double rest_mean_n_ = 0.0;
  double rest_squares_ = 0.0;
  std::int64_t rest_count_ = 0;
  bool measured_ = false;
};

class RelaxationMeter final : public SampledPlugin {
 public:
  static constexpr About kAbout{.id = "relaxation",
                                .name = "Relaxation meter",
                                .version = "1.0.0",
                                .vendor = "Knead",
                                .summary = "Measures how quickly and how steadily a light press is let go."};
  static constexpr NumberParameter kShare{.key = "share",
                                          .summary = "Share of a press's peak below which it counts as let go.",
                                          .minimum = 0.05,
                                          .maximum = 0.5,
                                          .otherwise = 0.2};
  static constexpr NumberParameter kWindow{.key = "window_s",
                                           .summary = "How long after the fall steadiness is measured.",
                                           .unit = "s",
                                           .minimum = 0.2,
                                           .maximum = 2.0,
                                           .otherwise = 1.0};
  static constexpr NumberParameter kPatience{.key = "patience_s",
                                             .summary = "How long a fall is waited for.",
                                             .unit = "s",
                                             .minimum = 1.0,
                                             .maximum = 10.0,
                                             .otherwise = 4.0};
  static constexpr auto kParameters = parameters(kShare, kWindow, kPatience);

  explicit RelaxationMeter(Host& host)
      : SampledPlugin(host),
        reps_(static_cast<int>(host.number("reps", 5.0))),
        ceiling_n_(host.number("ceiling_n", 8.0)),
        press_(from_seconds(host.number("tempo_s.up", 2.0) + host.number("tempo_s.hold", 2.0))),
        share_(host.value(kShare)),
        window_(from_seconds(host.value(kWindow))),
        patience_(from_seconds(host.value(kPatience))) {
    if (!host.has_log()) throw Refusal("this Knead has no log for plugins");
  }

 private:
  enum class Phase : std::uint8_t { kOff, kReady, kPress, kLetGo };

  /// The person still lets go of the release's pressure, which would be the first press's peak.
  static constexpr std::chrono::seconds kGetReady{3};

  static microseconds from_seconds(double s) { return microseconds(std::llround(s * 1e6)); }

  void on_samples(std::span<const Sample> samples, std::uint64_t /*lost*/) override {
    if (phase_ != Phase::kPress && phase_ != Phase::kLetGo) return;
    for (const Sample& sample : samples) let_go_.add(sample);
  }

  void on_activation_start(const ActivationStart& event) override {
    host().cue({.kind = CueKind::kInfo, .text = "Next: press lightly when told, and let go when told."});
    enter(Phase::kReady, event.now);
  }

  void on_tick(const Tick& event) override {
    if (phase_ == Phase::kReady && event.now >= phase_began_ + kGetReady) {
      press(event.now);
    } else if (phase_ == Phase::kPress && event.now >= phase_began_ + press_) {
      host().cue({.kind = CueKind::kLetGo, .text = "And let go."});
      let_go_.release(event.now, share_, window_);
      enter(Phase::kLetGo, event.now);
    } else if (phase_ == Phase::kLetGo && (let_go_.measured() || event.now >= phase_began_ + patience_ + window_)) {
      log(event.now);
      if (n_ < reps_) return press(event.now);
      finish();
    }
  }

  void press(SessionTime now) {
    ++n_;
    host().cue({.kind = CueKind::kRepUp, .text = std::to_string(n_) + ", press lightly.", .count = n_});
    let_go_.begin(now);
    enter(Phase::kPress, now);
  }

  void enter(Phase phase, SessionTime now) {
    phase_ = phase;
    phase_began_ = now;
  }

  void log(SessionTime now) {
    host().log_rep(let_go_.rep(n_, now, ceiling_n_));
    const auto fall_s = let_go_.fall_s();
    // A press that was not let go has no time of fall: an empty place, not a zero.
    if (!fall_s) return;
    ++measured_;
    falls_s_ += *fall_s;
    unsteadiness_n_ += let_go_.unsteadiness_n();
    host().measure(("fall_" + std::to_string(n_)).c_str(), *fall_s, "s");
    host().measure(("unsteadiness_" + std::to_string(n_)).c_str(), let_go_.unsteadiness_n(), "N");
  }

  void finish() {
    phase_ = Phase::kOff;
    if (measured_ > 0) {
      host().measure("fall_mean", falls_s_ / measured_, "s");
      host().measure("unsteadiness_mean", unsteadiness_n_ / measured_, "N");
    }
    host().cue({.kind = CueKind::kDone, .text = "That was the set."});
    host().finish(true);
  }

  const int reps_;
  const double ceiling_n_;
  const microseconds press_;
  const double share_;
  const microseconds window_;
  const microseconds patience_;
  Phase phase_ = Phase::kOff;
  SessionTime phase_began_{};
  int n_ = 0;
  LetGo let_go_;
  int measured_ = 0;
  double falls_s_ = 0.0;
  double unsteadiness_n_ = 0.0;
};

}  // namespace

KNEAD_PLUGIN(RelaxationMeter)
