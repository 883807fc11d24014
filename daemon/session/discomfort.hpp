// SPDX-License-Identifier: Apache-2.0
// Force at first discomfort: three slow ramps of the person's own, each ended by the person. Pure.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/sample.hpp"
#include "daemon/core/units.hpp"
#include "daemon/session/cue.hpp"

namespace knead::session {

/// How a set of trials is done. Data, so that whoever changes a figure meets its source.
struct DiscomfortProtocol {
  /// Half of the 10 N/s at which protocols ramp to the *highest tolerable* pressure (doi 10.1186/s12998-022-00441-5):
  /// here the first discomfort counts, and a reaction of 0.3 s then costs 1.5 N. (choice)
  double rate_n_per_s = 5.0;
  double rate_tolerance = 0.25;  ///< a mean rate further off repeats the trial (EVIDENCE.md)
  int trials = 3;                ///< good ones (EVIDENCE.md)
  int most_attempts = 8;         ///< good and bad, then the set is given up (choice)
  Newtons contact{2.0};          ///< where a ramp begins, as in a routine
  Newtons least{5.0};            ///< a press below it is a slip of the thumb, not discomfort (choice)
  /// Hard stop: nobody is asked to press on. Below the motor's hard limit of 60 N by the force that people miss without
  /// looking (14 N, Snodgrass 2010), so that it is not met on the way. (choice)
  Newtons stop{46.0};
  std::chrono::seconds rest{15};           ///< between trials, hands off (choice)
  std::chrono::seconds wait{60};           ///< for a ramp to begin (as a session waits)
  std::chrono::seconds longest_ramp{20};   ///< (choice: twice what the slowest good ramp takes to the stop)
  std::chrono::seconds longest_set{480};   ///< (choice)
  std::chrono::milliseconds silence{500};  ///< without a usable sample: given up (R4 is the motor's; it is off anyway)

  /// The stop lies as far below a lowered hard limit as below the compiled one: configuration lowers, never raises
  /// (R2).
  [[nodiscard]] static DiscomfortProtocol below(Newtons hard_limit);
};

enum class DiscomfortPhase : std::uint8_t { kRest, kReady, kRamp, kEnded };
std::string_view to_string(DiscomfortPhase phase) noexcept;

enum class TrialVerdict : std::uint8_t { kGood, kTooFast, kTooSlow, kTooSoon, kLetGo, kTooLong, kNoReading };
std::string_view to_string(TrialVerdict verdict) noexcept;

struct DiscomfortTrial {
  TrialVerdict verdict = TrialVerdict::kGood;
  Newtons force{};            ///< median of the last readings before the press, or before it ended otherwise
  double rate_n_per_s = 0.0;  ///< mean, from contact to the press
  std::chrono::microseconds duration{};
};

enum class DiscomfortOutcome : std::uint8_t {
  kDone,       ///< three good trials
  kAboveStop,  ///< a good ramp met the hard stop with no press: the force lies above it and is not known
  kGivenUp,    ///< too many repeats, or too long
  kNoReading,  ///< the ball fell silent or left
  kStopped,    ///< by a person
};
std::string_view to_string(DiscomfortOutcome outcome) noexcept;

/// One set of trials: a pure state machine; time is an argument, cues come out, and never a motor request.
///
///             hands off for 0.5 s, rest over       F >= contact
///   [rest] ───────────────────────────▶ [ready] ─────────────▶ [ramp]
///     ▲                                    │ wait                 │ press: judged by mean rate and least force
///     │                                    ▼                      │ F >= stop, let go, longest_ramp, no reading
///     │                                 [ended] ◀── third good ───┤
///     └──────────────── good, or to be repeated ──────────────────┘
///   stop(), a silent or absent ball, most_attempts and longest_set end it from anywhere. It begins in [rest] with no
///   rest to wait for, so that a hand that lies on the ball already is lifted first.
///
/// A press is the ball's button going down, or press(), a second way. Only in [ramp] does it mean anything.
///
/// Owned by one thread. No I/O. Times must not go back.
class Discomfort {
 public:
  explicit Discomfort(DiscomfortProtocol protocol = {});

  void on_sample(SessionTime t, const Sample& sample);
  /// Time passes without samples.
  void on_clock(SessionTime t);
  void press(SessionTime t);
  void on_ball_lost(SessionTime t);
  void stop(SessionTime t);

  [[nodiscard]] std::vector<Cue> take_cues();
  [[nodiscard]] bool ended() const noexcept { return phase_ == DiscomfortPhase::kEnded; }
  [[nodiscard]] DiscomfortPhase phase() const noexcept { return phase_; }
  /// Of an ended set.
  [[nodiscard]] DiscomfortOutcome outcome() const noexcept { return outcome_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  /// Good and bad, in their order. Not among them: a ramp that the end of the set cut short, and the one that met the
  /// stop and so ended it.
  [[nodiscard]] const std::vector<DiscomfortTrial>& trials() const noexcept { return trials_; }
  [[nodiscard]] int good() const noexcept;
  [[nodiscard]] const DiscomfortProtocol& protocol() const noexcept { return protocol_; }

  [[nodiscard]] SessionTime now() const noexcept { return now_; }
  [[nodiscard]] Newtons force() const noexcept { return force_; }
  /// Of the last half second; empty outside a ramp and in its first 0.2 s.
  [[nodiscard]] std::optional<double> rate_n_per_s() const noexcept;
  /// Left of a rest.
  [[nodiscard]] std::chrono::microseconds rest_left() const noexcept;

 private:
  struct At {
    SessionTime t{};
    double force_n = 0.0;
  };
  void enter(DiscomfortPhase phase);
  void pass(SessionTime t);
  void feed_ramp();
  void advise();
  void end_trial(TrialVerdict verdict);
  void judge();
  void end(DiscomfortOutcome outcome, std::string reason);
  [[nodiscard]] double mean_rate() const noexcept;
  [[nodiscard]] Newtons pressed_force() const;
  void cue(CueKind kind, std::string text, Urgency urgency = Urgency::kNormal, std::optional<int> count = {});

  DiscomfortProtocol protocol_;
  DiscomfortPhase phase_ = DiscomfortPhase::kRest;
  DiscomfortOutcome outcome_ = DiscomfortOutcome::kStopped;
  std::string reason_;
  std::vector<DiscomfortTrial> trials_;
  std::vector<Cue> cues_;

  SessionTime now_{};
  SessionTime phase_began_{};
  SessionTime last_usable_{};
  std::optional<SessionTime> hands_off_since_;
  std::chrono::microseconds rest_{};  ///< of this phase
  Newtons force_{};
  std::optional<bool> button_;  ///< unknown before the first sample

  At ramp_start_;
  std::deque<At> recent_;             ///< of the ramp, one each kRateStep over kRateSpan
  std::deque<double> last_readings_;  ///< of the ramp, for the force at the press
  SessionTime advised_{};
};

/// Of a set that is done.
struct DiscomfortResult {
  double mean_n = 0.0;
  double sd_n = 0.0;  ///< between its three trials (n - 1)
};
/// Empty unless the set is kDone.
[[nodiscard]] std::optional<DiscomfortResult> result_of(const Discomfort& set);

}  // namespace knead::session
