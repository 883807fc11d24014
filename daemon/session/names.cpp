// SPDX-License-Identifier: Apache-2.0
// The names under which enumerators and events appear in JSON, in the store and on the plugin's side.
#include <array>
#include <utility>

#include "daemon/session/cue.hpp"
#include "daemon/session/event.hpp"
#include "daemon/session/session.hpp"

namespace knead::session {
namespace {

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<CueKind, 14> kCueKinds{{{CueKind::kInfo, "info"},
                                        {CueKind::kPress, "press"},
                                        {CueKind::kHarder, "harder"},
                                        {CueKind::kLighter, "lighter"},
                                        {CueKind::kHold, "hold"},
                                        {CueKind::kLetGo, "let_go"},
                                        {CueKind::kSide, "side"},
                                        {CueKind::kCountdown, "countdown"},
                                        {CueKind::kRepUp, "rep_up"},
                                        {CueKind::kRepHold, "rep_hold"},
                                        {CueKind::kRepDown, "rep_down"},
                                        {CueKind::kRest, "rest"},
                                        {CueKind::kDone, "done"},
                                        {CueKind::kWarning, "warning"}}};
constexpr Names<Urgency, 3> kUrgencies{
    {{Urgency::kLow, "low"}, {Urgency::kNormal, "normal"}, {Urgency::kHigh, "high"}}};
constexpr Names<Outcome, 4> kOutcomes{{{Outcome::kCompleted, "completed"},
                                       {Outcome::kIncomplete, "incomplete"},
                                       {Outcome::kStopped, "stopped"},
                                       {Outcome::kFaulted, "faulted"}}};
constexpr Names<Phase, 4> kPhases{{{Phase::kWaiting, "waiting"},
                                   {Phase::kRelease, "release"},
                                   {Phase::kActivation, "activation"},
                                   {Phase::kEnded, "ended"}}};

template <class Enum, std::size_t N>
std::string_view name_in(const Names<Enum, N>& names, Enum value) noexcept {
  for (const auto& [each, name] : names) {
    if (each == value) return name;
  }
  return "unknown";
}

template <class Enum, std::size_t N>
std::optional<Enum> value_in(const Names<Enum, N>& names, std::string_view wanted) noexcept {
  for (const auto& [value, name] : names) {
    if (name == wanted) return value;
  }
  return std::nullopt;
}

struct KindOf {
  std::string_view operator()(const event::SessionStarted& /*unused*/) const { return "session_started"; }
  std::string_view operator()(const event::Contact& /*unused*/) const { return "contact"; }
  std::string_view operator()(const event::StepAdded& /*unused*/) const { return "step_added"; }
  std::string_view operator()(const event::StepStarted& /*unused*/) const { return "step_started"; }
  std::string_view operator()(const event::BandEntered& /*unused*/) const { return "band_entered"; }
  std::string_view operator()(const event::BandLeft& /*unused*/) const { return "band_left"; }
  std::string_view operator()(const event::StepEnded& /*unused*/) const { return "step_ended"; }
  std::string_view operator()(const event::ActivationStarted& /*unused*/) const { return "activation_started"; }
  std::string_view operator()(const event::RepDone& /*unused*/) const { return "rep_done"; }
  std::string_view operator()(const event::ActivationEnded& /*unused*/) const { return "activation_ended"; }
  std::string_view operator()(const event::Cued& /*unused*/) const { return "cued"; }
  std::string_view operator()(const event::Tripped& /*unused*/) const { return "tripped"; }
  std::string_view operator()(const event::TripCleared& /*unused*/) const { return "trip_cleared"; }
  std::string_view operator()(const event::SamplesLost& /*unused*/) const { return "samples_lost"; }
  std::string_view operator()(const event::Paused& /*unused*/) const { return "paused"; }
  std::string_view operator()(const event::Resumed& /*unused*/) const { return "resumed"; }
  std::string_view operator()(const event::BallLost& /*unused*/) const { return "ball_lost"; }
  std::string_view operator()(const event::BallBack& /*unused*/) const { return "ball_back"; }
  std::string_view operator()(const event::PluginFailed& /*unused*/) const { return "plugin_failed"; }
  std::string_view operator()(const event::Noted& /*unused*/) const { return "noted"; }
  std::string_view operator()(const event::Stopped& /*unused*/) const { return "stopped"; }
  std::string_view operator()(const event::SessionEnded& /*unused*/) const { return "session_ended"; }
  std::string_view operator()(const event::Tick& /*unused*/) const { return "tick"; }
};

}  // namespace

std::string_view to_string(CueKind kind) noexcept { return name_in(kCueKinds, kind); }
std::optional<CueKind> cue_kind_from(std::string_view name) noexcept { return value_in(kCueKinds, name); }
std::string_view to_string(Urgency urgency) noexcept { return name_in(kUrgencies, urgency); }
std::optional<Urgency> urgency_from(std::string_view name) noexcept { return value_in(kUrgencies, name); }
std::string_view to_string(Outcome outcome) noexcept { return name_in(kOutcomes, outcome); }
std::string_view to_string(Phase phase) noexcept { return name_in(kPhases, phase); }
std::string_view kind_of(const Event& event) noexcept { return std::visit(KindOf{}, event.what); }

}  // namespace knead::session
