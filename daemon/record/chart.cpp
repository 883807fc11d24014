// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace knead::record {

namespace {

std::vector<double> multiples(double step, double lo, double hi) {
  std::vector<double> all;
  for (double k = std::ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9; k += 1.0) all.push_back(k * step);
  if (all.empty()) all.push_back(lo);
  return all;
}

}  // namespace

std::vector<double> ticks(double lo, double hi, int most) {
  if (!(hi > lo)) return {lo};
  const double rough = (hi - lo) / std::max(most, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * 0.75) step = factor * power;
  }
  return multiples(step, lo, hi);
}

std::vector<double> time_ticks(double lo, double hi, int most) {
  constexpr std::array<double, 11> kSteps{1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0};
  const double rough = (hi - lo) / std::max(most, 1);
  if (rough < kSteps.front()) return ticks(lo, hi, most);
  const auto* step = std::ranges::find_if(kSteps, [rough](double s) { return s >= rough; });
  return step == kSteps.end() ? ticks(lo, hi, most) : multiples(*step, lo, hi);
}

std::string px(double place) {
  std::string text = fmt::format("{:.1f}", place);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string plain(double value) {
  const std::string text = fmt::format("{:.6g}", value);
  return text == "-0" ? "0" : text;
}

void PixelCurve::add(double at, double value) {
  if (columns_.empty() || !(to_ > from_) || !std::isfinite(value)) return;
  const double share = std::clamp((at - from_) / (to_ - from_), 0.0, 1.0);
  const auto index =
      std::min(static_cast<std::size_t>(share * static_cast<double>(columns_.size())), columns_.size() - 1);
  PixelColumn& column = columns_[index];
  if (!column.filled) {
    column = {.lowest = value, .highest = value, .first = value, .last = value, .filled = true, .begins = interrupted_};
  } else {
    column.lowest = std::min(column.lowest, value);
    column.highest = std::max(column.highest, value);
    column.last = value;
  }
  interrupted_ = false;
}

std::string PixelCurve::path(const Scale& x, const Scale& y) const {
  std::string data;
  const double width = (to_ - from_) / static_cast<double>(std::max<std::size_t>(columns_.size(), 1));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const PixelColumn& c = columns_[i];
    if (!c.filled) continue;
    const std::string at = px(x(from_ + (static_cast<double>(i) + 0.5) * width));
    // Into the column where it begins, over its whole range, and out where it ends; a place is not named twice.
    std::string before;
    const auto go = [&](double value) {
      const std::string place = px(y(value));
      if (place == before) return;
      fmt::format_to(std::back_inserter(data), "V{}", place);
      before = place;
    };
    before = px(y(c.first));
    fmt::format_to(std::back_inserter(data), "{}{} {}", c.begins ? 'M' : 'L', at, before);
    const bool up_first = c.last < c.first;
    go(up_first ? c.highest : c.lowest);
    go(up_first ? c.lowest : c.highest);
    go(c.last);
    if (c.begins && c.lowest == c.highest) data += "h.1";  // alone, it would not be seen
  }
  return data;
}

std::optional<double> PixelCurve::lowest() const {
  std::optional<double> found;
  for (const PixelColumn& c : columns_) {
    if (c.filled) found = std::min(found.value_or(c.lowest), c.lowest);
  }
  return found;
}

std::optional<double> PixelCurve::highest() const {
  std::optional<double> found;
  for (const PixelColumn& c : columns_) {
    if (c.filled) found = std::max(found.value_or(c.highest), c.highest);
  }
  return found;
}

}  // namespace knead::record
