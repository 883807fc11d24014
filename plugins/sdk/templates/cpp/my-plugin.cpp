// my-plugin: leads through a set by the clock and logs each rep with what the ball measured. The classes are those of
// knead/plugin.hpp; what may be asked for when is said in knead/plugin.h.
#include <knead/plugin.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

namespace {

using namespace knead::sdk;

class MyPlugin final : public SampledPlugin {
 public:
  static constexpr About kAbout{.id = "my-plugin",
                                .name = "my-plugin",
                                .version = "0.1.0",
                                .vendor = "your name",
                                .summary = "Leads through a set by the clock."};
  // What a routine may set under [activation.parameters]. One that is declared wrongly does not compile.
  static constexpr NumberParameter kReady{.key = "ready_s",
                                          .summary = "Time to get ready, and to let go of the release's pressure.",
                                          .unit = "s",
                                          .minimum = 1.0,
                                          .maximum = 10.0,
                                          .otherwise = 3.0};
  static constexpr auto kParameters = parameters(kReady);

  // Throw a Refusal where the set cannot be done; its text is for the person.
  explicit MyPlugin(Host& host) : SampledPlugin(host) {
    reps_ = static_cast<int>(host.number("reps", 6.0));
    ceiling_n_ = host.number("ceiling_n", 8.0);
    ready_ = seconds(host.value(kReady));
    up_ = seconds(host.number("tempo_s.up", 2.0));
    hold_ = seconds(host.number("tempo_s.hold", 2.0));
    down_ = seconds(host.number("tempo_s.down", 2.0));
    rest_ = seconds(host.number("tempo_s.rest", 1.0));
  }

 private:
  enum class Phase : std::uint8_t { kOff, kReady, kUp, kHold, kDown, kRest };

  static std::chrono::microseconds seconds(double s) { return std::chrono::microseconds(std::llround(s * 1e6)); }

  void on_samples(std::span<const Sample> samples, std::uint64_t /*lost*/) override {
    if (phase_ != Phase::kUp && phase_ != Phase::kHold && phase_ != Phase::kDown) return;
    for (const Sample& sample : samples) {
      if (!is_usable(sample)) continue;
      rep_.peak_n = std::max(rep_.peak_n, sample.force_n);
      sum_n_ += sample.force_n;
      ++count_;
    }
  }

  void on_activation_start(const ActivationStart& event) override {
    host().cue({.kind = CueKind::kInfo, .text = "Get ready for light reps."});
    enter(Phase::kReady, event.now, ready_);
  }

  void on_tick(const Tick& event) override {
    if (phase_ != Phase::kOff && event.now >= phase_end_) next(event.now);
  }

  void next(SessionTime now) {
    switch (phase_) {
      case Phase::kUp:
        host().cue({.kind = CueKind::kRepHold, .text = "Hold."});
        return enter(Phase::kHold, now, hold_);
      case Phase::kHold:
        host().cue({.kind = CueKind::kRepDown, .text = "Down."});
        return enter(Phase::kDown, now, down_);
      case Phase::kDown:
        end_rep(now);
        if (rep_.n < reps_) return enter(Phase::kRest, now, rest_);
        phase_ = Phase::kOff;
        host().cue({.kind = CueKind::kDone, .text = "That was the set."});
        host().finish(true);
        return;
      default:
        rep_ = Rep{.n = rep_.n + 1, .start = now};
        sum_n_ = 0.0;
        count_ = 0;
        host().cue({.kind = CueKind::kRepUp, .text = std::to_string(rep_.n) + ", up.", .count = rep_.n});
        return enter(Phase::kUp, now, up_);
    }
  }

  void enter(Phase phase, SessionTime now, std::chrono::microseconds length) {
    phase_ = phase;
    phase_end_ = now + length;
  }

  void end_rep(SessionTime now) {
    rep_.duration = now - rep_.start;
    if (count_ > 0) rep_.mean_n = sum_n_ / static_cast<double>(count_);
    rep_.impulse_ns = rep_.mean_n * std::chrono::duration<double>(rep_.duration).count();
    rep_.too_hard = rep_.peak_n > ceiling_n_;
    host().log_rep(rep_);
    if (rep_.too_hard) host().cue({.kind = CueKind::kLighter, .text = "Lighter, please."});
  }

  int reps_ = 0;
  double ceiling_n_ = 0.0;
  std::chrono::microseconds ready_{}, up_{}, hold_{}, down_{}, rest_{};
  Phase phase_ = Phase::kOff;
  SessionTime phase_end_{};
  Rep rep_;
  double sum_n_ = 0.0;
  std::int64_t count_ = 0;
};

}  // namespace

KNEAD_PLUGIN(MyPlugin)
