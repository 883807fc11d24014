// SPDX-License-Identifier: Apache-2.0
// Checks of what a plugin is before a session: its file, its descriptor, its create() and destroy().
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "plugins/check/checks.hpp"
#include "plugins/check/common.hpp"
#include "plugins/check/elf_exports.hpp"

namespace knead::check {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kEntry = "knead_entry";
constexpr const char* kHidden =
    "compile with -fvisibility=hidden and link with -Wl,--exclude-libs,ALL, or with a version script "
    "{ global: knead_entry; local: *; }";

bool is_about_descriptor(const Error& error) {
  return error.context.find("its descriptor") != std::string::npos ||
         error.context.find("its parameter") != std::string::npos;
}

bool refused_without_reason(const Error& error) { return error.context.ends_with("it gave no reason"); }
bool refused(const Error& error) { return error.context.find("refuses this routine") != std::string::npos; }

/// A whole short session with these values. Nothing when all is well or it is refused with a reason.
std::optional<Judgement> try_values(const Subject& subject, const std::string& what) {
  const auto performance = rehearse(subject, {});
  if (!performance) {
    const Error& error = performance.error();
    if (refused_without_reason(error)) {
      return failed(fmt::format("with {}, create() returns null and gives no reason", what),
                    "call host->refuse() with a sentence for the routine's author before you return null");
    }
    if (refused(error)) return std::nullopt;
    return ended("with " + what, error);
  }
  if (auto end = judge_end(performance->account)) {
    end->reason = fmt::format("with {}, {}", what, end->reason);
    return end;
  }
  return std::nullopt;
}

/// The routine's values at their ends, as the routine reader lets them through.
struct Variant {
  const char* what;
  void (*change)(session::Activation&);
};
constexpr auto kVariants = std::to_array<Variant>({
    {"reps = 1", [](session::Activation& a) { a.reps = 1; }},
    {"reps = 9", [](session::Activation& a) { a.reps = 9; }},
    {"the quickest tempo", [](session::Activation& a) { a.tempo = {100ms, 0ms, 100ms, 0ms}; }},
    {"the slowest tempo", [](session::Activation& a) { a.tempo = {10s, 10s, 10s, 10s}; }},
    {"detect = \"press\"", [](session::Activation& a) { a.detect = session::RepDetection::kPress; }},
    {"detect = \"tempo\"", [](session::Activation& a) { a.detect = session::RepDetection::kTempo; }},
    {"the lightest press",
     [](session::Activation& a) {
       a.press = {0.5};
       a.ceiling = {0.6};
     }},
    {"the heaviest press",
     [](session::Activation& a) {
       a.press = {59.0};
       a.ceiling = {60.0};
     }},
    {"a set of one second", [](session::Activation& a) { a.max_elapsed = 1s; }},
});

/// The value as a routine holds it.
session::PluginParameter given(const std::string& key, const host::ParameterValue& value) {
  session::PluginParameter out{.key = key, .value = {}};
  std::visit([&](const auto& each) { out.value = each; }, value);
  return out;
}

std::string words_for(const host::ParameterValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("\"{}\"", *text);
  return std::get<bool>(value) ? "true" : "false";
}

/// Each declared parameter at both of its ends. A plugin that declares a value takes it.
std::optional<Judgement> try_parameters(const Subject& subject, const std::vector<host::ParameterInfo>& declared) {
  for (const host::ParameterInfo& each : declared) {
    for (const host::ParameterValue& end : each.ends) {
      Subject changed = with_short_release(subject);
      auto& parameters = changed.routine.activation->parameters;
      std::erase_if(parameters, [&](const auto& other) { return other.key == each.key; });
      parameters.push_back(given(each.key, end));
      const std::string what = fmt::format("parameters.{} = {}", each.key, words_for(end));
      if (auto fault = try_values(changed, what)) return fault;
      if (const auto stage = Stage::open(changed); !stage) {
        return failed(
            fmt::format("it declares the parameter {} as {}, and refuses {}", each.key, each.values, words_for(end)),
            "declare what you take: minimum, maximum and allowed_texts of knead_parameter_t");
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Judgement check_exports(const Subject& subject) {
  auto names = exports_of(subject.file);
  if (!names) return failed(names.error().context, names.error().remedy);
  const auto entry = std::ranges::find(*names, kEntry);
  if (entry == names->end()) {
    return failed("it exports no symbol knead_entry",
                  "define it as knead/plugin.h shows, with KNEAD_EXPORT and, in C++, extern \"C\"");
  }
  names->erase(entry);
  if (names->empty()) return pass("knead_entry and nothing else");
  const std::size_t count = names->size();
  constexpr std::size_t kShown = 3;
  if (count > kShown) names->resize(kShown);
  return warn(fmt::format("it also exports {} symbol{}: {}{}", count, count == 1 ? "" : "s", fmt::join(*names, ", "),
                          count > kShown ? ", ..." : ""),
              kHidden);
}

Judgement check_loads(const Subject& subject) {
  const auto stage = Stage::open(subject);
  if (!stage) {
    Judgement end = ended("", stage.error());
    if (refused(stage.error())) end.remedy = "name a routine that suits the plugin with --routine FILE";
    return end;
  }
  const host::PluginInfo& info = (*stage)->info();
  return pass(fmt::format("{} {}, interface {}.{}", info.id, info.version, info.abi_major, info.abi_minor));
}

Judgement check_descriptor(const Subject& subject) {
  const auto stage = Stage::open(subject);
  if (!stage) {
    if (!is_about_descriptor(stage.error())) return not_started(stage.error());
    return failed(stage.error().context, "correct the descriptor; knead/plugin.h says what each field may hold");
  }
  const host::PluginInfo& info = (*stage)->info();
  std::string stem = fs::path(subject.file).stem();
  if (stem != info.id && stem != "lib" + info.id) {
    return failed(fmt::format("its id is \"{}\", its file is named {}: no routine finds it", info.id,
                              fs::path(subject.file).filename().string()),
                  fmt::format("name the file {}.so", info.id));
  }
  std::vector<std::string> missing;
  if (info.vendor.empty()) missing.emplace_back("a vendor");
  if (info.summary.empty()) missing.emplace_back("a summary");
  for (const host::ParameterInfo& each : info.parameters) {
    if (each.summary.empty()) missing.push_back("a summary of the parameter " + each.key);
  }
  if (info.version.find_first_of("0123456789") == std::string::npos) missing.emplace_back("a version with a number");
  if (missing.empty()) return pass(fmt::format("{}, by {}", info.name, info.vendor));
  return warn(fmt::format("it lacks {}", fmt::join(missing, ", ")), "people choose plugins by what these say");
}

Judgement check_lifecycle(const Subject& subject) {
  auto idle = Stage::open(subject);
  if (!idle) return not_started(idle.error());
  (*idle)->close();
  if (auto end = judge_end((*idle)->account())) {
    end->reason = "destroyed right after create(): " + end->reason;
    return *end;
  }
  auto used = Stage::open(subject);
  if (!used) return not_started(used.error());
  const SessionTime at{1s};
  (*used)->tell({SessionTime{}, session::event::SessionStarted{}});
  (*used)->tell({at, session::event::ActivationStarted{}});
  (*used)->close();
  if (auto end = judge_end((*used)->account())) {
    end->reason = "destroyed in the middle of its set: " + end->reason;
    return *end;
  }
  return pass("destroy() comes back, before a session and in the middle of a set");
}

Judgement check_refusal(const Subject& subject) {
  if (const auto known = Stage::open(subject); !known) return not_started(known.error());
  Subject unknown = with_short_release(subject);
  unknown.routine.activation->exercise = "no_such_exercise";
  const auto stage = Stage::open(unknown);
  if (stage) {
    if (auto end = try_values(unknown, "exercise = \"no_such_exercise\"")) return *end;
    return pass("it takes any exercise");
  }
  if (auto end = try_values(unknown, "exercise = \"no_such_exercise\"")) return *end;
  return pass(stage.error().context.substr(stage.error().context.find(": ") + 2));
}

Judgement check_values(const Subject& subject) {
  const auto usual = Stage::open(subject);
  if (!usual) return not_started(usual.error());
  for (const Variant& each : kVariants) {
    Subject changed = with_short_release(subject);
    each.change(*changed.routine.activation);
    if (auto end = try_values(changed, each.what)) return *end;
  }
  const auto& declared = (*usual)->info().parameters;
  if (auto fault = try_parameters(subject, declared)) return *fault;
  return pass(fmt::format("{} sets of values, {} parameter{}", kVariants.size(), declared.size(),
                          declared.size() == 1 ? "" : "s"));
}

}  // namespace knead::check
