// SPDX-License-Identifier: Apache-2.0
// What goes over the socket about the safety questions; rules as in messages.hpp.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/session/safety_questions.hpp"

namespace knead::api {

struct SafetyAnswerRequest {
  std::string profile{};
  session::SafetyAnswers given{};
};

/// The answer of safety.questions and safety.answer.
struct SafetyStatus {
  std::string profile{};
  std::string rule{};
  bool may_begin = false;  ///< a session on a real ball
  std::string why{};       ///< why not, with what to do
  struct Answered {
    std::string at;  ///< UTC, ISO 8601
    session::SafetyAnswers given{};
  };
  std::optional<Answered> answered{};
};

boost::json::object to_json(const SafetyAnswerRequest& request);
/// With the questions and the warnings themselves.
boost::json::object to_json(const SafetyStatus& status);

SafetyStatus safety_status_from(const boost::json::object& json);

/// Strict. Errors: kInvalidInput.
Result<SafetyAnswerRequest> safety_answer_request_from(const boost::json::object& params);

}  // namespace knead::api
