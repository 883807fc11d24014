// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace knead::fuzz {

/// Ends the program where a rule is broken. A fuzzer keeps the input that did it, as it does after any crash. Not
/// assert(): the ordinary build replays the corpus with NDEBUG.
inline void must(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

}  // namespace knead::fuzz
