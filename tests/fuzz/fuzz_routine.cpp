// SPDX-License-Identifier: Apache-2.0
// A routine somebody wrote, in any letters: it is refused with a reason (R9), or may be run (R8).
#include "daemon/session/routine.hpp"
#include "tests/fuzz/dose.hpp"
#include "tests/fuzz/explained.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto check = session::check_routine(text, "routine.toml");
  fuzz::must_be_explained(check.findings, check.routine.has_value(), "routine.toml");
  if (!check.routine) return 0;
  must(check.routine->source == text, "a routine keeps its text");
  must(fuzz::is_one_plain_line(check.routine->title), "a title can be shown");
  fuzz::may_be_run(*check.routine);
  return 0;
}
