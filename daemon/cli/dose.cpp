// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/dose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

namespace knead::cli {
namespace {

using session::Routine;

bool is_custom(const Routine& routine) { return routine.method == session::Method::kCustom; }

std::string_view name_of(protocol::Pattern pattern) {
  switch (pattern) {
    case protocol::Pattern::kSteady:
      return "steady";
    case protocol::Pattern::kPulse:
      return "pulse";
    case protocol::Pattern::kWave:
      return "wave";
  }
  return "steady";
}

std::string step_text(std::size_t number, const session::ReleaseStep& step) {
  std::string text = fmt::format("    step {}    {}, {} side: {} s credited within {} s, {} to {} N", number,
                                 step.muscle, to_string(step.side), to_seconds(step.credit),
                                 to_seconds(step.max_elapsed), step.band.lo.value, step.band.hi.value);
  if (step.vibration.level.value == 0) return text + ", no vibration\n";
  return text + fmt::format(", vibration at {:.2f} of full ({})\n", step.vibration.level.fraction(),
                            name_of(step.vibration.pattern));
}

std::string activation_text(const session::Activation& set) {
  return fmt::format("  activation  {} reps{}{} of {} s, by {}; {} s at most\n", set.reps,
                     set.exercise.empty() ? "" : " of ", set.exercise, to_seconds(set.tempo.cycle()),
                     to_string(set.detect), to_seconds(set.max_elapsed));
}

}  // namespace

Dose dose_of(const Routine& routine) {
  Dose dose;
  for (const session::ReleaseStep& step : routine.release) {
    dose.credit += step.credit;
    if (step.vibration.level.value == 0) continue;
    dose.vibration += step.max_elapsed;
    dose.highest_level = std::max(dose.highest_level, step.vibration.level.fraction());
  }
  if (routine.activation) {
    dose.reps = routine.activation->reps;
    dose.further = routine.activation->further_release;
    // A plugin's further steps are like the last.
    const bool vibrates = !routine.release.empty() && routine.release.back().vibration.level.value > 0;
    if (vibrates) dose.vibration += session::usual_elapsed(dose.further);
  }
  dose.longest = routine.longest_course();
  dose.bound = is_custom(routine) ? session::kMaxCustomSession : session::kMaxSession;
  return dose;
}

std::string dose_text(const Routine& routine) {
  const Dose dose = dose_of(routine);
  std::string text =
      fmt::format("  method      {}\n", is_custom(routine) ? "custom: leaves the method, and is held to the safety "
                                                             "limits alone"
                                                           : "release-activate: held to the dose of the method");
  text += fmt::format("  release     {} s credited in all{}\n", to_seconds(dose.credit),
                      dose.further.count() > 0
                          ? fmt::format(", and up to {} s more when the plugin asks", to_seconds(dose.further))
                          : "");
  for (std::size_t i = 0; i < routine.release.size(); ++i) text += step_text(i + 1, routine.release[i]);
  text += dose.vibration.count() == 0
              ? "  vibration   none in the release\n"
              : fmt::format("  vibration   {} s at most in the release\n", to_seconds(dose.vibration));
  text += routine.activation ? activation_text(*routine.activation) : "  activation  none\n";
  text += fmt::format("  worst case  {} s from the first contact, of {} s allowed\n", to_seconds(dose.longest),
                      to_seconds(dose.bound));
  return text;
}

boost::json::object dose_json(const Routine& routine) {
  const Dose dose = dose_of(routine);
  boost::json::array steps;
  for (const session::ReleaseStep& step : routine.release) {
    steps.push_back(boost::json::object{{"muscle", step.muscle},
                                        {"side", to_string(step.side)},
                                        {"credit_s", to_seconds(step.credit)},
                                        {"max_elapsed_s", to_seconds(step.max_elapsed)},
                                        {"band_n", {step.band.lo.value, step.band.hi.value}},
                                        {"vibration_level", step.vibration.level.fraction()}});
  }
  boost::json::object out{{"routine", routine.id},
                          {"method", to_string(routine.method)},
                          {"credit_s", to_seconds(dose.credit)},
                          {"further_release_s", to_seconds(dose.further)},
                          {"steps", std::move(steps)},
                          {"vibration_s", to_seconds(dose.vibration)},
                          {"vibration_level", dose.highest_level},
                          {"reps", dose.reps},
                          {"worst_case_s", to_seconds(dose.longest)},
                          {"allowed_s", to_seconds(dose.bound)}};
  return out;
}

}  // namespace knead::cli
