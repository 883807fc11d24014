// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "plugins/activation/cue.hpp"
#include "plugins/activation/haptic_ticks.hpp"
#include "plugins/activation/rep.hpp"
#include "plugins/activation/set_plan.hpp"
#include "plugins/activation/set_totals.hpp"

namespace activation {

/// Where the coach's decisions go.
class SetOutput {
 public:
  virtual ~SetOutput() = default;
  virtual void cue(const Cue& cue) = 0;
  virtual void rep(int n, const Rep& rep, bool too_hard) = 0;
  virtual void haptic_tick() = 0;
  /// Last of all.
  virtual void finish(const SetTotals& totals, bool completed) = 0;
};

/// Leads through one set. Pure: readings and time in, cues and reps out.
///
///   [lead-in] ─ 10 s ─▶ [await: "Lift."] ─ press ─▶ [rep: "Hold." "Lower."] ─ let go ─▶ [rest] ─▶ [await] …
///
/// [await] says its word again after a while. A press begins a rep from [rest] as well; one that was only a bump goes
/// back to where it came from.
///
/// By press the person leads: the next cue waits for the rep, so nobody slow is shouted at, and what is done early
/// counts, in the lead-in too, which goes on all the same. By tempo the clock leads, [await] takes no time, and a rep
/// is what was felt between its "lift" and the end of "lower". A pause drops the rep under way; after it there is a
/// lead-in again. After the last rep: "done", and finish(). After the plan's max_elapsed: "time is up", and finish().
///
/// A word whose moment is more than a second past is not said: a plugin that was kept from running catches up with the
/// reps and not with the talking.
class SetCoach {
 public:
  SetCoach(const SetPlan& plan, SetOutput& out);

  void start(std::int64_t now_us);
  void pause(std::int64_t now_us) noexcept;
  void resume(std::int64_t now_us);
  /// Readings in order, heard of at @p now_us. Those before start(), during a pause and after the end are passed over.
  void feed(const Reading& reading, std::int64_t now_us);
  /// Time has come this far; all readings up to it were fed.
  void tick(std::int64_t now_us);

  [[nodiscard]] bool running() const noexcept { return point_.phase != Phase::kIdle && point_.phase != Phase::kOver; }

 private:
  enum class Phase : std::uint8_t { kIdle, kLeadIn, kAwait, kRep, kRest, kOver };
  /// Where in the course the set is.
  struct Point {
    Phase phase = Phase::kIdle;
    std::int64_t start_us = 0;
    std::int64_t reminded_us = 0;
    int said = 0;  ///< cues of this phase that have a time
  };

  void enter(Phase phase, std::int64_t at_us) noexcept;
  void lead_in(std::int64_t at_us, bool whole);
  /// One step that is due by now, if there is one.
  bool advance(std::int64_t now_us);
  bool advance_lead_in(std::int64_t now_us);
  bool advance_await(std::int64_t now_us);
  bool advance_rep(std::int64_t now_us);
  void feed_press(const Reading& reading);
  void feed_tempo(const Reading& reading);
  void begin_rep(std::int64_t at_us) noexcept;
  void end_rep(const Rep& rep, std::int64_t at_us);
  void warn_if_too_hard(double peak_n, std::int64_t at_us);
  void finish(bool completed);
  void say(const Cue& cue, std::int64_t due_us);
  void tick_haptically(int ticks, std::int64_t at_us) noexcept;
  [[nodiscard]] Place next() const noexcept { return {totals_.reps() + 1, plan_.reps}; }

  SetPlan plan_;
  SetOutput& out_;
  PressCounter presses_;
  ForceSpan tempo_span_;
  HapticTicks haptics_;
  SetTotals totals_;

  Point point_;
  Point before_press_;  ///< a bump goes back to it
  bool whole_lead_in_ = true;
  bool paused_ = false;
  std::int64_t now_us_ = 0;
  std::int64_t start_us_ = 0;      ///< of this stretch between pauses
  std::int64_t before_us_ = 0;     ///< how long the stretches before took
  std::int64_t last_read_us_ = 0;  ///< time of the newest reading

  bool warned_ = false;  ///< in this rep
  std::int64_t next_warning_us_ = 0;
  bool hard_before_ = false;  ///< the rep before was too hard
};

}  // namespace activation
