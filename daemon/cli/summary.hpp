// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace knead::cli {

/// A finished session in a few lines, the headline first. @p report as `simulate --json` prints it. Pure.
std::string summary_text(const boost::json::object& report);

}  // namespace knead::cli
