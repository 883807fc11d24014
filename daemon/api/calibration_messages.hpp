// SPDX-License-Identifier: Apache-2.0
// What goes over the socket about calibration; rules as in messages.hpp.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/session/calibration.hpp"

namespace knead::api {

/// ball.measure: a second at rest.
struct MeasureReply {
  std::string serial;
  session::Rest rest{};
  std::optional<double> force_n{};                 ///< from the tare; empty: not calibrated
  std::optional<double> force_from_reference_n{};  ///< the same from the reference
};

struct CalibrateRequest {
  std::string ball{};  ///< serial; empty: the only one, or the configured one
  std::vector<session::KnownForce> points{};
  bool accept_change = false;
};

/// ball.calibrate and ball.undo_calibration.
struct CalibrateReply {
  std::string serial;
  protocol::Calibration calibration{};
  std::vector<double> residuals_n{};  ///< one for each point, in their order
  std::optional<double> residual_pct{};
  double change_pct = 0.0;
  std::string notice{};
  std::string record_problem{};  ///< empty: the change is on record
};

boost::json::object to_json(const MeasureReply& reply);
boost::json::object to_json(const protocol::Calibration& calibration);
boost::json::object to_json(const CalibrateRequest& request);
boost::json::object to_json(const CalibrateReply& reply);

MeasureReply measure_reply_from(const boost::json::object& json);
CalibrateReply calibrate_reply_from(const boost::json::object& json);

/// Strict. Errors: kInvalidInput.
Result<CalibrateRequest> calibrate_request_from(const boost::json::object& params);

}  // namespace knead::api
