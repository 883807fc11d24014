// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/known_weight.hpp"

#include <fmt/format.h>

#include <charconv>

#include "daemon/session/calibration.hpp"

namespace knead::cli {

Result<Newtons> parse_known_weight(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::kInvalidInput, fmt::format("\"{}\" {}", text, why), "write it as 2kg, 500g or 19.6N");
  };
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [after, failed] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (failed != std::errc()) return wrong("is no weight");
  std::string_view unit(after, static_cast<std::size_t>(end - after));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty()) return wrong("has no unit");
  constexpr double kGramsPerKilogram = 1000.0;
  if (unit == "g") {
    value *= session::kStandardGravity / kGramsPerKilogram;
  } else if (unit == "kg") {
    value *= session::kStandardGravity;
  } else if (unit != "N") {
    return wrong("is in no unit that is known here");
  }
  constexpr double kMost = 10'000.0;  // no load cell that fits a hand
  if (!(value > 0.0)) return wrong("is not above nothing");
  if (!(value <= kMost)) return wrong("is more than any ball bears");
  return Newtons{value};
}

}  // namespace knead::cli
