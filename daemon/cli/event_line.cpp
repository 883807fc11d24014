// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/event_line.hpp"

#include <fmt/format.h>

#include <boost/json/value.hpp>
#include <cmath>
#include <string_view>

#include "daemon/api/messages.hpp"
#include "daemon/cues/terminal_sink.hpp"
#include "daemon/session/text.hpp"

namespace knead::cli {
namespace {

namespace json = boost::json;

std::string text(const json::object& event, const char* key) {
  const auto* value = event.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  constexpr std::size_t kLongest = 300;
  return session::clean_text({value->get_string().data(), value->get_string().size()}, kLongest);
}
double number(const json::object& event, const char* key) {
  const auto* value = event.if_contains(key);
  if (value == nullptr || !value->is_number()) return 0.0;
  boost::system::error_code failed;
  return value->to_number<double>(failed);
}
bool flag(const json::object& event, const char* key) {
  const auto* value = event.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}
const json::object* inner(const json::object& event, const char* key) {
  const auto* value = event.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

std::optional<std::string> words(const std::string& kind, const json::object& event) {
  if (kind == "cued") {
    const auto* cue = inner(event, "cue");
    return cue == nullptr ? std::nullopt : std::optional(cues::plain_line(api::cue_from(*cue)));
  }
  if (kind == "session_started") return "session started; lean on the ball";
  if (kind == "contact") return "contact";
  if (kind == "step_started")
    return fmt::format("release {:.0f} begins, {}", number(event, "step") + 1, text(event, "side"));
  if (kind == "step_ended")
    return fmt::format("release {:.0f} {}: {:.1f} s credited in {:.1f} s", number(event, "step") + 1,
                       flag(event, "completed") ? "complete" : "ran out of time", number(event, "credited_s"),
                       number(event, "elapsed_s"));
  if (kind == "activation_started") return "activation begins";
  if (kind == "activation_ended") return flag(event, "completed") ? "activation complete" : "activation incomplete";
  if (kind == "rep_done") {
    const auto* rep = inner(event, "rep");
    if (rep == nullptr) return std::nullopt;
    return fmt::format("rep {:.0f}: peak {:.1f} N{}", number(*rep, "n"), number(*rep, "peak_n"),
                       flag(*rep, "too_hard") ? ", too hard" : "");
  }
  if (kind == "tripped")
    return fmt::format("motor held off: {}{}", text(event, "detail"), flag(event, "fault") ? " (`knead clear`)" : "");
  if (kind == "trip_cleared") return fmt::format("motor may run again ({})", text(event, "trip"));
  if (kind == "samples_lost") return fmt::format("{:.0f} samples lost", number(event, "count"));
  if (kind == "paused") return fmt::format("paused: {}; `knead resume` goes on", text(event, "reason"));
  if (kind == "resumed") return "going on";
  if (kind == "ball_lost") return "the ball is gone; plug it in again";
  if (kind == "ball_back") return "the ball is back; `knead resume` goes on";
  if (kind == "plugin_failed") return fmt::format("the activation's plugin failed: {}", text(event, "reason"));
  if (kind == "stopped") return fmt::format("stopped by {}", text(event, "by"));
  if (kind == "session_ended") return fmt::format("session ended: {}", text(event, "outcome"));
  return std::nullopt;
}

}  // namespace

std::optional<std::string> event_line(const json::object& event) {
  const auto said = words(text(event, "kind"), event);
  if (!said) return std::nullopt;
  return fmt::format("[{:6.1f} s] {}", number(event, "t_s"), *said);
}

}  // namespace knead::cli
