// SPDX-License-Identifier: Apache-2.0
// The methods around the safety questions (daemon/api/API.md).
#include "daemon/api/calibration_messages.hpp"
#include "daemon/api/params.hpp"
#include "daemon/live/methods.hpp"

namespace knead::live {

namespace {

using boost::json::object;
using boost::json::value;

Result<value> status_for(const SafetyGate& gate, const std::string& profile) {
  const auto newest = gate.newest(profile);
  if (!newest) return std::unexpected(newest.error());
  api::SafetyStatus status{.profile = profile, .rule = std::string(to_string(gate.rule()))};
  if (*newest) status.answered = api::SafetyStatus::Answered{.at = (*newest)->at, .given = (*newest)->given};
  constexpr bool kRealBall = false;
  const auto may = gate.may_begin(profile, kRealBall);
  status.may_begin = may.has_value();
  if (!may) status.why = may.error().message();
  return to_json(status);
}

}  // namespace

void Methods::offer_safety() {
  server_.on("safety.questions", [this](const object& params, api::Connection&) -> Result<value> {
    api::Params p(params);
    const std::string profile = p.text("profile").value_or("");
    if (auto ok = p.finish(); !ok) return std::unexpected(std::move(ok.error()));
    return status_for(daemon_.safety(), profile);
  });
  server_.on("safety.answer", [this](const object& params, api::Connection&) -> Result<value> {
    const auto request = api::safety_answer_request_from(params);
    if (!request) return std::unexpected(request.error());
    if (auto kept = daemon_.safety().answer(request->profile, request->given); !kept)
      return std::unexpected(std::move(kept.error()));
    return status_for(daemon_.safety(), request->profile);
  });
}

}  // namespace knead::live
