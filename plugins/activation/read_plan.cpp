// SPDX-License-Identifier: Apache-2.0
#include "plugins/activation/read_plan.hpp"

#include <cmath>
#include <string>
#include <string_view>

namespace activation {

const knead_parameter_t kHapticsParameter{sizeof(knead_parameter_t),
                                          KNEAD_PARAMETER_SWITCH,
                                          "haptics",
                                          "Short ticks of the motor say up, hold and down to a hand on the ball.",
                                          nullptr,
                                          0.0,
                                          1.0,
                                          1.0,
                                          nullptr,
                                          nullptr};

namespace {

void read_seconds(const knead_host_t* host, const char* key, std::int64_t& microseconds) {
  double seconds = 0.0;
  if (host->get_number(host, key, &seconds) == KNEAD_OK && seconds >= 0.0) microseconds = std::llround(seconds * 1e6);
}

std::string no_such_exercise(std::string_view name) {
  constexpr std::size_t kShown = 40;  // so that the list after it fits into what a reason may be
  std::string reason = "there is no exercise called \"" + std::string(name.substr(0, kShown)) + "\"; there is ";
  for (const Exercise& known : exercises()) {
    if (&known != &exercises().front()) reason += ", ";
    reason += known.id;
  }
  return reason;
}

}  // namespace

std::optional<SetPlan> read_plan(const knead_host_t* host) {
  const char* name = exercises().front().id.data();
  (void)host->get_text(host, "exercise", &name);
  const Exercise* const exercise = find_exercise(name);
  if (exercise == nullptr) {
    (void)host->refuse(host, no_such_exercise(name).c_str());
    return std::nullopt;
  }
  SetPlan plan;
  plan.exercise = *exercise;
  plan.tempo = exercise->tempo;
  plan.detect = exercise->detect;

  double reps = plan.reps;
  (void)host->get_number(host, "reps", &reps);
  plan.reps = static_cast<int>(reps);
  read_seconds(host, "tempo_s.up", plan.tempo.up_us);
  read_seconds(host, "tempo_s.hold", plan.tempo.hold_us);
  read_seconds(host, "tempo_s.down", plan.tempo.down_us);
  read_seconds(host, "tempo_s.rest", plan.tempo.rest_us);
  read_seconds(host, "max_elapsed_s", plan.max_elapsed_us);
  const char* detect = nullptr;
  if (host->get_text(host, "detect", &detect) == KNEAD_OK) {
    plan.detect = std::string_view(detect) == "tempo" ? Detection::kTempo : Detection::kPress;
  }
  (void)host->get_number(host, "press_n", &plan.press_n);
  (void)host->get_number(host, "ceiling_n", &plan.ceiling_n);
  double haptics = 1.0;
  (void)host->get_number(host, "parameters.haptics", &haptics);
  plan.haptics = haptics != 0.0;

  plan = within_bounds(plan);
  if (const auto problem = problem_with(plan)) {
    (void)host->refuse(host, problem->c_str());
    return std::nullopt;
  }
  return plan;
}

}  // namespace activation
