// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"
#include "daemon/record/profile_change.hpp"

namespace knead::cli {

/// By the daemon, which is the record's only writer while it runs. Where none runs, on the record itself: the same lock
/// that keeps a second daemon out keeps a daemon from starting meanwhile.
Result<boost::json::value> change_profile(const Context& context, const record::ProfileChange& change);

}  // namespace knead::cli
