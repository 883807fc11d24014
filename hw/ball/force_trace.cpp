// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/force_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace knead::ball {
namespace {

/// A tared cell reads a little below zero when it drifts or the hand pulls; more than that is a mistake in the file.
constexpr double kLowestForceN = -0.5;
/// A week. Longer is a column of the wrong unit, and would overflow a microsecond clock some day.
constexpr double kLongestS = 7.0 * 24 * 3600;

constexpr std::array<std::string_view, 3> kColumns{"t_s", "force_n", "button"};

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return s.substr(0, 0);  // empty, but still pointing into the line
  return s.substr(first, s.find_last_not_of(" \t\r") - first + 1);
}

/// Reads rows, remembering where it is so that an error can say so.
class Parser {
 public:
  Parser(std::string_view text, std::string_view file) : rest_(text), file_(file) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // spreadsheets write it
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  Result<std::vector<ForceTrace::Row>> rows() {
    if (trim_all(rest_).empty()) {
      return fail(Errc::kInvalidInput, fmt::format("{}: the file is empty", file_),
                  "it needs the header t_s,force_n and at least one row");
    }
    next_line();
    if (auto header = read_header(); !header) return std::unexpected(std::move(header.error()));

    std::vector<ForceTrace::Row> rows;
    while (!trim_all(rest_).empty()) {
      next_line();
      auto row = read_row();
      if (!row) return std::unexpected(std::move(row.error()));
      if (!rows.empty() && !(row->t_s > rows.back().t_s)) {
        return wrong("t_s", 0, fmt::format("{} does not come after {}", row->t_s, rows.back().t_s),
                     "times must rise from row to row: sort the rows and remove duplicates");
      }
      rows.push_back(*row);
    }
    if (rows.empty()) {
      return fail(Errc::kInvalidInput, fmt::format("{}: no rows after the header", file_),
                  "add at least one row, such as 0.0,0.0");
    }
    return rows;
  }

 private:
  static std::string_view trim_all(std::string_view s) {
    const auto first = s.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view{} : s.substr(first);
  }

  void next_line() {
    const auto end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_number_;
    cells_.clear();
    std::string_view rest = line_;
    for (;;) {
      const auto comma = rest.find(',');
      cells_.push_back(trim(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }

  Result<> read_header() {
    const bool known = (cells_.size() == 2 || cells_.size() == 3) && std::ranges::equal(cells_, columns(cells_.size()));
    if (!known) {
      return fail(Errc::kInvalidInput,
                  fmt::format("{}:{}: \"{}\" is not the header of a force trace", file_, line_number_, excerpt(line_)),
                  "the first line must be t_s,force_n or t_s,force_n,button");
    }
    columns_ = cells_.size();
    return {};
  }

  Result<ForceTrace::Row> read_row() {
    if (cells_.size() != columns_) {
      return fail(
          Errc::kInvalidInput,
          fmt::format("{}:{}: {} where the header names {}", file_, line_number_, cells_text(cells_.size()), columns_),
          "give every row the columns of the header, with a point as the decimal sign");
    }
    ForceTrace::Row row;
    for (std::size_t column = 0; column < columns_; ++column) {
      const auto value = number(column);
      if (!value) return std::unexpected(value.error());
      switch (column) {
        case 0:
          row.t_s = *value;
          break;
        case 1:
          row.force_n = *value;
          break;
        default:
          row.button = *value != 0.0;
      }
    }
    return row;
  }

  [[nodiscard]] Result<double> number(std::size_t column) const {
    const std::string_view cell = cells_[column];
    double value = 0.0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error == std::errc::invalid_argument || end != cell.data() + cell.size()) {
      return wrong(kColumns[column], column, fmt::format("\"{}\" is not a number", excerpt(cell)),
                   "write numbers like 12.5, without a unit");
    }
    if (error != std::errc{} || !std::isfinite(value)) {
      return wrong(kColumns[column], column, fmt::format("\"{}\" is not a finite number", excerpt(cell)),
                   "remove the row or correct it");
    }
    switch (column) {
      case 0:
        if (value < 0.0 || value > kLongestS) {
          return wrong("t_s", column, fmt::format("{} s is out of range", value),
                       "times are seconds from the start, from 0 to a week");
        }
        break;
      case 1:
        if (value < kLowestForceN) {
          return wrong(
              "force_n", column, fmt::format("{} N is negative", value),
              fmt::format("a ball can only be pressed: forces start at 0 (noise down to {} is taken)", kLowestForceN));
        }
        break;
      default:
        if (value != 0.0 && value != 1.0) {
          return wrong("button", column, fmt::format("{} is neither 0 nor 1", value), "1 means held down");
        }
    }
    return value;
  }

  [[nodiscard]] std::unexpected<Error> wrong(std::string_view key, std::size_t column, std::string_view what,
                                             std::string remedy) const {
    const auto offset = static_cast<std::size_t>(cells_[column].data() - line_.data());
    return fail(Errc::kInvalidInput, fmt::format("{}:{}:{}: {}: {}", file_, line_number_, offset + 1, key, what),
                std::move(remedy));
  }

  static std::span<const std::string_view> columns(std::size_t count) { return std::span(kColumns).first(count); }
  static std::string cells_text(std::size_t count) { return fmt::format("{} column{}", count, count == 1 ? "" : "s"); }
  /// Enough of a line to recognise it; a binary file must not fill the terminal.
  static std::string excerpt(std::string_view s) {
    constexpr std::size_t kLongest = 40;
    std::string out;
    for (const char c : trim(s).substr(0, kLongest)) out += c >= ' ' && c <= '~' ? c : '?';
    if (trim(s).size() > kLongest) out += "...";
    return out;
  }

  std::string_view rest_;
  std::string_view file_;
  std::string_view line_;
  std::vector<std::string_view> cells_;
  std::size_t line_number_ = 0;
  std::size_t columns_ = 0;
};

}  // namespace

Result<ForceTrace> ForceTrace::parse(std::string_view text, std::string_view file) {
  auto rows = Parser(text, file).rows();
  if (!rows) return std::unexpected(std::move(rows.error()));
  return ForceTrace(std::move(*rows));
}

Result<ForceTrace> ForceTrace::read(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  std::error_code ignored;
  const bool directory = std::filesystem::is_directory(path, ignored);
  if (!in || in.bad() || directory) {
    const int os_error = directory ? EISDIR : errno;
    const Errc code = os_error == EACCES ? Errc::kAccessDenied : Errc::kNotFound;
    return fail(code, fmt::format("cannot read the force trace {}", path.string()),
                "name a CSV file with the header t_s,force_n", os_error);
  }
  return parse(text.view(), path.string());
}

std::size_t ForceTrace::row_at(double t_s) const {
  const auto after = std::ranges::upper_bound(rows_, t_s, {}, &Row::t_s);
  return after == rows_.begin() ? 0 : static_cast<std::size_t>(after - rows_.begin()) - 1;
}

Newtons ForceTrace::force(DeviceTime t) const {
  const double t_s = to_seconds(t.time_since_epoch());
  const std::size_t i = row_at(t_s);
  const Row& a = rows_[i];
  if (t_s <= a.t_s || i + 1 == rows_.size()) return {a.force_n};
  const Row& b = rows_[i + 1];
  return {std::lerp(a.force_n, b.force_n, (t_s - a.t_s) / (b.t_s - a.t_s))};
}

bool ForceTrace::button(DeviceTime t) const {
  const double t_s = to_seconds(t.time_since_epoch());
  const Row& row = rows_[row_at(t_s)];
  return row.button && t_s >= row.t_s;
}

DeviceTime ForceTrace::end() const { return DeviceTime{} + from_seconds(rows_.back().t_s); }

}  // namespace knead::ball
