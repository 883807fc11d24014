// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/sim_balls.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/live/person_cue.hpp"
#include "hw/ball/force_trace.hpp"

namespace knead::live {

namespace {

constexpr std::string_view kUsage = "write PERSON[,serial=S][,speed=N][,seed=N], e.g. compliant,speed=10";

template <class T>
bool parse_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

Result<std::unique_ptr<ball::Person>> make_person(std::string_view who, std::uint64_t seed) {
  if (who.find('/') == std::string_view::npos && !who.ends_with(".csv")) return ball::make_person(who, seed);
  auto trace = ball::ForceTrace::read(std::string(who));
  if (!trace) return std::unexpected(std::move(trace.error()));
  return std::make_unique<ball::TracePerson>(std::move(*trace));
}

Result<hw::SimBallConfig> make_sim_ball(std::string_view spec, std::size_t number) {
  hw::SimBallConfig out;
  out.ball.serial = fmt::format("SIM{}", number);
  const std::string_view who = spec.substr(0, spec.find(','));
  std::string_view rest = spec.substr(std::min(spec.size(), who.size() + 1));
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const auto equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    bool good = !value.empty();
    if (key == "serial") {
      out.ball.serial = value;
    } else if (key == "speed") {
      good = parse_number(value, out.ball.clock_speed);
    } else if (key == "seed") {
      good = parse_number(value, out.ball.seed);
    } else {
      good = false;
    }
    if (!good)
      return fail(Errc::kInvalidInput, fmt::format("--sim {}: cannot use \"{}\"", spec, part), std::string(kUsage));
  }
  auto person = make_person(who, out.ball.seed);
  if (!person) return std::unexpected(std::move(person.error()));
  out.person = std::move(*person);
  return out;
}

}  // namespace

Result<std::unique_ptr<hw::SimBus>> make_sim_balls(std::span<const std::string> specs) {
  std::vector<hw::SimBallConfig> balls;
  for (const std::string& spec : specs) {
    auto ball = make_sim_ball(spec, balls.size() + 1);
    if (!ball) return std::unexpected(std::move(ball.error()));
    balls.push_back(std::move(*ball));
  }
  return hw::SimBus::create(std::move(balls));
}

void PersonsListen::on_session_event(const std::string& serial, const session::Event& event) {
  const auto* cued = std::get_if<session::event::Cued>(&event.what);
  if (cued == nullptr) return;
  // An unplugged ball's person hears all the same; an unknown serial cannot be, the ball has a session.
  if (const auto cue = person_cue(cued->cue.kind)) static_cast<void>(bus_.hear(serial, *cue));
}

void PersonsListen::on_discomfort_cue(const std::string& serial, const session::Cue& cue) {
  // "Lean on" is a slow ramp here, and no press into a band.
  if (cue.kind == session::CueKind::kPress) static_cast<void>(bus_.hear(serial, ball::PersonCue::kRamp));
  if (cue.kind == session::CueKind::kLetGo) static_cast<void>(bus_.hear(serial, ball::PersonCue::kLetGo));
}

}  // namespace knead::live
