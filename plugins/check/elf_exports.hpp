// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::check {

/// Names of the symbols that the shared object @p file exports, in its own order. Nothing of it is loaded or run.
/// Errors: kNotFound, kInvalidInput: no ELF shared object.
Result<std::vector<std::string>> exports_of(const std::string& file);

}  // namespace knead::check
