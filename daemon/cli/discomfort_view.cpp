// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/discomfort_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "daemon/cli/live_view.hpp"
#include "daemon/session/text.hpp"

namespace knead::cli {

namespace {

constexpr std::size_t kLabel = 8;

double share_of(double value, double full) {
  return std::isfinite(value) && full > 0 ? std::clamp(value / full, 0.0, 1.0) : 0.0;
}

/// A bar from 0 to @p full, with marks at @p lo and @p hi.
std::string bar(double value, double full, double lo, double hi, std::size_t cells, bool utf8) {
  const auto cell = [&](double of) {
    return static_cast<std::size_t>(std::lround(share_of(of, full) * static_cast<double>(cells - 1)));
  };
  std::string out;
  for (std::size_t i = 0; i < cells; ++i) {
    if (i == cell(lo) || i == cell(hi)) {
      out += utf8 ? "┃" : "|";
    } else if (value > 0 && i <= cell(value)) {
      out += utf8 ? "█" : "#";
    } else {
      out += utf8 ? "·" : ".";
    }
  }
  return out;
}

std::string_view rate_word(const api::DiscomfortUpdate& u) {
  if (!u.rate_n_per_s || u.target_n_per_s <= 0) return "";
  const double off = *u.rate_n_per_s / u.target_n_per_s - 1;
  if (off > u.rate_tolerance) return "too fast";
  if (off < -u.rate_tolerance) return "too slow";
  return "good";
}

std::string fit(std::string_view text, std::size_t width) { return session::clean_text(text, width); }

}  // namespace

std::vector<std::string> render_discomfort(const api::DiscomfortUpdate& u, const Look& look) {
  const auto width = static_cast<std::size_t>(std::clamp(look.width, kMinWidth, kMaxWidth));
  const std::size_t cells = width - kLabel - 20;
  const auto good = std::int64_t{u.good};  // whatever another version may say
  const double rate = u.rate_n_per_s.value_or(0);
  constexpr double kRateScale = 2.5;  // of the target: it lies in the middle of the bar's clear half
  std::vector<std::string> lines;
  lines.push_back(fit(fmt::format("Trial {} of {}{}", std::min(good + 1, std::int64_t{u.trials}), u.trials,
                                  u.attempts > good ? fmt::format(", {} repeated", u.attempts - good) : ""),
                      width));
  lines.push_back(fmt::format("{:<8}{} {:5.1f} N", "Force",
                              bar(u.force_n, u.stop_n, u.stop_n, u.stop_n, cells, look.utf8), u.force_n));
  lines.push_back(fmt::format("{:<8}{} {:5.1f} N/s {}", "Rate",
                              bar(rate, u.target_n_per_s * kRateScale, u.target_n_per_s * (1 - u.rate_tolerance),
                                  u.target_n_per_s * (1 + u.rate_tolerance), cells, look.utf8),
                              std::clamp(rate, -99.0, 999.0), rate_word(u)));
  const std::string rest = u.rest_left_s > 0 ? fmt::format("  ({:.0f} s)", std::ceil(u.rest_left_s)) : "";
  lines.push_back(fit(fmt::format("{} {}{}", look.utf8 ? "▶" : ">", u.cue, rest), width));
  lines.push_back(fit("ball's button or space: first discomfort; q or Ctrl-C: stop", width));
  return lines;
}

}  // namespace knead::cli
