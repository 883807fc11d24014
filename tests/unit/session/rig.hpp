// SPDX-License-Identifier: Apache-2.0
// A session under virtual time: forces are held for a while, what happened can be asked for.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "daemon/session/session.hpp"
#include "tests/unit/session/band.hpp"

namespace knead::session::test {

using namespace std::chrono_literals;

inline ReleaseStep release_step(std::chrono::seconds credit, std::chrono::seconds max_elapsed) {
  return {.muscle = "upper_trapezius",
          .side = StepSide::kChosen,
          .credit = credit,
          .max_elapsed = max_elapsed,
          .band = kBand,
          .vibration = {.level = {128}, .pattern = protocol::Pattern::kSteady, .frequency_hz = 38}};
}

/// 60 s of release within 90 s, then 2 reps within 40 s.
inline Routine routine() {
  Routine routine;
  routine.id = "test";
  routine.title = "Test";
  routine.release = {release_step(60s, 90s)};
  routine.activation = Activation{.plugin = "activation",
                                  .exercise = "prone_y_lift",
                                  .reps = 2,
                                  .tempo = {.up = 2s, .hold = 2s, .down = 2s, .rest = 1s},
                                  .max_elapsed = 40s};
  return routine;
}

inline Routine release_only() {
  Routine short_one = routine();
  short_one.method = Method::kCustom;
  short_one.activation.reset();
  return short_one;
}

class Rig {
 public:
  explicit Rig(Routine r = routine(), SessionOptions options = {}) : session(std::move(r), options) { collect(); }

  /// A hundred samples a second of @p force.
  void hold(double force, std::chrono::milliseconds lasts, Quality quality = {}) {
    for (const SessionTime end = t + lasts; t < end;) sample(force, quality);
  }
  void sample(double force, Quality quality = {}) {
    t += 10ms;
    session.on_sample(t, {.force = {force}, .quality = quality});
    collect();
  }
  void wait(std::chrono::milliseconds lasts) {
    session.on_clock(t += lasts);
    collect();
  }
  void plugin(const PluginAction& action) {
    session.on_plugin(t, action);
    collect();
  }
  void rep(double peak = 5) {
    plugin(action::LogRep{{.start = t, .duration = 0s, .peak = {peak}, .mean = {peak / 2}, .impulse_ns = 1}});
  }
  void collect() {
    for (Event& event : session.take_events()) events.push_back(std::move(event));
  }
  void release() { hold(20, 61s); }

  template <class What>
  [[nodiscard]] std::vector<std::pair<SessionTime, What>> all() const {
    std::vector<std::pair<SessionTime, What>> found;
    for (const Event& event : events) {
      if (const auto* what = std::get_if<What>(&event.what)) found.emplace_back(event.t, *what);
    }
    return found;
  }
  template <class What>
  [[nodiscard]] std::size_t count() const {
    return all<What>().size();
  }
  [[nodiscard]] bool said(std::string_view text) const {
    for (const auto& [at, cued] : all<event::Cued>()) {
      if (cued.cue.text.find(text) != std::string::npos) return true;
    }
    return false;
  }
  [[nodiscard]] bool motor_on() const { return session.motor_request().level.value > 0; }

  Session session;
  SessionTime t{};
  std::vector<Event> events;
};

}  // namespace knead::session::test
