// SPDX-License-Identifier: Apache-2.0
// A set of discomfort trials over the socket (API.md).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/session/discomfort.hpp"
#include "daemon/session/routine.hpp"

namespace knead::api {

struct DiscomfortRequest {
  session::Side side = session::Side::kRight;
  std::string profile{};
  std::string ball{};  ///< serial; empty: the only one, or the configured one
};
boost::json::object to_json(const DiscomfortRequest& request);
/// Strict. Errors: kInvalidInput.
Result<DiscomfortRequest> discomfort_request_from(const boost::json::object& params);

/// The answer of discomfort.begin.
struct DiscomfortBegun {
  std::string ball{};
  std::int64_t set = 0;  ///< its number among this daemon's; 0: of a daemon that gives none
};
boost::json::object to_json(const DiscomfortBegun& begun);
DiscomfortBegun discomfort_begun_from(const boost::json::object& json);

/// How a set stands: what "discomfort" notifies of.
struct DiscomfortUpdate {
  std::int64_t set = 0;  ///< as of DiscomfortBegun
  std::string phase = "rest";
  int attempts = 0;
  int good = 0;
  int trials = 0;  ///< good ones that are wanted
  double force_n = 0.0;
  double stop_n = 0.0;
  std::optional<double> rate_n_per_s{};
  double target_n_per_s = 0.0;
  double rate_tolerance = 0.0;
  double rest_left_s = 0.0;
  std::string cue{};
};
boost::json::object to_json(const DiscomfortUpdate& update);
DiscomfortUpdate discomfort_update_from(const boost::json::object& json);

/// How a set ended: what "discomfort_ended" notifies of.
struct DiscomfortEnd {
  std::int64_t set = 0;     ///< as of DiscomfortBegun
  std::int64_t set_id = 0;  ///< 0: it could not be written
  std::string outcome{};
  std::string reason{};
  std::string problem{};  ///< why it could not be written; empty: it is on record
  std::optional<double> mean_n{};
  std::optional<double> sd_n{};
};
boost::json::object to_json(const DiscomfortEnd& end);
DiscomfortEnd discomfort_end_from(const boost::json::object& json);

}  // namespace knead::api
