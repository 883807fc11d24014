// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tests/fault/fault.hpp"

namespace knead::fault {

/// What the runs of one fault came to.
struct Row {
  const Fault* fault = nullptr;
  std::vector<double> values{};         ///< of the runs that count
  std::vector<std::string> problems{};  ///< of those that failed whatever their value
  int repeated = 0;                     ///< runs that said nothing, since the machine stalled
  bool complete = true;                 ///< as many runs count as were asked for

  [[nodiscard]] double median() const;
  [[nodiscard]] double worst() const;
  [[nodiscard]] bool passed() const;
};

/// Runs @p fault until @p runs of them count. A run that the machine disturbed is done again; the bound stays what it
/// is.
Row run_fault(const Fault& fault, int runs, WorldOptions options, Random& random);

/// One line of the table; the heading when @p row is null.
std::string line_of(const Row* row);
/// [{"fault", "rule", "bound", "unit", "runs", "repeated", "median", "worst", "passed", "problems", "values"}]
std::string to_json(const std::vector<Row>& rows);

}  // namespace knead::fault
