// SPDX-License-Identifier: Apache-2.0
// What the record costs: bytes and processor time of a sample, and what a year of it is like.
#pragma once

#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/record/model.hpp"

namespace knead::bench {

/// A folder that goes away.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Processor time of this thread, in nanoseconds.
inline double thread_time_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

struct Signal {
  std::string name;
  std::vector<record::TimedSample> samples;
};

/// Simulates a session on the virtual ball into @p database. @p trace or @p person, as `knead simulate` has them.
/// Throws std::runtime_error.
void simulate_into(const std::string& database, const std::string& trace, const std::string& person);
/// What codecs are measured on: a person on the virtual ball, its noise alone, and the recorded traces where they are
/// at hand, all at 1 kHz with a host's clock that is ClockSync's, against a ball that runs 30 ppm fast and reports that
/// come late.
std::vector<Signal> signals();

/// Each prints its table and returns it as JSON.
std::string codecs(int rounds);
std::string year(int sessions);

}  // namespace knead::bench
