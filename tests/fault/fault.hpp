// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fault/world.hpp"

namespace knead::fault {

/// What one run of a fault came to.
struct Finding {
  double value = 0.0;         ///< in the unit of the fault's bound
  std::string problem{};      ///< why the run failed whatever the value; empty: the value decides
  bool out_of_reach = false;  ///< the machine stalled, or the motor was off already: says nothing about the daemon
};

using Random = std::mt19937_64;

/// One thing that goes wrong, and the rule that bounds what follows.
struct Fault {
  std::string_view name;
  std::string_view rule;
  double bound;
  std::string_view unit;
  std::string_view what;  ///< one line, for people
  bool quick;             ///< in the short form too
  std::function<Finding(const WorldOptions&, Random&)> run;
};

/// What findings are told in.
inline double ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// R1, and the ball's silence and bad readings: R4. Measured on the ball's motor trace.
std::vector<Fault> motor_faults();
/// R5 and R6: what comes back, and what is on record.
std::vector<Fault> record_faults();

}  // namespace knead::fault
