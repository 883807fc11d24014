// SPDX-License-Identifier: Apache-2.0
// Inputs as JSON, for the store: what is read back is what was written, to the bit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/core/error.hpp"
#include "daemon/session/input.hpp"

namespace knead::session {

/// One object, without what kind_of() and Input::samples say. Real numbers are texts in the shortest form that reads
/// back as the same number: JSON readers round them, each in its own way.
std::string input_json(const Input& input);
/// Error: kStorage, for what input_json() has not written.
Result<Input> read_input(std::uint64_t samples, std::string_view kind, std::string_view json);

}  // namespace knead::session
