// SPDX-License-Identifier: Apache-2.0
// Profiles over the socket (API.md): what `profile.set` asks for and answers.
#pragma once

#include <boost/json/object.hpp>

#include "daemon/core/error.hpp"
#include "daemon/record/profile_change.hpp"

namespace knead::api {

boost::json::object to_json(const record::Profile& profile);
boost::json::object to_json(const record::ProfileChange& change);
/// Strict. Errors: kInvalidInput.
Result<record::ProfileChange> profile_change_from(const boost::json::object& params);

/// "07:30" as minutes after midnight. Errors: kInvalidInput.
Result<int> minute_from(std::string_view clock);

}  // namespace knead::api
