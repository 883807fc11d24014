// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "daemon/live/simulate.hpp"
#include "daemon/record/store.hpp"
#include "daemon/sampling/clock_sync.hpp"
#include "tests/bench/record/record_bench.hpp"

namespace knead::bench {
namespace {

constexpr double kFastPpm = 30.0;
/// Lateness of a report: what a loop on an ordinary kernel shows, with a stall now and then (choice).
constexpr double kLateUs = 60.0;
constexpr double kStallUs = 2000.0;
constexpr double kStallShare = 0.002;

/// The virtual ball's time is the host's. A real host's is not.
void put_on_a_real_clock(std::vector<record::TimedSample>& samples) {
  std::mt19937_64 random(1);
  std::exponential_distribution<double> late(1.0 / kLateUs);
  std::exponential_distribution<double> stall(1.0 / kStallUs);
  std::uniform_real_distribution<double> share(0.0, 1.0);
  sampling::ClockSync sync;
  HostTime newest{};
  for (record::TimedSample& s : samples) {
    const double us = static_cast<double>(s.sample.device_time.time_since_epoch().count()) * (1.0 - kFastPpm * 1e-6) +
                      late(random) + (share(random) < kStallShare ? stall(random) : 0.0);
    // Reports come in order.
    newest =
        std::max(newest, HostTime(std::chrono::nanoseconds(3'600'000'000'000 + static_cast<std::int64_t>(us * 1e3))));
    sync.update(s.sample.device_time, newest);
    s.sample.host_time = sync.to_host(s.sample.device_time);
  }
}

Signal recorded(const std::string& name, const std::string& trace, const std::string& person) {
  const TempFolder folder;
  const std::string database = folder.file("signal.db");
  simulate_into(database, trace, person);
  Signal signal{.name = name, .samples = {}};
  const auto store = record::Store::open_read_only(database);
  if (!store) throw std::runtime_error(store.error().message());
  const auto read = store->for_each_sample(1, [&](const record::TimedSample& s) { signal.samples.push_back(s); });
  if (!read) throw std::runtime_error(read.error().message());
  put_on_a_real_clock(signal.samples);
  return signal;
}

/// The sensor's own noise at rest: hw/ball/sensor.hpp says 6 counts.
Signal noise() {
  std::mt19937_64 random(2);
  std::normal_distribution<double> counts(0.0, 6.0);
  Signal signal{.name = "virtual ball at rest", .samples = {}};
  for (int i = 0; i < 120'000; ++i) {
    record::TimedSample s;
    s.sample.seq = static_cast<std::uint64_t>(i);
    s.sample.device_time = DeviceTime(std::chrono::milliseconds(i));
    s.t = SessionTime(std::chrono::milliseconds(i));
    s.sample.raw = static_cast<std::int32_t>(84'213 + counts(random));
    signal.samples.push_back(s);
  }
  put_on_a_real_clock(signal.samples);
  return signal;
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "knead-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder for the benchmark");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void simulate_into(const std::string& database, const std::string& trace, const std::string& person) {
  live::SimulateOptions options{.routine = KNEAD_SOURCE "/config/routines/upper-trap.toml",
                                .trace = trace,
                                .person = person,
                                .database = database,
                                .routine_folders = {},
                                .plugin_folders = {KNEAD_PLUGINS}};
  if (const auto report = live::simulate(options); !report) throw std::runtime_error(report.error().message());
}

std::vector<Signal> signals() {
  std::vector<Signal> all;
  for (const char* name : {"squeeze-a", "squeeze-b"}) {
    const std::string trace = fmt::format("{}/../shared/data/{}.csv", KNEAD_SOURCE, name);
    if (std::filesystem::exists(trace)) all.push_back(recorded(fmt::format("recorded {}", name), trace, ""));
  }
  all.push_back(recorded("virtual ball, person", "", "compliant"));
  all.push_back(noise());
  return all;
}

}  // namespace knead::bench
