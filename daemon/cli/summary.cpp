// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/summary.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "daemon/cli/text.hpp"
#include "daemon/session/text.hpp"

namespace knead::cli {
namespace {

namespace json = boost::json;

const json::value* at(const json::object& object, std::string_view key) {
  return object.if_contains({key.data(), key.size()});
}
const json::object& inner(const json::object& object, std::string_view key) {
  static const json::object empty;
  const auto* value = at(object, key);
  return value != nullptr && value->is_object() ? value->get_object() : empty;
}
std::optional<double> number(const json::object& object, std::string_view key) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code failed;
  const auto result = value->to_number<double>(failed);
  if (failed) return std::nullopt;
  return result;
}
std::string text(const json::object& object, std::string_view key) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_string()) return {};
  constexpr std::size_t kLongest = 200;
  return session::clean_text({value->get_string().data(), value->get_string().size()}, kLongest);
}
const json::array& list(const json::object& object, std::string_view key) {
  static const json::array empty;
  const auto* value = at(object, key);
  return value != nullptr && value->is_array() ? value->get_array() : empty;
}

std::string reps_text(const json::object& activation) {
  const auto& reps = list(activation, "reps");
  const auto target = number(activation, "target_reps").value_or(0);
  if (target <= 0 && reps.empty()) return {};
  int too_hard = 0;
  for (const auto& rep : reps) {
    if (!rep.is_object()) continue;
    const auto* hard = at(rep.get_object(), "too_hard");
    if (hard != nullptr && hard->is_bool() && hard->get_bool()) ++too_hard;
  }
  std::string out = fmt::format("  activation   {} of {:g} reps", reps.size(), target);
  if (too_hard > 0) out += fmt::format(", {} too hard", too_hard);
  return out + "\n";
}

}  // namespace

std::string summary_text(const json::object& report) {
  const auto& measures = inner(report, "measures");
  const auto& release = inner(report, "release");
  const std::string reason = text(report, "reason");
  std::string out;
  if (const auto in_band = number(measures, "time_in_band_pct"))
    out += fmt::format("Time in band: {:.0f} %\n", *in_band);
  else
    out += "Time in band: none, the ball was not pressed\n";
  out += fmt::format("  outcome      {}{}{} after {}\n", text(report, "outcome"), reason.empty() ? "" : ": ", reason,
                     clock_text(number(report, "elapsed_s").value_or(0)));
  out += fmt::format("  release      {:.1f} of {:g} s credited\n", number(release, "credited_s").value_or(0),
                     number(release, "target_s").value_or(0));
  out += reps_text(inner(report, "activation"));
  if (const auto mean = number(measures, "mean_force_n")) {
    out += fmt::format("  force        {:.1f} N on average", *mean);
    if (const auto cv = number(measures, "steadiness_cv")) out += fmt::format(", varied by {:.0f} %", *cv * 100);
    out += fmt::format("; dose {:.0f} N·s\n", number(measures, "dose_ns").value_or(0));
  }
  for (const auto& trip : list(report, "trips"))
    if (trip.is_object())
      out += fmt::format("  motor held   {} at {}\n", text(trip.get_object(), "detail"),
                         clock_text(number(trip.get_object(), "t_s").value_or(0)));
  if (const auto lost = number(inner(report, "samples"), "lost"); lost.value_or(0) > 0)
    out += fmt::format("  lost         {:.0f} samples\n", *lost);
  return out;
}

}  // namespace knead::cli
