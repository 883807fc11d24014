// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/error.hpp"

namespace knead {

/// One thing that is wrong, or odd, in a file a person wrote (R9).
struct Finding {
  enum class Severity : std::uint8_t { kError, kWarning };
  Severity severity = Severity::kError;
  int line = 0;      ///< from 1; 0: the whole file
  int column = 0;    ///< from 1; 0: the whole line
  std::string key;   ///< dotted: "release[0].band_n"; empty: none
  std::string text;  ///< "what is wrong; what to do"

  bool operator==(const Finding&) const = default;
};

/// "upper-trap.toml:14:1: activation.reps: is 10; give a whole number from 1 to 9", one line, for a person. A warning
/// says so after the place.
[[nodiscard]] std::string to_string(const Finding& finding, std::string_view file);

/// The same as kInvalidInput: the context holds file, line, key and what is wrong, the remedy what to do.
[[nodiscard]] Error to_error(const Finding& finding, std::string_view file);

[[nodiscard]] bool has_errors(std::span<const Finding> findings) noexcept;
/// The error of the first finding that is one (there must be one), for callers that show only one line; says how many
/// more there are.
[[nodiscard]] Error first_error(std::span<const Finding> findings, std::string_view file);

}  // namespace knead
