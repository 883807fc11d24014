// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/discomfort_messages.hpp"

#include <string_view>
#include <utility>

#include "daemon/api/params.hpp"

namespace knead::api {

namespace {

using boost::json::object;
using boost::json::value;

value optional_json(const std::optional<double>& number) { return number ? value(*number) : value(nullptr); }

std::string text(const object& json, std::string_view key) {
  const auto* found = json.if_contains(key);
  if (found == nullptr || !found->is_string()) return {};
  return {found->get_string().data(), found->get_string().size()};
}

std::optional<double> number(const object& json, std::string_view key) {
  const auto* found = json.if_contains(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  boost::system::error_code failed;
  const double out = found->to_number<double>(failed);
  return failed ? std::nullopt : std::optional(out);
}

/// A count that fits whatever a newer daemon might say.
int whole(const object& json, std::string_view key) {
  const double found = number(json, key).value_or(0);
  constexpr double kMost = 1e6;
  return found >= 0 && found <= kMost ? static_cast<int>(found) : 0;
}

}  // namespace

object to_json(const DiscomfortRequest& request) {
  object out{{"side", session::to_string(request.side)}, {"profile", request.profile}};
  if (!request.ball.empty()) out["ball"] = request.ball;
  return out;
}

Result<DiscomfortRequest> discomfort_request_from(const object& params) {
  Params p(params);
  DiscomfortRequest request;
  if (const auto side = p.text("side")) {
    if (const auto named = session::side_from(*side)) {
      request.side = *named;
    } else {
      p.mistake("\"side\" must be \"left\" or \"right\"", "see daemon/api/API.md");
    }
  }
  request.profile = p.text("profile").value_or("");
  request.ball = p.text("ball").value_or("");
  if (auto ok = p.finish(); !ok) return std::unexpected(std::move(ok.error()));
  return request;
}

object to_json(const DiscomfortBegun& begun) { return {{"ball", begun.ball}, {"set", begun.set}}; }

DiscomfortBegun discomfort_begun_from(const object& json) {
  return {.ball = text(json, "ball"), .set = whole(json, "set")};
}

object to_json(const DiscomfortUpdate& u) {
  return {{"set", u.set},
          {"phase", u.phase},
          {"attempts", u.attempts},
          {"good", u.good},
          {"trials", u.trials},
          {"force_n", u.force_n},
          {"stop_n", u.stop_n},
          {"rate_n_per_s", optional_json(u.rate_n_per_s)},
          {"target_n_per_s", u.target_n_per_s},
          {"rate_tolerance", u.rate_tolerance},
          {"rest_left_s", u.rest_left_s},
          {"cue", u.cue}};
}

DiscomfortUpdate discomfort_update_from(const object& json) {
  return {.set = whole(json, "set"),
          .phase = text(json, "phase"),
          .attempts = whole(json, "attempts"),
          .good = whole(json, "good"),
          .trials = whole(json, "trials"),
          .force_n = number(json, "force_n").value_or(0),
          .stop_n = number(json, "stop_n").value_or(0),
          .rate_n_per_s = number(json, "rate_n_per_s"),
          .target_n_per_s = number(json, "target_n_per_s").value_or(0),
          .rate_tolerance = number(json, "rate_tolerance").value_or(0),
          .rest_left_s = number(json, "rest_left_s").value_or(0),
          .cue = text(json, "cue")};
}

object to_json(const DiscomfortEnd& end) {
  return {{"set", end.set},
          {"set_id", end.set_id},
          {"outcome", end.outcome},
          {"reason", end.reason},
          {"problem", end.problem},
          {"mean_n", optional_json(end.mean_n)},
          {"sd_n", optional_json(end.sd_n)}};
}

DiscomfortEnd discomfort_end_from(const object& json) {
  return {.set = whole(json, "set"),
          .set_id = whole(json, "set_id"),
          .outcome = text(json, "outcome"),
          .reason = text(json, "reason"),
          .problem = text(json, "problem"),
          .mean_n = number(json, "mean_n"),
          .sd_n = number(json, "sd_n")};
}

}  // namespace knead::api
