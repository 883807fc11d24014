// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/core/sample_ring.hpp"
#include "daemon/host/find_plugin.hpp"
#include "daemon/host/plugin_process.hpp"

namespace knead::host {

/// A ring to write samples to, and a plugin to launch on it. Samples are 1 ms apart; the ball's clock stands at an odd
/// number when the session begins, so that nobody takes one clock for the other.
class PluginBench {
 public:
  static constexpr DeviceTime kEpoch{std::chrono::microseconds(123'456'789)};

  session::Activation activation = [] {
    using namespace std::chrono_literals;
    session::Activation a;
    a.plugin = "activation";
    a.exercise = "prone_y_lift";
    a.reps = 8;
    a.tempo = {2s, 2s, 2s, 1s};
    return a;
  }();

  std::string state;  ///< that the plugin kept

  PluginLaunch launch_of(std::string file) {
    return {std::move(file),
            find_host_program().value(),
            activation,
            session::Side::kRight,
            {},
            ring_.read_only_descriptor().value(),
            state};
  }
  Result<std::unique_ptr<PluginProcess>> launch(const std::string& file) {
    return PluginProcess::launch(launch_of(file));
  }
  /// The fixture that does as the exercise says.
  Result<std::unique_ptr<PluginProcess>> launch_fixture(const std::string& what) {
    activation.exercise = what;
    return launch(fixture("fixture.so"));
  }
  static std::string fixture(const std::string& name) { return std::string(KNEAD_FIXTURES) + "/" + name; }
  static std::string first_party() { return find_plugin("activation", default_plugin_dirs()).value(); }

  void press(double force_n, std::chrono::milliseconds time) {
    for (auto left = time; left.count() > 0; --left) {
      Sample sample;
      sample.seq = ring_.head();
      sample.device_time = kEpoch + now_.time_since_epoch();
      sample.force = Newtons{force_n};
      ring_.push(sample);
      now_ += std::chrono::milliseconds(1);
    }
  }
  [[nodiscard]] SessionTime now() const { return now_; }
  [[nodiscard]] std::uint64_t head() const { return ring_.head(); }
  [[nodiscard]] session::Event event(decltype(session::Event::what) what) const { return {now_, std::move(what)}; }

 private:
  SampleRing ring_ = SampleRing::create(1 << 16).value();
  SessionTime now_{};
};

/// What a plugin did, sorted.
struct Doings {
  std::vector<session::Cue> cues;
  std::vector<session::Rep> reps;
  std::vector<session::action::RequestMotor> motor;
  std::vector<session::action::Note> notes;
  std::vector<std::chrono::microseconds> releases;
  std::vector<std::string> saved;
  std::vector<bool> finished;

  void take(const session::PluginAction& action) {
    if (const auto* cue = std::get_if<session::action::ShowCue>(&action)) cues.push_back(cue->cue);
    if (const auto* rep = std::get_if<session::action::LogRep>(&action)) reps.push_back(rep->rep);
    if (const auto* request = std::get_if<session::action::RequestMotor>(&action)) motor.push_back(*request);
    if (const auto* note = std::get_if<session::action::Note>(&action)) notes.push_back(*note);
    if (const auto* more = std::get_if<session::action::RequestRelease>(&action)) releases.push_back(more->credit);
    if (const auto* state = std::get_if<session::action::SaveState>(&action)) saved.push_back(state->bytes);
    if (const auto* finish = std::get_if<session::action::Finish>(&action)) finished.push_back(finish->completed);
  }
  [[nodiscard]] double measure(const std::string& key) const {
    for (const auto& note : notes) {
      if (note.key == key) return note.value;
    }
    ADD_FAILURE() << "no measure " << key;
    return -1.0;
  }
  [[nodiscard]] bool has(const std::string& key) const {
    for (const auto& note : notes) {
      if (note.key == key) return true;
    }
    return false;
  }
};

}  // namespace knead::host
