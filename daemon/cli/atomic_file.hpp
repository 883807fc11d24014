// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "daemon/core/error.hpp"

namespace knead::cli {

enum class Existing : std::uint8_t { kRefuse, kReplace };

/// Makes @p path with what @p write puts out: all of it, or, on any error, nothing, and what was there stays.
/// Errors: what @p write returned; kRefused when the file exists and must not be replaced; kAccessDenied, kNotFound,
/// kStorage.
Result<> write_file(const std::string& path, Existing existing, const std::function<Result<>(std::ostream&)>& write);

}  // namespace knead::cli
