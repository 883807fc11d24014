// SPDX-License-Identifier: Apache-2.0
// A line a client sends: it is a request, or gets an answer that a client can read. A run that is granted is one that
// was asked for in full and within its bounds (daemon/api/API.md).
#include <string>
#include <variant>

#include "daemon/api/calibration_messages.hpp"
#include "daemon/api/json_rpc.hpp"
#include "daemon/api/messages.hpp"
#include "daemon/api/params.hpp"
#include "daemon/api/safety_messages.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"
#include "tests/fuzz/same_json.hpp"

using namespace knead;
using fuzz::must;

namespace {

void is_one_line(std::string_view line) {
  must(line.find('\n') == line.size() - 1, "an answer is one line");
  must(line.size() <= api::kMaxLine, "an answer fits the longest line");
}

void can_be_read_by_a_client(const std::string& answer) {
  is_one_line(answer);
  const auto message = api::parse_from_daemon(answer);
  must(message.has_value(), "a client understands a refusal");
  const auto* reply = std::get_if<api::Reply>(&*message);
  must(reply != nullptr && !reply->result, "a refusal is a reply with an error");
  must(!reply->result.error().context.empty(), "R9: a refusal says why");
}

void comes_back(const api::Request& request) {
  const std::string line = api::request_line(request.id, request.method, request.params);
  must(line.find('\n') == line.size() - 1, "a request is one line");
  const auto again = api::parse_request(line);
  must(again.has_value(), "a request that was written can be read");
  must(again->method == request.method, "a method comes back as it went out");
  must(fuzz::same_json(request.id, again->id), "an id comes back as it went out");
  must(fuzz::same_json(request.params, again->params), "params come back as they went out");
}

bool within(const std::optional<int>& nrs) { return !nrs || (*nrs >= 0 && *nrs <= 10); }

void run_is_within_bounds(const boost::json::object& params) {
  const auto run = api::run_request_from(params);
  if (!run) {
    must(run.error().code == Errc::kInvalidInput, "params are invalid input, and nothing else");
    must(!run.error().context.empty() && !run.error().remedy.empty(), "R9: a mistake is named, with a remedy");
    can_be_read_by_a_client(api::error_line(1, run.error()));
    return;
  }
  must(within(run->nrs_before) && within(run->nrs_after), "a rating is 0 to 10");
  must(params.contains("routine"), "a run names its routine");
  for (const std::string* text : {&run->routine, &run->profile, &run->ball})
    must(text->size() <= 4096, "a text is 4096 bytes at most");
  const auto again = api::run_request_from(api::to_json(*run));
  must(again.has_value(), "a run that was asked for can be asked for again");
  must(api::to_json(*again) == api::to_json(*run), "a run comes back as it went out");
}

void is_invalid_input(const Error& error) {
  must(error.code == Errc::kInvalidInput, "params are invalid input, and nothing else");
  must(!error.context.empty() && !error.remedy.empty(), "R9: a mistake is named, with a remedy");
  can_be_read_by_a_client(api::error_line(1, error));
}

void calibration_is_meant(const boost::json::object& params) {
  const auto request = api::calibrate_request_from(params);
  if (!request) return is_invalid_input(request.error());
  must(request->points.size() <= session::kMaxKnownForces, "no more points than may be");
  const auto again = api::calibrate_request_from(api::to_json(*request));
  must(again.has_value() && again->points == request->points, "points come back as they went out");
  // Whatever they are, a ball is given a slope or nothing.
  const auto done = session::calibrate(request->points, {.full_scale_n = 100, .accept_change = request->accept_change});
  if (!done) {
    must(!done.error().context.empty() && !done.error().remedy.empty(), "R9: a refusal says why and what to do");
    return;
  }
  must(done->calibration.newtons_per_count() != 0.0, "a calibration has a slope");
  must(!done->residual_pct || *done->residual_pct <= session::kResidualLimitPct, "points lie on the line");
}

void safety_is_answered_in_full(const boost::json::object& params) {
  const auto request = api::safety_answer_request_from(params);
  if (!request) return is_invalid_input(request.error());
  must(params.contains("version") && params.contains("yes"), "to say nothing is not to say no");
  const auto again = api::safety_answer_request_from(api::to_json(*request));
  must(again.has_value() && again->given == request->given, "answers come back as they went out");
  const bool may = session::may_begin(SafetyRule::kAlways, false, request->profile, request->given).has_value();
  must(!may || request->given.yes.empty() || request->given.clinician_asked, "a yes needs a clinician");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = api::parse_request(fuzz::text_of(data, size));
  if (!request) {
    can_be_read_by_a_client(request.error());
    return 0;
  }
  comes_back(*request);
  run_is_within_bounds(request->params);
  calibration_is_meant(request->params);
  safety_is_answered_in_full(request->params);
  return 0;
}
