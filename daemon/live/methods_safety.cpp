// SPDX-License-Identifier: Apache-2.0
// The methods around the safety questions (daemon/api/API.md).
#include "daemon/api/params.hpp"
#include "daemon/api/safety_messages.hpp"
#include "daemon/live/methods.hpp"

namespace knead::live {

namespace {

using boost::json::object;

/// Tells the client what a profile answered last, and whether a session on a real ball may begin with that.
SafetyGate::Told to_client(SafetyRule rule, const std::string& profile, const api::Server::Reply& reply) {
  return [rule, profile, reply](const Result<std::optional<record::SafetyAnswer>>& newest) {
    if (!newest) return reply.send(std::unexpected(newest.error()));
    api::SafetyStatus status{.profile = profile, .rule = std::string(to_string(rule))};
    std::optional<session::SafetyAnswers> given;
    if (*newest) given = (*newest)->given;
    if (*newest) status.answered = api::SafetyStatus::Answered{.at = (*newest)->at, .given = *given};
    constexpr bool kSimulated = false;
    const auto may = session::may_begin(rule, kSimulated, profile, given);
    status.may_begin = may.has_value();
    if (!may) status.why = may.error().message();
    reply.send(to_json(status));
  };
}

}  // namespace

void Methods::offer_safety() {
  SafetyGate& gate = daemon_.safety();
  server_.on_late("safety.questions", [&gate](const object& params, api::Connection&, const api::Server::Reply& reply) {
    api::Params p(params);
    const std::string profile = p.text("profile").value_or("");
    if (auto ok = p.finish(); !ok) return reply.send(std::unexpected(std::move(ok.error())));
    gate.ask(profile, to_client(gate.rule(), profile, reply));
  });
  server_.on_late("safety.answer", [&gate](const object& params, api::Connection&, const api::Server::Reply& reply) {
    const auto request = api::safety_answer_request_from(params);
    if (!request) return reply.send(std::unexpected(request.error()));
    gate.answer(request->profile, request->given, to_client(gate.rule(), request->profile, reply));
  });
}

}  // namespace knead::live
