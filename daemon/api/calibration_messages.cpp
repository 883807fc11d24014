// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/calibration_messages.hpp"

#include <boost/json/array.hpp>
#include <limits>
#include <string_view>

#include "daemon/api/params.hpp"

namespace knead::api {
namespace json = boost::json;
namespace {

json::string_view text(std::string_view s) { return {s.data(), s.size()}; }

json::value or_null(const std::optional<double>& value) { return value ? json::value(*value) : json::value(nullptr); }

json::array texts(const std::vector<std::string>& items) {
  json::array array;
  for (const auto& item : items) array.emplace_back(item);
  return array;
}

// ---- tolerant reading: what is missing or of another type keeps its default ----

std::string text_at(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(text(key));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
bool flag_at(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(text(key));
  return value != nullptr && value->is_bool() && value->get_bool();
}
std::optional<double> number_at(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(text(key));
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code failed;
  const auto number = value->to_number<double>(failed);
  return failed ? std::nullopt : std::optional(number);
}
/// Within what T holds; else 0.
template <class T>
T whole_at(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(text(key));
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code failed;
  const auto number = value->to_number<T>(failed);
  return failed ? T{0} : number;
}
std::vector<std::string> texts_at(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  const auto* value = o.if_contains(text(key));
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& item : value->get_array())
    if (item.is_string()) out.emplace_back(item.get_string());
  return out;
}
const json::object* object_at(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(text(key));
  return value == nullptr ? nullptr : value->if_object();
}

std::int64_t microseconds_of(DeviceTime t) { return t.time_since_epoch().count(); }

json::object to_json(const session::SafetyAnswers& given) {
  return {{"version", given.version}, {"yes", texts(given.yes)}, {"clinician_asked", given.clinician_asked}};
}

}  // namespace

json::object to_json(const MeasureReply& m) {
  return {{"serial", m.serial},
          {"raw", m.rest.raw},
          {"spread_raw", m.rest.spread_raw},
          {"readings", m.rest.readings},
          {"from_us", microseconds_of(m.rest.from)},
          {"to_us", microseconds_of(m.rest.to)},
          {"force_n", or_null(m.force_n)},
          {"force_from_reference_n", or_null(m.force_from_reference_n)}};
}

MeasureReply measure_reply_from(const json::object& o) {
  MeasureReply m{.serial = text_at(o, "serial"),
                 .force_n = number_at(o, "force_n"),
                 .force_from_reference_n = number_at(o, "force_from_reference_n")};
  m.rest.raw = number_at(o, "raw").value_or(0.0);
  m.rest.spread_raw = number_at(o, "spread_raw").value_or(0.0);
  m.rest.readings = whole_at<std::uint64_t>(o, "readings");
  m.rest.from = DeviceTime(std::chrono::microseconds(whole_at<std::int64_t>(o, "from_us")));
  m.rest.to = DeviceTime(std::chrono::microseconds(whole_at<std::int64_t>(o, "to_us")));
  return m;
}

json::object to_json(const protocol::Calibration& c) {
  return {{"calibrated", c.calibrated},      {"point_a_raw", c.point_a_raw}, {"point_a_mn", c.point_a_mn},
          {"point_b_raw", c.point_b_raw},    {"point_b_mn", c.point_b_mn},   {"tare_raw", c.tare_raw},
          {"reference_raw", c.reference_raw}};
}

json::object to_json(const CalibrateRequest& r) {
  json::array points;
  for (const auto& p : r.points)
    points.push_back(json::object{{"force_n", p.force.value}, {"raw", p.raw}, {"spread_raw", p.spread_raw}});
  json::object object{{"points", std::move(points)}, {"accept_change", r.accept_change}};
  if (!r.ball.empty()) object["ball"] = r.ball;
  return object;
}

json::object to_json(const CalibrateReply& r) {
  json::array residuals;
  for (const double residual : r.residuals_n) residuals.emplace_back(residual);
  return {{"serial", r.serial},
          {"calibration", to_json(r.calibration)},
          {"residuals_n", std::move(residuals)},
          {"residual_pct", or_null(r.residual_pct)},
          {"change_pct", r.change_pct},
          {"notice", r.notice},
          {"record_problem", r.record_problem}};
}

CalibrateReply calibrate_reply_from(const json::object& o) {
  CalibrateReply r{.serial = text_at(o, "serial"),
                   .residual_pct = number_at(o, "residual_pct"),
                   .change_pct = number_at(o, "change_pct").value_or(0.0),
                   .notice = text_at(o, "notice"),
                   .record_problem = text_at(o, "record_problem")};
  if (const auto* c = object_at(o, "calibration")) {
    r.calibration.calibrated = flag_at(*c, "calibrated");
    r.calibration.point_a_raw = whole_at<std::int32_t>(*c, "point_a_raw");
    r.calibration.point_a_mn = whole_at<std::int32_t>(*c, "point_a_mn");
    r.calibration.point_b_raw = whole_at<std::int32_t>(*c, "point_b_raw");
    r.calibration.point_b_mn = whole_at<std::int32_t>(*c, "point_b_mn");
    r.calibration.tare_raw = whole_at<std::int32_t>(*c, "tare_raw");
    r.calibration.reference_raw = whole_at<std::int32_t>(*c, "reference_raw");
  }
  if (const auto* residuals = o.if_contains("residuals_n"); residuals != nullptr && residuals->is_array()) {
    for (const auto& residual : residuals->get_array()) {
      boost::system::error_code failed;
      const double number = residual.is_number() ? residual.to_number<double>(failed) : 0.0;
      r.residuals_n.push_back(failed ? 0.0 : number);
    }
  }
  return r;
}

Result<CalibrateRequest> calibrate_request_from(const json::object& object) {
  Params params(object);
  CalibrateRequest request;
  request.ball = params.text("ball").value_or("");
  request.accept_change = params.boolean("accept_change").value_or(false);
  // What the forces and readings may be is session::calibrate()'s to say, with better words.
  constexpr double kAny = std::numeric_limits<double>::max();
  for (const auto* each : params.objects("points", session::kMaxKnownForces)) {
    Params point(*each);
    const auto force = point.number("force_n", -kAny, kAny);
    const auto raw = point.number("raw", -kAny, kAny);
    const auto spread = point.number("spread_raw", 0.0, kAny);
    if (auto ok = point.finish(); !ok) return std::unexpected(ok.error());
    if (!force || !raw || !spread)
      params.mistake("a point has no \"force_n\", \"raw\" or \"spread_raw\"", "see daemon/api/API.md");
    request.points.push_back(
        {.force = {force.value_or(0.0)}, .raw = raw.value_or(0.0), .spread_raw = spread.value_or(0.0)});
  }
  if (auto ok = params.finish(); !ok) return std::unexpected(ok.error());
  return request;
}

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
  SafetyStatus s{.profile = text_at(o, "profile"),
                 .rule = text_at(o, "rule"),
                 .may_begin = flag_at(o, "may_begin"),
                 .why = text_at(o, "why")};
  if (const auto* answered = object_at(o, "answered")) {
    s.answered = SafetyStatus::Answered{.at = text_at(*answered, "at"),
                                        .given = {.version = whole_at<int>(*answered, "version"),
                                                  .yes = texts_at(*answered, "yes"),
                                                  .clinician_asked = flag_at(*answered, "clinician_asked")}};
  }
  return s;
}

}  // namespace knead::api
