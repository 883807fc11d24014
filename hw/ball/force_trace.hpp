// SPDX-License-Identifier: Apache-2.0
// Force traces from CSV (DESIGN.md section 5): header `t_s,force_n`, optional third column `button` (0/1).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"
#include "hw/ball/person.hpp"

namespace knead::ball {

/// A checked force trace: times rise strictly; linear between rows, its first value before the first row, its last
/// value after the last.
class ForceTrace {
 public:
  struct Row {
    double t_s = 0.0;
    double force_n = 0.0;
    bool button = false;  ///< from this row on
  };

  /// @param file only names the text in errors, which say file, line, column and what to do. Error: kInvalidInput.
  static Result<ForceTrace> parse(std::string_view text, std::string_view file);
  /// Errors: kNotFound, kAccessDenied, kInvalidInput.
  static Result<ForceTrace> read(const std::filesystem::path& path);

  [[nodiscard]] Newtons force(DeviceTime t) const;
  [[nodiscard]] bool button(DeviceTime t) const;
  /// Time of the last row.
  [[nodiscard]] DeviceTime end() const;
  [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }

 private:
  explicit ForceTrace(std::vector<Row> rows) : rows_(std::move(rows)) {}
  /// Index of the last row at or before @p t_s, or of the first row.
  [[nodiscard]] std::size_t row_at(double t_s) const;

  std::vector<Row> rows_;  // never empty
};

/// Presses as a trace says, and hears nothing.
class TracePerson final : public Person {
 public:
  explicit TracePerson(ForceTrace trace) : trace_(std::move(trace)) {}
  Newtons force(DeviceTime t) override { return trace_.force(t); }
  bool button(DeviceTime t) override { return trace_.button(t); }

 private:
  ForceTrace trace_;
};

}  // namespace knead::ball
