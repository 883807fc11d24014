// SPDX-License-Identifier: Apache-2.0
// A force trace somebody brings: it is refused with file and remedy (R9), or can be pressed and written down again.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "hw/ball/force_trace.hpp"
#include "hw/ball/sensor.hpp"
#include "tests/fuzz/explained.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using ball::ForceTrace;
using fuzz::must;

namespace {

void rows_are_sound(const std::vector<ForceTrace::Row>& rows) {
  must(!rows.empty(), "a trace has a row");
  constexpr double kWeekS = 7.0 * 24 * 3600;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    must(rows[i].t_s >= 0.0 && rows[i].t_s <= kWeekS, "times are from 0 to a week");
    must(i == 0 || rows[i].t_s > rows[i - 1].t_s, "times rise");
    must(std::isfinite(rows[i].force_n) && rows[i].force_n >= -0.5, "forces are numbers, and none pulls");
  }
}

void can_be_pressed(const ForceTrace& trace) {
  const auto& rows = trace.rows();
  const auto [least, most] = std::ranges::minmax(rows, {}, &ForceTrace::Row::force_n);
  ball::Sensor sensor({}, 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double until = i + 1 < rows.size() ? rows[i + 1].t_s : rows[i].t_s + 1.0;
    for (const double t_s : {rows[i].t_s, (rows[i].t_s + until) / 2}) {
      const DeviceTime t = DeviceTime{} + from_seconds(t_s);
      const Newtons force = trace.force(t);
      must(force.value >= least.force_n && force.value <= most.force_n, "between rows the force is between theirs");
      const auto raw = sensor.read(force);
      must(raw >= protocol::kRawMin && raw <= protocol::kRawMax, "a converter's count is of 24 bits");
      static_cast<void>(trace.button(t));
    }
  }
  must(trace.end() == DeviceTime{} + from_seconds(rows.back().t_s), "a trace ends with its last row");
}

std::string written(const std::vector<ForceTrace::Row>& rows) {
  std::string text = "t_s,force_n,button\n";
  for (const auto& row : rows) text += fmt::format("{},{},{}\n", row.t_s, row.force_n, row.button ? 1 : 0);
  return text;
}

bool equal(const ForceTrace::Row& a, const ForceTrace::Row& b) {
  return a.t_s == b.t_s && a.force_n == b.force_n && a.button == b.button;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto trace = ForceTrace::parse(fuzz::text_of(data, size), "trace.csv");
  if (!trace) {
    fuzz::must_be_explained(trace.error(), "trace.csv");
    return 0;
  }
  rows_are_sound(trace->rows());
  can_be_pressed(*trace);
  const auto again = ForceTrace::parse(written(trace->rows()), "again.csv");
  must(again.has_value(), "a trace written down can be read");
  must(std::ranges::equal(again->rows(), trace->rows(), equal), "a trace written down reads the same");
  return 0;
}
