// SPDX-License-Identifier: Apache-2.0
// A routine's text, checked: first each key for itself, then the dose (R8) and the safety limits over the whole.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "daemon/core/toml_reader.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kMaxName = 64;
constexpr double kMaxPhase = 30;  ///< seconds of one phase of a rep

/// Ids go into file names, JSON and speech: letters, digits, '_' and '-'.
std::optional<std::string> name_key(TomlTable& table, std::string_view key) {
  auto name = table.string(key, Need::kRequired, kMaxName);
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (name && !std::ranges::all_of(*name, plain)) {
    table.error(key, "holds a letter that a name may not have; use a-z, A-Z, 0-9, '_' and '-'");
    return std::nullopt;
  }
  return name;
}

std::optional<microseconds> seconds_key(TomlTable& table, std::string_view key, NumberRange range,
                                        Need need = Need::kOptional) {
  const auto value = table.number(key, range, need);
  if (!value) return std::nullopt;
  return from_seconds(*value);
}

MotorRequest read_vibration(TomlTable& table) {
  constexpr std::array<std::string_view, 3> kPatterns{"steady", "pulse", "wave"};
  MotorRequest request;
  request.level = Level::from_fraction(table.number("level", {.min = 0, .max = 1}, Need::kRequired).value_or(0));
  request.frequency_hz =
      static_cast<std::uint16_t>(table.number("frequency_hz", {.min = 0, .max = kMaxFrequencyHz}).value_or(0));
  request.pattern = static_cast<protocol::Pattern>(table.choice("pattern", kPatterns).value_or(0));
  return request;
}

/// A number with a default, and whether what is written can be relied on: a check of two keys against each other must
/// not accuse the right one.
struct NumberKey {
  double value = 0;
  bool sound = true;
};
NumberKey number_key(TomlTable& table, std::string_view key, NumberRange range, double fallback) {
  const auto value = table.number(key, range);
  return {.value = value.value_or(fallback), .sound = value.has_value() || !table.has(key)};
}

Band read_band(TomlTable& table, Newtons contact) {
  const auto ends = table.numbers("band_n", 2, {.min = 0}, Need::kRequired);
  const auto hysteresis = number_key(table, "hysteresis_n", {.min = 0}, 1.0);
  if (!ends) return {};
  const Band band{.lo = {ends->front()}, .hi = {ends->back()}, .hysteresis = {hysteresis.value}};
  if (!hysteresis.sound) return band;
  if (auto problem = problem_with(band, contact)) {
    // Where the band would do with less hysteresis, the hysteresis is what is wrong.
    const bool fits_without = !problem_with({band.lo, band.hi, Newtons{0}}, contact);
    table.error(fits_without && table.has("hysteresis_n") ? "hysteresis_n" : "band_n", *std::move(problem));
  }
  return band;
}

ReleaseStep read_step(TomlTable& table, Newtons contact) {
  constexpr std::array<std::string_view, 3> kSides{"left", "right", "chosen"};
  ReleaseStep step;
  step.muscle = name_key(table, "muscle").value_or("");
  step.side = static_cast<StepSide>(table.choice("side", kSides).value_or(static_cast<std::size_t>(StepSide::kChosen)));

  const auto credit = seconds_key(table, "credit_s", {.min = 1, .max = to_seconds(kMaxSpotCredit)}, Need::kRequired);
  step.credit = credit.value_or(microseconds{});
  step.max_elapsed = usual_elapsed(step.credit);
  if (auto given = seconds_key(table, "max_elapsed_s", {.min = 1, .max = to_seconds(kMaxStepElapsed)})) {
    step.max_elapsed = *given;
    if (credit && *given < *credit) {
      table.error("max_elapsed_s", fmt::format("is {}, too short to credit {} s; give {} or more", to_seconds(*given),
                                               to_seconds(*credit), to_seconds(*credit)));
    }
  }
  step.band = read_band(table, contact);
  if (auto vibration = table.table("vibration")) step.vibration = read_vibration(*vibration);
  return step;
}

Tempo read_tempo(TomlTable& table) {
  const NumberRange moving{.min = 0.1, .max = kMaxPhase};
  const NumberRange still{.min = 0, .max = kMaxPhase};
  return {.up = seconds_key(table, "up", moving, Need::kRequired).value_or(microseconds{}),
          .hold = seconds_key(table, "hold", still).value_or(microseconds{}),
          .down = seconds_key(table, "down", moving, Need::kRequired).value_or(microseconds{}),
          .rest = seconds_key(table, "rest", still).value_or(microseconds{})};
}

std::vector<PluginParameter> read_parameters(TomlTable& table) {
  constexpr std::size_t kMost = 16;
  std::vector<PluginParameter> parameters;
  for (const std::string& key : table.keys()) {
    const bool plain = key.size() <= kMaxName && std::ranges::all_of(key, [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                       });
    auto value = table.scalar(key);
    if (!plain) {
      table.error(key, "is no name of a parameter; use a-z, 0-9 and '_'");
    } else if (parameters.size() == kMost) {
      table.error(key, fmt::format("is one too many; give at most {} parameters", kMost));
    } else if (value) {
      parameters.push_back({key, *std::move(value), table.line(key), table.column(key)});
    }
  }
  return parameters;
}

Activation read_activation(TomlTable& table, Method method) {
  constexpr std::array<std::string_view, 2> kDetections{"press", "tempo"};
  constexpr std::size_t kMaxPath = 1024;
  Activation activation;
  activation.plugin = table.string("plugin", Need::kRequired, kMaxPath).value_or("");
  activation.exercise = name_key(table, "exercise").value_or("");
  const int most_reps = method == Method::kCustom ? kMaxCustomReps : kMaxReps;
  activation.reps = static_cast<int>(table.integer("reps", {.min = 1, .max = most_reps}, Need::kRequired).value_or(0));
  if (auto tempo = table.table("tempo_s", Need::kRequired)) activation.tempo = read_tempo(*tempo);
  activation.detect = static_cast<RepDetection>(table.choice("detect", kDetections).value_or(0));

  const NumberRange force{.min = 0.5, .max = kHardLimit.value};
  const auto press = number_key(table, "press_n", force, activation.press.value);
  const auto ceiling = number_key(table, "ceiling_n", force, activation.ceiling.value);
  activation.press = {press.value};
  activation.ceiling = {ceiling.value};
  if (press.sound && ceiling.sound && ceiling.value <= press.value) {
    table.error(table.has("ceiling_n") ? "ceiling_n" : "press_n",
                fmt::format("a ceiling of {} N makes every rep of {} N too hard; give a ceiling above press_n",
                            ceiling.value, press.value));
  }

  // Time to get ready, and half as much again as the tempo asks for.
  const microseconds dose = activation.tempo.cycle() * activation.reps;
  activation.max_elapsed = std::chrono::seconds(5) + dose * 3 / 2;
  if (auto given = seconds_key(table, "max_elapsed_s", {.min = 1, .max = to_seconds(kMaxCustomSession)})) {
    activation.max_elapsed = *given;
    if (*given < dose) {
      table.error("max_elapsed_s",
                  fmt::format("is {}, too short for {} reps of {} s; give {} or more", to_seconds(*given),
                              activation.reps, to_seconds(activation.tempo.cycle()), to_seconds(dose)));
    }
  }
  activation.further_release =
      seconds_key(table, "further_release_s", {.min = 0, .max = to_seconds(kMaxSpotCredit)}).value_or(microseconds{});
  if (auto parameters = table.table("parameters")) activation.parameters = read_parameters(*parameters);
  return activation;
}

/// R8: what the method asks for.
void check_dose(const Routine& routine, std::span<TomlTable> steps, std::optional<TomlTable>& activation) {
  microseconds credit{};
  for (const ReleaseStep& step : routine.release) credit += step.credit;
  const microseconds further = routine.activation ? routine.activation->further_release : microseconds{};
  if (credit >= kMinCredit && credit <= kMaxCredit && credit + further > kMaxCredit) {
    activation->error("further_release_s",
                      fmt::format("is {}, and with it the credited time may add up to {} s; make it {} s at most",
                                  to_seconds(further), to_seconds(credit + further), to_seconds(kMaxCredit - credit)));
  }
  if (credit < kMinCredit || credit > kMaxCredit) {
    steps.back().error("credit_s",
                       fmt::format("the release's credited time adds up to {} s; make it {} to {} s, or say method = "
                                   "\"custom\" under [routine]",
                                   to_seconds(credit), kMinCredit.count(), kMaxCredit.count()));
  }
}

/// The first step with which the credit on one spot exceeds its limit, when "chosen" is @p chosen.
std::optional<std::size_t> overdone_spot(const Routine& routine, Side chosen) {
  std::map<std::pair<std::string, Side>, microseconds> spots;
  for (std::size_t i = 0; i < routine.release.size(); ++i) {
    const ReleaseStep& step = routine.release[i];
    microseconds& spot = spots[{step.muscle, resolve(step.side, chosen)}];
    spot += step.credit;
    // A plugin's further steps are on the last spot.
    const bool last = i + 1 == routine.release.size();
    if (last && routine.activation) spot += routine.activation->further_release;
    if (spot > kMaxSpotCredit) return i;
  }
  return std::nullopt;
}

/// EVIDENCE.md, Safety: what no routine exceeds.
void check_limits(const Routine& routine, std::span<TomlTable> steps) {
  auto overdone = overdone_spot(routine, Side::kRight);
  if (!overdone) overdone = overdone_spot(routine, Side::kLeft);
  if (overdone) {
    steps[*overdone].error("credit_s", fmt::format("with it, one muscle of one side may get more than {} s; shorten "
                                                   "the steps on it, or further_release_s",
                                                   kMaxSpotCredit.count()));
  }
  microseconds vibration{};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (routine.release[i].vibration.level.value == 0) continue;
    vibration += routine.release[i].max_elapsed;
    const bool last = i + 1 == steps.size();
    if (last && routine.activation) vibration += usual_elapsed(routine.activation->further_release);
    if (vibration <= kMaxVibration) continue;
    steps[i].error("vibration", fmt::format("the motor may run for {} s up to here; shorten max_elapsed_s or leave the "
                                            "vibration off, so that it is {} s at most",
                                            to_seconds(vibration), kMaxVibration.count()));
    return;
  }
}

void check_length(const Routine& routine, std::span<TomlTable> steps, std::optional<TomlTable>& activation) {
  const bool custom = routine.method == Method::kCustom;
  const microseconds longest = routine.longest_course();
  const microseconds limit = custom ? kMaxCustomSession : kMaxSession;
  if (longest <= limit) return;
  TomlTable& table = activation ? *activation : steps.back();
  table.error("max_elapsed_s",
              fmt::format("the session may take {} s, more than {} s; shorten max_elapsed_s of the release steps and "
                          "the activation{}",
                          to_seconds(longest), to_seconds(limit),
                          custom ? "" : ", or say method = \"custom\" under [routine]"));
}

Routine read_document(TomlDocument& document, std::string_view file) {
  constexpr std::array<std::string_view, 2> kMethods{"release-activate", "custom"};
  Routine routine;
  TomlTable root = document.root();
  bool method_sound = false;
  if (auto table = root.table("routine", Need::kRequired)) {
    if (auto id = name_key(*table, "id")) {
      routine.id = *std::move(id);
      const std::string stem = std::filesystem::path(file).stem().string();
      if (!stem.empty() && stem != routine.id) {
        table->warning("id", fmt::format("is \"{}\" in a file named \"{}\"; name both alike, so that people find it",
                                         routine.id, stem));
      }
    }
    routine.title = table->string("title", Need::kRequired).value_or("");
    if (auto method = table->choice("method", kMethods, Need::kRequired)) {
      routine.method = static_cast<Method>(*method);
      method_sound = true;
    }
    routine.contact = {table->number("contact_n", {.min = 0.5, .max = 10}).value_or(routine.contact.value)};
  }

  std::vector<TomlTable> steps = root.tables("release", Need::kRequired);
  if (steps.size() > kMaxSteps) {
    steps[kMaxSteps].error("", fmt::format("there are {} release steps; keep it to {}", steps.size(), kMaxSteps));
  }
  for (TomlTable& step : steps) routine.release.push_back(read_step(step, routine.contact));

  const bool must_activate = method_sound && routine.method == Method::kReleaseActivate;
  auto activation = root.table("activation", must_activate ? Need::kRequired : Need::kOptional);
  if (activation) {
    routine.activation = read_activation(*activation, routine.method);
    routine.activation->line = root.line("activation");
    routine.activation->column = root.column("activation");
  }

  // Sums over wrong values would accuse right ones.
  if (!method_sound || steps.empty() || document.has_errors()) return routine;
  if (routine.method == Method::kReleaseActivate) check_dose(routine, steps, activation);
  if (document.has_errors()) return routine;  // one thing said once
  check_limits(routine, steps);
  check_length(routine, steps, activation);
  return routine;
}

}  // namespace

RoutineCheck check_routine(std::string_view toml, std::string_view file) {
  TomlDocument document = TomlDocument::parse(toml);
  RoutineCheck check;
  if (!document.parsed()) {
    check.findings = document.finish();
    return check;
  }
  Routine routine = read_document(document, file);
  check.findings = document.finish();
  if (has_errors(check.findings)) return check;
  routine.source = toml;
  routine.file = file;
  check.routine = std::move(routine);
  return check;
}

Result<Routine> read_routine(const std::string& path) {
  auto text = TomlDocument::read_text(path);
  if (!text) return std::unexpected(std::move(text.error()));
  RoutineCheck check = check_routine(*text, path);
  if (!check.routine) return std::unexpected(first_error(check.findings, path));
  return *std::move(check.routine);
}

}  // namespace knead::session
