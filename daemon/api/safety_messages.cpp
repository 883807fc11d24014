// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/safety_messages.hpp"

#include <limits>
#include <utility>
#include <vector>

#include "daemon/api/params.hpp"
#include "daemon/api/tolerant_json.hpp"

namespace knead::api {
namespace json = boost::json;
namespace {

json::array texts(const std::vector<std::string>& items) {
  json::array array;
  for (const auto& item : items) array.emplace_back(item);
  return array;
}

json::object to_json(const session::SafetyAnswers& given) {
  return {{"version", given.version}, {"yes", texts(given.yes)}, {"clinician_asked", given.clinician_asked}};
}

}  // namespace

json::object to_json(const SafetyAnswerRequest& r) {
  json::object object{{"version", r.given.version},
                      {"yes", texts(r.given.yes)},
                      {"clinician_asked", r.given.clinician_asked},
                      {"warnings_read", true}};
  if (!r.profile.empty()) object["profile"] = r.profile;
  return object;
}

Result<SafetyAnswerRequest> safety_answer_request_from(const json::object& object) {
  Params params(object);
  SafetyAnswerRequest request;
  constexpr const char* kSee = "see daemon/api/API.md";
  request.profile = params.text("profile").value_or("");
  const auto version = params.integer("version", 0, std::numeric_limits<int>::max());
  // To say nothing is not to say no.
  if (!version) params.mistake("\"version\" of the questions is missing", kSee);
  if (!object.contains("yes")) params.mistake("\"yes\", the list of what was answered with yes, is missing", kSee);
  request.given = {.version = version.value_or(0),
                   .yes = params.texts("yes", session::safety_questions().size()),
                   .clinician_asked = params.boolean("clinician_asked").value_or(false)};
  if (!params.boolean("warnings_read").value_or(false))
    params.mistake("\"warnings_read\" must be true: whoever answers has read them", kSee);
  if (auto ok = params.finish(); !ok) return std::unexpected(ok.error());
  return request;
}

json::object to_json(const SafetyStatus& s) {
  json::array questions;
  for (const auto& q : session::safety_questions())
    questions.push_back(json::object{{"id", text(q.id)}, {"text", text(q.text)}, {"source", text(q.source)}});
  json::array warnings;
  for (const auto& w : session::safety_warnings())
    warnings.push_back(json::object{{"text", text(w.text)}, {"source", text(w.source)}});
  json::object object{{"version", session::kSafetyQuestionsVersion},
                      {"questions", std::move(questions)},
                      {"warnings", std::move(warnings)},
                      {"profile", s.profile},
                      {"rule", s.rule},
                      {"may_begin", s.may_begin},
                      {"why", s.why},
                      {"answered", nullptr}};
  if (s.answered) {
    json::object answered = to_json(s.answered->given);
    answered["at"] = s.answered->at;
    object["answered"] = std::move(answered);
  }
  return object;
}

SafetyStatus safety_status_from(const json::object& o) {
  SafetyStatus s;
  read(o, "profile", s.profile);
  read(o, "rule", s.rule);
  read(o, "may_begin", s.may_begin);
  read(o, "why", s.why);
  if (const auto* answered = inner(o, "answered")) {
    SafetyStatus::Answered found{};
    read(*answered, "at", found.at);
    read(*answered, "version", found.given.version);
    read(*answered, "yes", found.given.yes);
    read(*answered, "clinician_asked", found.given.clinician_asked);
    s.answered = std::move(found);
  }
  return s;
}

}  // namespace knead::api
