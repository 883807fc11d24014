// SPDX-License-Identifier: Apache-2.0
// R9: bad input gets a clear error. What must hold for every word said about a file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/error.hpp"
#include "daemon/core/finding.hpp"
#include "tests/fuzz/must.hpp"

namespace knead::fuzz {

/// A file's own bytes must not reach a terminal as control characters (C0, DEL; C1 in UTF-8).
inline bool is_one_plain_line(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : ' ');
    if (byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next >= 0x80 && next < 0xA0)) return false;
  }
  return true;
}

inline void must_be_explained(const Error& error, std::string_view file) {
  must(error.code == Errc::kInvalidInput, "R9: what a file holds is invalid input, and nothing else");
  must(error.context.starts_with(file), "R9: the error names the file first");
  must(!error.remedy.empty(), "R9: the error says what to do");
  must(is_one_plain_line(error.message()), "R9: an error is one line of plain text");
}

/// @p taken: the reader had something to give. It has exactly when nothing is an error.
inline void must_be_explained(std::span<const Finding> findings, bool taken, std::string_view file) {
  must(taken != has_errors(findings), "R9: what is wrong is refused with a reason, what is right is taken");
  for (const Finding& finding : findings) {
    must(finding.line >= 0 && finding.column >= 0, "R9: a finding has a place");
    must(is_one_plain_line(to_string(finding, file)), "R9: a finding is one line of plain text");
    must_be_explained(to_error(finding, file), file);
  }
}

}  // namespace knead::fuzz
