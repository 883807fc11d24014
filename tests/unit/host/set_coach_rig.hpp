// SPDX-License-Identifier: Apache-2.0
// A set under virtual time: forces are held for a while, what was said and done can be asked for.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "plugins/activation/set_coach.hpp"

namespace activation::test {

struct Said {
  std::int64_t ms;
  CueKind kind;
  std::string text;
  int count;  ///< -1: none
};

struct Rig : SetOutput {
  /// With the default lead-in, when the first rep is asked for.
  static constexpr int kLeadInMs = static_cast<int>(kLeadInUs / 1000);

  SetPlan plan = [] {
    SetPlan p;
    p.exercise = exercises().front();
    p.tempo = p.exercise.tempo;
    return p;
  }();
  std::optional<SetCoach> coach;
  std::int64_t now_us = 0;
  std::vector<Said> said;
  std::vector<Rep> reps;
  std::vector<std::int64_t> ticks_ms;
  std::optional<bool> completed;
  SetTotals totals;
  int too_hard = 0;

  void begin() {
    coach.emplace(plan, *this);
    coach->start(now_us);
  }
  /// A reading each 10 ms, a tick each 50 ms.
  void hold(double force_n, int ms) {
    for (int left = ms; left > 0; left -= 10) {
      now_us += 10'000;
      read(force_n);
      if (now_us % 50'000 == 0) coach->tick(now_us);
    }
  }
  void read(double force_n) {
    Reading reading;
    reading.t_us = now_us;
    reading.force_n = force_n;
    coach->feed(reading, now_us);
  }
  [[nodiscard]] int times(CueKind kind) const { return static_cast<int>(std::ranges::count(said, kind, &Said::kind)); }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Said& each : said) all.push_back(each.text);
    return all;
  }

  void cue(const Cue& cue) override { said.push_back({now_us / 1000, cue.kind, cue.text, cue.count.value_or(-1)}); }
  void rep(int n, const Rep& rep, bool hard) override {
    EXPECT_EQ(n, static_cast<int>(reps.size()) + 1);
    reps.push_back(rep);
    too_hard += hard ? 1 : 0;
  }
  void haptic_tick() override { ticks_ms.push_back(now_us / 1000); }
  void finish(const SetTotals& of_set, bool all_done) override {
    EXPECT_FALSE(completed.has_value()) << "finished twice";
    completed = all_done;
    totals = of_set;
  }
};

}  // namespace activation::test
