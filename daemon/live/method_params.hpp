// SPDX-License-Identifier: Apache-2.0
// What the methods share (daemon/api/API.md).
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "daemon/api/params.hpp"
#include "daemon/core/error.hpp"

namespace knead::live {

/// What "now" may mean for a force on a screen.
inline constexpr std::chrono::milliseconds kFreshForce{200};

/// Of a method without parameters. Error: kInvalidInput, there are some.
inline Result<boost::json::value> no_params(const boost::json::object& params) {
  api::Params p(params);
  if (auto ok = p.finish(); !ok) return std::unexpected(std::move(ok.error()));
  return boost::json::value();
}

/// Of a method with `ball` alone: its serial; empty when it is left out. Error: kInvalidInput.
inline Result<std::string> ball_param(const boost::json::object& params) {
  api::Params p(params);
  std::string serial = p.text("ball").value_or("");
  if (auto ok = p.finish(); !ok) return std::unexpected(std::move(ok.error()));
  return serial;
}

}  // namespace knead::live
