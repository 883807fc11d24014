// SPDX-License-Identifier: Apache-2.0
// knead-fault: injects faults into the real programs and holds what follows against the rules of docs/design.md.
#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fault/full_disk.hpp"
#include "tests/fault/scale.hpp"
#include "tests/fault/soak.hpp"
#include "tests/fault/table.hpp"

namespace {

using namespace knead::fault;  // NOLINT(google-build-using-namespace): the program of this folder

constexpr int kPassed = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

/// umockdev's library has to be there before libc's file functions are looked up: the program starts itself once more.
void start_under_umockdev(char** argv) {
  constexpr const char* kStartedAgain = "KNEAD_FAULT_UMOCKDEV";
  if (std::getenv(kStartedAgain) != nullptr) return;
  setenv(kStartedAgain, "1", 1);
  setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
  execv("/proc/self/exe", argv);
  std::perror("knead-fault: cannot start under umockdev");
  std::exit(kFailed);
}

/// The ball's side stands for hardware, which no program keeps from running. @return whether it is granted.
bool take_realtime() {
  constexpr int kAboveHogs = 60;
  sched_param param{};
  param.sched_priority = kAboveHogs;
  return ::sched_setscheduler(0, SCHED_FIFO, &param) == 0;  // threads made later inherit it
}

std::vector<Fault> all_faults() {
  std::vector<Fault> faults = motor_faults();
  std::ranges::move(record_faults(), std::back_inserter(faults));
  return faults;
}

struct FaultOptions {
  int runs = 5;
  std::uint64_t seed = 1;
  bool quick = false;
  bool ordinary = false;
  std::vector<std::string> names{};
  std::string json{};
};

int list_faults() {
  for (const Fault& fault : all_faults())
    fmt::print("{:<15} {:<4} {:>5g} {:<3} {}\n", fault.name, fault.rule, fault.bound, fault.unit, fault.what);
  return kPassed;
}

int inject(const FaultOptions& options) {
  const std::vector<Fault> faults = all_faults();
  for (const std::string& name : options.names) {
    if (std::ranges::find(faults, name, &Fault::name) != faults.end()) continue;
    fmt::print(stderr, "knead-fault: there is no fault '{}'; see knead-fault list\n", name);
    return kWrongUse;
  }
  if (!take_mount_namespace())
    fmt::print(stderr, "knead-fault: may not mount here: a full disk is a limit on the size of the daemon's files\n");
  const bool realtime = !options.ordinary && take_realtime();
  if (!realtime && !options.ordinary) fmt::print(stderr, "knead-fault: no real-time priority here: ordinary instead\n");
  Random random(options.seed);
  std::vector<Row> rows;
  fmt::print("{}\n", line_of(nullptr));
  for (const Fault& fault : faults) {
    const bool chosen = std::ranges::find(options.names, fault.name) != options.names.end();
    if (options.names.empty() ? options.quick && !fault.quick : !chosen) continue;
    rows.push_back(run_fault(fault, options.runs, {.realtime = realtime}, random));
    fmt::print("{}\n", line_of(&rows.back()));
    std::fflush(stdout);
  }
  if (!options.json.empty()) std::ofstream(options.json) << to_json(rows) << '\n';
  return std::ranges::all_of(rows, &Row::passed) ? kPassed : kFailed;
}

int run(int argc, char** argv) {
  CLI::App app("knead-fault: faults, injected into the real programs");
  app.require_subcommand(1);
  FaultOptions options;
  CLI::App* list = app.add_subcommand("list", "What can be injected, and the bound that holds then");
  CLI::App* faults = app.add_subcommand("inject", "Injects faults and prints one table");
  faults->add_option("--runs", options.runs, "Runs of each fault that count")->capture_default_str();
  faults->add_option("--seed", options.seed, "Of the moments of injection")->capture_default_str();
  faults->add_flag("--quick", options.quick, "The short form: a choice of faults");
  faults->add_flag("--ordinary", options.ordinary, "Without real-time priority, as beside other tests");
  faults->add_option("--json", options.json, "The table as JSON, into this file");
  faults->add_option("FAULT", options.names, "Only these");
  double minutes = 10;
  CLI::App* soaks = app.add_subcommand("soak", "Sessions back to back with random faults");
  soaks->add_option("--minutes", minutes, "How long")->capture_default_str();
  soaks->add_option("--seed", options.seed, "Of the faults and their moments")->capture_default_str();
  int seconds = 20;
  CLI::App* scales = app.add_subcommand(
      "scale", "Sixteen balls at 1 kHz, one at 8 kHz, and that one in a crowd: what is lost and what it costs");
  scales->add_option("--seconds", seconds, "How long each")->capture_default_str();
  std::vector<std::string> loads;
  scales->add_option("LOAD", loads, "Only these")->check(CLI::IsMember(load_names()));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kPassed : kWrongUse;
  }
  if (*list) return list_faults();
  if (*soaks) {
    const std::chrono::duration<double, std::ratio<60>> length(minutes);
    const WorldOptions world{.realtime = take_realtime()};
    return soak(world, std::chrono::duration_cast<std::chrono::seconds>(length), options.seed) ? kPassed : kFailed;
  }
  if (*scales) return scale(loads, std::chrono::seconds(seconds), true) ? kPassed : kFailed;
  return inject(options);
}

}  // namespace

int main(int argc, char** argv) {
  start_under_umockdev(argv);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "knead-fault: {}\n", error.what());
    return kFailed;
  }
}
