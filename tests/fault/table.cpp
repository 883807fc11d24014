// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <exception>
#include <iterator>

namespace knead::fault {
namespace {
/// For each run that counts, at most so many that do not: a machine that stalls all the time proves nothing.
constexpr int kRepeats = 10;
}  // namespace

double Row::median() const {
  if (values.empty()) return 0.0;
  std::vector<double> sorted = values;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  return *middle;
}

double Row::worst() const { return values.empty() ? 0.0 : *std::ranges::max_element(values); }

bool Row::passed() const { return complete && problems.empty() && worst() <= fault->bound; }

Row run_fault(const Fault& fault, int runs, WorldOptions options, Random& random) {
  Row row{.fault = &fault};
  for (int tries = 0; std::ssize(row.values) < runs; ++tries) {
    if (tries == runs * (kRepeats + 1)) {
      row.complete = false;
      break;
    }
    options.seed = random();
    Finding finding;
    try {
      finding = fault.run(options, random);
    } catch (const std::exception& error) {
      finding.problem = error.what();
    }
    if (finding.out_of_reach) {
      ++row.repeated;
      continue;
    }
    row.values.push_back(finding.value);
    if (!finding.problem.empty()) row.problems.push_back(std::move(finding.problem));
  }
  return row;
}

std::string line_of(const Row* row) {
  constexpr auto kForm = "{:<15} {:<4} {:>9} {:>5} {:>9} {:>9} {:>6}  {}";
  if (row == nullptr)
    return fmt::format(kForm, "fault", "rule", "bound", "runs", "median", "worst", "again", "verdict");
  const Fault& fault = *row->fault;
  std::string verdict = row->passed() ? "pass" : "FAIL";
  if (!row->complete) verdict += ": the machine stalls too much to tell";
  if (!row->problems.empty()) verdict += ": " + row->problems.front();
  return fmt::format(kForm, fault.name, fault.rule, fmt::format("{:g} {}", fault.bound, fault.unit), row->values.size(),
                     fmt::format("{:.1f}", row->median()), fmt::format("{:.1f}", row->worst()), row->repeated, verdict);
}

std::string to_json(const std::vector<Row>& rows) {
  boost::json::array out;
  for (const Row& row : rows) {
    out.push_back(boost::json::object{{"fault", row.fault->name},
                                      {"rule", row.fault->rule},
                                      {"what", row.fault->what},
                                      {"bound", row.fault->bound},
                                      {"unit", row.fault->unit},
                                      {"runs", row.values.size()},
                                      {"repeated", row.repeated},
                                      {"median", row.median()},
                                      {"worst", row.worst()},
                                      {"passed", row.passed()},
                                      {"problems", boost::json::array(row.problems.begin(), row.problems.end())},
                                      {"values", boost::json::array(row.values.begin(), row.values.end())}});
  }
  return boost::json::serialize(out);
}

}  // namespace knead::fault
