// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/sample.hpp"
#include "daemon/session/coach.hpp"
#include "daemon/session/event.hpp"
#include "daemon/session/measures.hpp"
#include "daemon/session/motor_request.hpp"
#include "daemon/session/plugin_action.hpp"
#include "daemon/session/rate_limit.hpp"
#include "daemon/session/release_timer.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {

enum class Phase : std::uint8_t { kWaiting, kRelease, kActivation, kEnded };
std::string_view to_string(Phase phase) noexcept;

struct SessionOptions {
  Side side = Side::kRight;
  std::optional<Band> band{};         ///< the profile's own, replaces each step's
  std::optional<Newtons> soft_cap{};  ///< the profile's own: no band reaches above it
};

/// One release step, as it went or as far as it has gone.
struct StepResult {
  bool completed = false;
  std::chrono::microseconds credited{};
  std::chrono::microseconds elapsed{};  ///< on the step's own clock: from its first contact, without pauses
  std::chrono::microseconds target{};
  Side side = Side::kRight;
  std::string muscle;
};

/// What a live view shows; cheap to take.
struct Snapshot {
  Phase phase = Phase::kWaiting;
  bool paused = false;
  SessionTime t{};
  Newtons force{};
  bool in_band = false;
  Band band;
  int step = 0;
  int steps = 0;
  Side side = Side::kRight;
  std::chrono::microseconds credited{};
  std::chrono::microseconds target{};
  int reps = 0;
  int target_reps = 0;
  Cue last_cue;
};

/// One run of one routine: a pure state machine; time is an argument, events and a motor request come out.
///
///   [waiting] ─ F >= contact ─▶ [release 0] ─ done or max_elapsed ─▶ [release 1] … ─▶ [activation] ─ finish ─▶ [ended]
///       │ 60 s                                                                            │ max_elapsed          ▲
///       └──────────────────────────────────────────────────────────────────────────────┴───────────────────────┘
///   A plugin may be granted a further step of [release] as long as no rep is done; the set then begins anew.
///   pause and resume hold in every state but [ended]; worst_case() after the first contact, stop, a fault or a lost
///   plugin end it from anywhere. Losing the ball pauses; only resume() goes on (R5).
///
/// Clocks. A step's clock starts at its first contact, that of a step on another spot at the first contact after
/// letting go, or kSideChangeWait after the step before, whichever is earlier; the activation's starts with it. A pause
/// holds these two, not the 60 s of waiting nor worst_case(): a forgotten session ends by itself. Deadlines happen at
/// their own time even when the caller's time jumps over them, so the same inputs give the same events at any pace.
///
/// A plugin that is lost while the release runs lets the person finish it; the session then ends incomplete.
///
/// Owned by one thread (the main thread when live). No I/O. Times must not go back; a time before the last is taken as
/// the last.
class Session {
 public:
  /// @p routine as read_routine gives it.
  Session(Routine routine, SessionOptions options);

  void on_sample(SessionTime t, const Sample& sample);
  /// Time passes without samples: the ball is away or silent.
  void on_clock(SessionTime t);
  /// The interlock holds the motor at 0 (@p fault: latched). @p kind as in sampling::to_string(Trip).
  void on_trip(SessionTime t, std::string_view kind, std::string_view detail, bool fault);
  void on_trip_cleared(SessionTime t, std::string_view kind);
  /// Each lost sample once, whoever lost it: sequence gaps and ring losses alike.
  void on_samples_lost(SessionTime t, std::uint64_t count);
  void on_ball_lost(SessionTime t);
  void on_ball_back(SessionTime t);
  void on_plugin(SessionTime t, const PluginAction& action);
  void on_plugin_failed(SessionTime t, std::string_view reason);
  void pause(SessionTime t, std::string_view reason);
  /// Errors: kRefused while the ball is away or the session is not paused.
  Result<> resume(SessionTime t);
  void stop(SessionTime t, std::string_view by);

  /// Moves out what happened since the last call, in order.
  [[nodiscard]] std::vector<Event> take_events();
  /// What the motor should do now. Off while waiting, paused, tripped, without the ball or contact with it, and after
  /// the end; else the step's vibration, or a plugin's request in the activation until it lapses (250 ms at most: call
  /// on_clock). Off for good once it ran for kMaxVibration.
  [[nodiscard]] MotorRequest motor_request() const noexcept;
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] bool ended() const noexcept { return phase_ == Phase::kEnded; }
  /// Of an ended session; kIncomplete before.
  [[nodiscard]] Outcome outcome() const noexcept { return outcome_; }
  /// Why it ended, in plain words.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  [[nodiscard]] const Routine& routine() const noexcept { return routine_; }
  [[nodiscard]] const SessionOptions& options() const noexcept { return options_; }
  /// What the plugin keeps for its next session: bytes of any value. Empty: it has not said.
  [[nodiscard]] const std::optional<std::string>& saved_state() const noexcept { return saved_state_; }
  /// One for each step of the routine, begun or not.
  [[nodiscard]] const std::vector<StepResult>& steps() const noexcept { return steps_; }
  [[nodiscard]] const std::vector<Rep>& reps() const noexcept { return reps_; }
  [[nodiscard]] bool activation_completed() const noexcept { return activation_completed_; }
  [[nodiscard]] std::optional<SessionTime> first_contact() const noexcept { return first_contact_; }
  /// Of the release so far.
  [[nodiscard]] Measures measures() const noexcept { return measures_.result(); }
  [[nodiscard]] std::uint64_t samples_received() const noexcept { return samples_received_; }
  [[nodiscard]] std::uint64_t samples_lost() const noexcept { return samples_lost_; }

 private:
  enum class Deadline : std::uint8_t { kNone, kFirstContact, kStepClock, kStepEnd, kActivationEnd, kWorstCase };
  struct NextDeadline {
    Deadline what = Deadline::kNone;
    SessionTime at = SessionTime::max();
  };

  // Time.
  void advance(SessionTime t);
  void pass(SessionTime t);
  [[nodiscard]] NextDeadline next_deadline() const noexcept;
  void expire(Deadline what);
  void tick();

  // The course of the session.
  void begin_step(std::size_t index);
  void start_step_clock();
  void feed_release(const Sample& sample);
  void end_step(bool completed);
  void begin_activation();
  void end_activation(std::string_view reason);
  void finish_course(std::string_view reason);
  void end(Outcome outcome, std::string reason);

  // Plugin actions.
  void on_action(const action::ShowCue& action);
  void on_action(const action::RequestMotor& action);
  void on_action(const action::LogRep& action);
  void on_action(const action::Note& action);
  void on_action(const action::RequestRelease& action);
  void on_action(const action::SaveState& action);
  void on_action(const action::Finish& action);
  void note_dropped();

  void break_intervals() noexcept;
  [[nodiscard]] bool in_contact() const noexcept;
  [[nodiscard]] const ReleaseStep& step() const noexcept { return routine_.release[step_]; }
  [[nodiscard]] Band band() const noexcept;
  [[nodiscard]] bool same_spot_as_before() const noexcept;
  [[nodiscard]] std::string spot() const;
  [[nodiscard]] int target_reps() const noexcept;
  void cue(CueKind kind, std::string_view text, Urgency urgency = Urgency::kNormal, std::optional<int> count = {});
  template <class What>
  void emit(What what) {
    events_.push_back({now_, std::move(what)});
  }

  Routine routine_;  ///< its release grows with each further step
  SessionOptions options_;
  std::chrono::microseconds worst_case_;  ///< of the routine as it came
  std::vector<Event> events_;
  Cue last_cue_;

  Phase phase_ = Phase::kWaiting;
  bool paused_ = false;
  bool ball_here_ = true;
  Outcome outcome_ = Outcome::kIncomplete;
  std::string reason_;
  SessionTime now_{};
  SessionTime next_tick_{};
  std::optional<SessionTime> first_contact_;
  std::set<std::string, std::less<>> trips_;  ///< kinds in force

  // What was felt last.
  Newtons force_{};
  bool believed_ = false;       ///< force_ can be
  std::optional<bool> button_;  ///< unknown before the first sample: the press that began the session is not a stop

  // Release.
  std::size_t step_ = 0;
  bool open_ = false;  ///< a step or the activation has begun and not ended
  bool step_clock_runs_ = false;
  bool counted_down_ = false;
  bool let_go_ = false;  ///< since the step began
  SessionTime step_began_{};
  ReleaseTimer timer_;
  bool in_band_ = false;  ///< as the last event said
  Coach coach_;
  std::vector<StepResult> steps_;
  MeasuresAccumulator measures_;
  std::uint64_t samples_received_ = 0;
  std::uint64_t samples_lost_ = 0;

  // Activation.
  SessionTime activation_began_{};
  std::chrono::microseconds activation_elapsed_{};
  std::vector<Rep> reps_;
  bool activation_completed_ = false;
  std::optional<std::string> plugin_failure_;
  std::optional<std::string> saved_state_;
  int state_saves_ = 0;
  MotorRequest plugin_motor_;
  SessionTime plugin_motor_until_{};
  std::chrono::microseconds further_left_{};  ///< credit that a plugin may still ask for
  int further_steps_ = 0;
  std::uint64_t refused_releases_ = 0;
  RateLimit cue_limit_;
  RateLimit note_limit_;
  RateLimit trip_cue_limit_;
  std::uint64_t ignored_reps_ = 0;
  std::uint64_t dropped_cues_ = 0;
  std::uint64_t dropped_notes_ = 0;

  std::chrono::microseconds vibrated_{};
};

}  // namespace knead::session
