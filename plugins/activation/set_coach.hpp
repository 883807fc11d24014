// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "plugins/activation/exercise.hpp"
#include "plugins/activation/rep.hpp"

namespace activation {

/// Fewer than ten, always: whatever the routine says. EVIDENCE.md, Dose.
constexpr int kMostReps = 9;

struct SetPlan {
  Exercise exercise;
  int reps = 8;
  std::int64_t up_us = 2'000'000;
  std::int64_t hold_us = 2'000'000;
  std::int64_t down_us = 2'000'000;
  std::int64_t rest_us = 1'000'000;
  bool by_press = true;  ///< else by the clock
  double press_n = 3.0;
  double ceiling_n = 8.0;
};

/// Where the coach's decisions go.
class SetOutput {
 public:
  virtual ~SetOutput() = default;
  virtual void cue(std::uint32_t kind, std::string_view text, std::uint32_t urgency, int count) = 0;
  virtual void rep(int n, const Rep& rep, bool too_hard) = 0;
  virtual void finish(bool completed) = 0;
};

/// Leads through one set. Pure: readings and time in, cues and reps out.
///
///   [lead-in] ─ 6 s ─▶ [await: "Rep 1. Lift."] ─ press ─▶ [rep: "Hold." "Lower slowly."] ─ let go ─▶ [rest] ─▶ [await]
///   …
///        │                  │ says it again after a while       │                                  │
///        └──────────────────┴────────── a press goes to [rep] from each of them ───────────────────┘
///
/// By press the person leads: the next cue waits for the rep, so nobody slow is shouted at, and what is done early
/// counts. By tempo the clock leads, [await] takes no time, and a rep is what was felt between its "lift" and the end
/// of "lower". A pause drops the rep under way; after it there is a lead-in again. After the last rep: "done", and
/// finish().
class SetCoach {
 public:
  SetCoach(const SetPlan& plan, SetOutput& out);

  void start(std::int64_t now_us);
  void pause() noexcept;
  void resume(std::int64_t now_us);
  /// Readings in order. Those before start(), during a pause and after the end are passed over.
  void feed(const Reading& reading);
  /// Time has come this far; all readings up to it were fed.
  void tick(std::int64_t now_us);

  [[nodiscard]] bool running() const noexcept { return phase_ != Phase::kIdle && phase_ != Phase::kOver; }

 private:
  enum class Phase : std::uint8_t { kIdle, kLeadIn, kAwait, kRep, kRest, kOver };

  void enter(Phase phase, std::int64_t at_us) noexcept;
  bool advance(std::int64_t now_us);
  bool advance_rep(std::int64_t now_us);
  void begin_rep(std::int64_t at_us) noexcept;
  void end_rep(const Rep& rep, std::int64_t at_us);
  void warn_if_too_hard(double peak_n);
  void say(std::uint32_t kind, std::string_view text, int count = KNEAD_NO_COUNT);
  void say_up(std::string_view before, std::uint32_t urgency);

  SetPlan plan_;
  SetOutput& out_;
  PressCounter presses_;
  ForceSpan tempo_span_;
  Phase phase_ = Phase::kIdle;
  bool paused_ = false;
  std::int64_t start_us_ = 0;
  std::int64_t phase_start_us_ = 0;
  std::int64_t reminded_us_ = 0;
  int said_ = 0;  ///< cues of this phase that have a time
  bool warned_ = false;
  int done_ = 0;
};

}  // namespace activation
