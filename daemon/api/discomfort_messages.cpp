// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/discomfort_messages.hpp"

#include <utility>

#include "daemon/api/params.hpp"
#include "daemon/api/tolerant_json.hpp"

namespace knead::api {

using boost::json::object;

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
  DiscomfortBegun begun;
  read(json, "ball", begun.ball);
  read(json, "set", begun.set);
  return begun;
}

object to_json(const DiscomfortUpdate& u) {
  return {{"set", u.set},
          {"phase", u.phase},
          {"attempts", u.attempts},
          {"good", u.good},
          {"trials", u.trials},
          {"force_n", u.force_n},
          {"stop_n", u.stop_n},
          {"rate_n_per_s", or_null(u.rate_n_per_s)},
          {"target_n_per_s", u.target_n_per_s},
          {"rate_tolerance", u.rate_tolerance},
          {"rest_left_s", u.rest_left_s},
          {"cue", u.cue}};
}

DiscomfortUpdate discomfort_update_from(const object& json) {
  DiscomfortUpdate u;
  read(json, "set", u.set);
  read(json, "phase", u.phase);
  read(json, "attempts", u.attempts);
  read(json, "good", u.good);
  read(json, "trials", u.trials);
  read(json, "force_n", u.force_n);
  read(json, "stop_n", u.stop_n);
  read(json, "rate_n_per_s", u.rate_n_per_s);
  read(json, "target_n_per_s", u.target_n_per_s);
  read(json, "rate_tolerance", u.rate_tolerance);
  read(json, "rest_left_s", u.rest_left_s);
  read(json, "cue", u.cue);
  return u;
}

object to_json(const DiscomfortEnd& end) {
  return {{"set", end.set},         {"set_id", end.set_id},          {"outcome", end.outcome},   {"reason", end.reason},
          {"problem", end.problem}, {"mean_n", or_null(end.mean_n)}, {"sd_n", or_null(end.sd_n)}};
}

DiscomfortEnd discomfort_end_from(const object& json) {
  DiscomfortEnd end;
  read(json, "set", end.set);
  read(json, "set_id", end.set_id);
  read(json, "outcome", end.outcome);
  read(json, "reason", end.reason);
  read(json, "problem", end.problem);
  read(json, "mean_n", end.mean_n);
  read(json, "sd_n", end.sd_n);
  return end;
}

}  // namespace knead::api
