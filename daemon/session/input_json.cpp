// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/input_json.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/algorithm/hex.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <charconv>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "daemon/session/event_json.hpp"

namespace knead::session {
namespace {

namespace json = boost::json;

// The order of Input's variant.
constexpr std::array<std::string_view, 13> kKinds{"ring_lost", "trip_began",   "trip_cleared",  "silence", "ball_lost",
                                                  "ball_back", "plugin_acted", "plugin_failed", "pause",   "resume",
                                                  "stop",      "tick_skipped", "plugin_heard"};
static_assert(kKinds.size() == std::variant_size_v<decltype(Input::what)>);

// ---- Writing ------------------------------------------------------------------------------------------------------

json::value real(double value) { return json::value(fmt::format("{}", value)); }

/// JSON has no bytes.
std::string to_hex(std::string_view bytes) {
  std::string hex(2 * bytes.size(), '\0');
  boost::algorithm::hex_lower(bytes.begin(), bytes.end(), hex.begin());
  return hex;
}

struct Action {
  json::object operator()(const action::ShowCue& a) const { return {{"cue", to_json(a.cue)}}; }
  json::object operator()(const action::RequestMotor& a) const {
    return {{"motor",
             {{"level", a.request.level.value},
              {"pattern", static_cast<int>(a.request.pattern)},
              {"frequency_hz", a.request.frequency_hz},
              {"ms", a.duration.count()}}}};
  }
  json::object operator()(const action::LogRep& a) const {
    return {{"rep",
             {{"n", a.rep.n},
              {"start_us", a.rep.start.time_since_epoch().count()},
              {"duration_us", a.rep.duration.count()},
              {"peak_n", real(a.rep.peak.value)},
              {"mean_n", real(a.rep.mean.value)},
              {"impulse_ns", real(a.rep.impulse_ns)},
              {"too_hard", a.rep.too_hard}}}};
  }
  json::object operator()(const action::Note& a) const {
    return {{"note", {{"key", a.key}, {"value", real(a.value)}, {"unit", a.unit}, {"text", a.text}}}};
  }
  json::object operator()(const action::RequestRelease& a) const { return {{"release_us", a.credit.count()}}; }
  json::object operator()(const action::SaveState& a) const { return {{"state", to_hex(a.bytes)}}; }
  json::object operator()(const action::Finish& a) const { return {{"finish", a.completed}}; }
};

struct InputFields {
  json::object operator()(const input::RingLost& i) const { return {{"count", i.count}}; }
  json::object operator()(const input::TripBegan& i) const {
    return {{"trip", i.kind}, {"detail", i.detail}, {"fault", i.fault}};
  }
  json::object operator()(const input::TripCleared& i) const { return {{"trip", i.kind}}; }
  json::object operator()(const input::Silence& i) const { return at(i.now); }
  json::object operator()(const input::BallLost& i) const { return at(i.now); }
  json::object operator()(const input::BallBack& i) const { return at(i.now); }
  json::object operator()(const input::PluginActed& i) const {
    json::object out = std::visit(Action{}, i.action);
    out["call"] = i.call;
    if (i.by_host) out["by_host"] = true;
    return out;
  }
  json::object operator()(const input::PluginFailed& i) const { return {{"reason", i.reason}}; }
  json::object operator()(const input::Pause& i) const { return {{"reason", i.reason}}; }
  json::object operator()(const input::Resume& /*unused*/) const { return {}; }
  json::object operator()(const input::Stop& i) const { return {{"by", i.by}}; }
  json::object operator()(const input::TickSkipped& i) const { return {{"t_us", i.t.time_since_epoch().count()}}; }
  json::object operator()(const input::PluginHeard& i) const { return {{"calls", i.calls}}; }

  static json::object at(HostTime now) { return {{"host_ns", now.time_since_epoch().count()}}; }
};

// ---- Reading: anything unexpected throws, and read_input() says so ------------------------------------------------

std::string text(const json::object& from, std::string_view key) {
  const json::string& value = from.at(key).as_string();
  return {value.data(), value.size()};
}
template <class T>
T whole(const json::object& from, std::string_view key) {
  return from.at(key).to_number<T>();
}
double real(const json::object& from, std::string_view key) {
  const std::string written = text(from, key);
  double value = 0.0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
  if (error != std::errc() || end != written.data() + written.size()) throw std::runtime_error("no number");
  return value;
}
template <class Enum>
Enum named(std::optional<Enum> value) {
  if (!value) throw std::runtime_error("no such name");
  return *value;
}
std::chrono::microseconds us(const json::object& from, std::string_view key) {
  return std::chrono::microseconds(whole<std::int64_t>(from, key));
}
HostTime host_time(const json::object& from) {
  return HostTime(std::chrono::nanoseconds(whole<std::int64_t>(from, "host_ns")));
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  boost::algorithm::unhex(hex.begin(), hex.end(), std::back_inserter(bytes));
  return bytes;
}

PluginAction action_from(const json::object& from) {
  if (const auto* c = from.if_contains("cue")) {
    const json::object& o = c->as_object();
    Cue cue{.kind = named(cue_kind_from(text(o, "kind"))),
            .text = text(o, "text"),
            .urgency = named(urgency_from(text(o, "urgency")))};
    if (o.contains("count")) cue.count = whole<int>(o, "count");
    return action::ShowCue{std::move(cue)};
  }
  if (const auto* m = from.if_contains("motor")) {
    const json::object& o = m->as_object();
    return action::RequestMotor{
        .request = {.level = Level{whole<std::uint8_t>(o, "level")},
                    .pattern = static_cast<protocol::Pattern>(whole<std::uint8_t>(o, "pattern")),
                    .frequency_hz = whole<std::uint16_t>(o, "frequency_hz")},
        .duration = std::chrono::milliseconds(whole<std::int64_t>(o, "ms"))};
  }
  if (const auto* r = from.if_contains("rep")) {
    const json::object& o = r->as_object();
    return action::LogRep{{.n = whole<int>(o, "n"),
                           .start = SessionTime(us(o, "start_us")),
                           .duration = us(o, "duration_us"),
                           .peak = {real(o, "peak_n")},
                           .mean = {real(o, "mean_n")},
                           .impulse_ns = real(o, "impulse_ns"),
                           .too_hard = o.at("too_hard").as_bool()}};
  }
  if (const auto* n = from.if_contains("note")) {
    const json::object& o = n->as_object();
    return action::Note{
        .key = text(o, "key"), .value = real(o, "value"), .unit = text(o, "unit"), .text = text(o, "text")};
  }
  if (from.contains("release_us")) return action::RequestRelease{us(from, "release_us")};
  if (from.contains("state")) return action::SaveState{from_hex(text(from, "state"))};
  return action::Finish{from.at("finish").as_bool()};
}

using Reader = decltype(Input::what) (*)(const json::object&);
// The order of Input's variant.
constexpr std::array<Reader, kKinds.size()> kReaders{
    [](const json::object& o) -> decltype(Input::what) { return input::RingLost{whole<std::uint64_t>(o, "count")}; },
    [](const json::object& o) -> decltype(Input::what) {
      return input::TripBegan{.kind = text(o, "trip"), .detail = text(o, "detail"), .fault = o.at("fault").as_bool()};
    },
    [](const json::object& o) -> decltype(Input::what) { return input::TripCleared{text(o, "trip")}; },
    [](const json::object& o) -> decltype(Input::what) { return input::Silence{host_time(o)}; },
    [](const json::object& o) -> decltype(Input::what) { return input::BallLost{host_time(o)}; },
    [](const json::object& o) -> decltype(Input::what) { return input::BallBack{host_time(o)}; },
    [](const json::object& o) -> decltype(Input::what) {
      return input::PluginActed{
          .call = whole<std::uint64_t>(o, "call"), .by_host = o.contains("by_host"), .action = action_from(o)};
    },
    [](const json::object& o) -> decltype(Input::what) { return input::PluginFailed{text(o, "reason")}; },
    [](const json::object& o) -> decltype(Input::what) { return input::Pause{text(o, "reason")}; },
    [](const json::object&) -> decltype(Input::what) { return input::Resume{}; },
    [](const json::object& o) -> decltype(Input::what) { return input::Stop{text(o, "by")}; },
    [](const json::object& o) -> decltype(Input::what) { return input::TickSkipped{SessionTime(us(o, "t_us"))}; },
    [](const json::object& o) -> decltype(Input::what) {
      return input::PluginHeard{whole<std::uint64_t>(o, "calls")};
    }};

}  // namespace

std::string_view kind_of(const Input& input) noexcept { return kKinds.at(input.what.index()); }

std::string input_json(const Input& input) { return serialize(std::visit(InputFields{}, input.what)); }

Result<Input> read_input(std::uint64_t samples, std::string_view kind, std::string_view json) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds.at(i) != kind) continue;
    try {
      // A person's or a plugin's text is kept as it came.
      const json::parse_options lenient{.allow_invalid_utf8 = true};
      return Input{samples, kReaders.at(i)(json::parse({json.data(), json.size()}, {}, lenient).as_object())};
    } catch (const std::exception&) {
      break;
    }
  }
  return fail(Errc::kStorage, fmt::format("an input of the session is damaged: {} {}", kind, json),
              "restore a backup of the database");
}

}  // namespace knead::session
