// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/event_words.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string_view>

#include "daemon/session/text.hpp"

namespace knead::record {

namespace {

namespace json = boost::json;

/// Gives what is there, and nothing where an event is not as this version writes it.
class Fields {
 public:
  explicit Fields(const json::value* value) : object_(value == nullptr ? nullptr : value->if_object()) {}

  [[nodiscard]] Fields inner(const char* key) const { return Fields(find(key)); }
  [[nodiscard]] std::string text(const char* key) const {
    const auto* value = find(key);
    if (value == nullptr || !value->is_string()) return {};
    return {value->get_string().data(), value->get_string().size()};
  }
  [[nodiscard]] double number(const char* key) const {
    const auto* value = find(key);
    if (value == nullptr || !value->is_number()) return 0.0;
    boost::system::error_code failed;
    return value->to_number<double>(failed);
  }
  [[nodiscard]] bool flag(const char* key) const {
    const auto* value = find(key);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  [[nodiscard]] bool empty() const { return object_ == nullptr; }

 private:
  [[nodiscard]] const json::value* find(const char* key) const {
    return object_ == nullptr ? nullptr : object_->if_contains(key);
  }
  const json::object* object_;
};

json::value parsed(const StoredEvent& event) {
  boost::system::error_code broken;
  const json::parse_options lenient{.allow_invalid_utf8 = true};
  return json::parse({event.json.data(), event.json.size()}, broken, {}, lenient);
}

std::string words(const std::string& kind, const Fields& e) {
  if (kind == "cued") return e.inner("cue").text("text");
  if (kind == "step_started") return fmt::format("release {:.0f} begins, {}", e.number("step") + 1, e.text("side"));
  if (kind == "step_added") return fmt::format("release {:.0f} added", e.number("step") + 1);
  if (kind == "step_ended") {
    return fmt::format("release {:.0f} {}: {:.1f} s credited in {:.1f} s", e.number("step") + 1,
                       e.flag("completed") ? "complete" : "ran out of time", e.number("credited_s"),
                       e.number("elapsed_s"));
  }
  if (kind == "band_left") return e.flag("above") ? "above the band" : "below the band";
  if (kind == "rep_done") {
    const Fields rep = e.inner("rep");
    return fmt::format("rep {:.0f}: peak {:.1f} N{}", rep.number("n"), rep.number("peak_n"),
                       rep.flag("too_hard") ? ", too hard" : "");
  }
  if (kind == "activation_ended") return e.flag("completed") ? "activation complete" : "activation incomplete";
  if (kind == "tripped") return "motor held off: " + e.text("detail");
  if (kind == "trip_cleared") return "motor may run again: " + e.text("trip");
  if (kind == "samples_lost") return fmt::format("{:.0f} samples lost", e.number("count"));
  if (kind == "paused") return "paused: " + e.text("reason");
  if (kind == "plugin_failed") return "the plugin failed: " + e.text("reason");
  if (kind == "noted") {
    return fmt::format("{}: {:g} {} {}", e.text("key"), e.number("value"), e.text("unit"), e.text("text"));
  }
  if (kind == "stopped") return "stopped by " + e.text("by");
  if (kind == "session_ended") return fmt::format("session {}: {}", e.text("outcome"), e.text("reason"));
  return {};
}

}  // namespace

std::string event_words(const StoredEvent& event) {
  const json::value value = parsed(event);
  std::string said = session::clean_text(words(event.kind, Fields(&value)), kMaxEventWords);
  if (!said.empty()) return said;
  // "ball_lost" says it well enough.
  std::string kind = session::clean_text(event.kind, kMaxEventWords);
  for (char& c : kind) c = c == '_' ? ' ' : c;
  return kind;
}

std::string_view gap_words(GapKind kind) noexcept {
  switch (kind) {
    case GapKind::kSequence:
      return "samples lost on the way from the ball";
    case GapKind::kRing:
      return "samples lost before the recorder";
    case GapKind::kWrite:
      return "samples not written";
    case GapKind::kEvent:
      return "events not kept";
  }
  return "";
}

std::string minute_words(const std::string& iso) {
  return iso.size() < 16 ? iso : iso.substr(0, 10) + " " + iso.substr(11, 5) + " UTC";
}

std::optional<session::Rep> rep_of(const StoredEvent& event) {
  if (event.kind != "rep_done") return std::nullopt;
  const json::value value = parsed(event);
  const Fields rep = Fields(&value).inner("rep");
  if (rep.empty()) return std::nullopt;
  // What is not as we wrote it must not become a number that no type here holds.
  constexpr double kMostReps = 1e6;
  constexpr double kMostSeconds = 86'400.0;
  const double n = rep.number("n");
  const double start_s = rep.number("start_s");
  const double duration_s = rep.number("duration_s");
  const auto within = [](double given, double least, double most) { return given >= least && given <= most; };
  if (!within(n, 0, kMostReps) || !within(start_s, 0, kMostSeconds) || !within(duration_s, 0, kMostSeconds)) {
    return std::nullopt;
  }
  return session::Rep{.n = static_cast<int>(n),
                      .start = SessionTime(from_seconds(start_s)),
                      .duration = from_seconds(duration_s),
                      .peak = {rep.number("peak_n")},
                      .mean = {rep.number("mean_n")},
                      .impulse_ns = rep.number("impulse_ns"),
                      .too_hard = rep.flag("too_hard")};
}

}  // namespace knead::record
