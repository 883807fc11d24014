// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/calibration_messages.hpp"

#include <cstdint>
#include <limits>
#include <utility>

#include "daemon/api/params.hpp"
#include "daemon/api/tolerant_json.hpp"

namespace knead::api {
namespace json = boost::json;
namespace {

std::int64_t microseconds_of(DeviceTime t) { return t.time_since_epoch().count(); }

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
  MeasureReply m;
  read(o, "serial", m.serial);
  read(o, "force_n", m.force_n);
  read(o, "force_from_reference_n", m.force_from_reference_n);
  read(o, "raw", m.rest.raw);
  read(o, "spread_raw", m.rest.spread_raw);
  read(o, "readings", m.rest.readings);
  read(o, "from_us", m.rest.from);
  read(o, "to_us", m.rest.to);
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
  CalibrateReply r;
  read(o, "serial", r.serial);
  read(o, "residual_pct", r.residual_pct);
  read(o, "change_pct", r.change_pct);
  read(o, "notice", r.notice);
  read(o, "record_problem", r.record_problem);
  read(o, "residuals_n", r.residuals_n);
  if (const auto* c = inner(o, "calibration")) {
    read(*c, "calibrated", r.calibration.calibrated);
    read(*c, "point_a_raw", r.calibration.point_a_raw);
    read(*c, "point_a_mn", r.calibration.point_a_mn);
    read(*c, "point_b_raw", r.calibration.point_b_raw);
    read(*c, "point_b_mn", r.calibration.point_b_mn);
    read(*c, "tare_raw", r.calibration.tare_raw);
    read(*c, "reference_raw", r.calibration.reference_raw);
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

}  // namespace knead::api
