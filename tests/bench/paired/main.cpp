// SPDX-License-Identifier: Apache-2.0
// Speeds as ratios: each against a baseline in the same run, in turns (rounds.hpp). Prints a table, writes JSON.
//
//   knead_paired_bench [--rounds N] [--only TEXT] [--json FILE]
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "daemon/sampling/cpu_latency.hpp"
#include "tests/bench/paired/comparisons.hpp"

namespace {

using namespace knead;         // NOLINT(google-build-using-namespace): a program of one file
using namespace knead::bench;  // NOLINT(google-build-using-namespace)

/// One child for each processor that never sleeps, at ordinary priority.
class FullLoad {
 public:
  FullLoad() {
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile unsigned n = 0;;) n = n + 1;
      }
      if (pid > 0) children_.push_back(pid);
    }
  }
  ~FullLoad() {
    for (const pid_t pid : children_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  FullLoad(const FullLoad&) = delete;
  FullLoad& operator=(const FullLoad&) = delete;

 private:
  std::vector<pid_t> children_;
};

}  // namespace

int main(int argc, char** argv) {
  int rounds = 6;
  std::string only;
  std::string json_file;
  CLI::App app("Speeds as ratios to a baseline measured in turns");
  app.add_option("--rounds", rounds, "Pairs of rounds for each row")->check(CLI::Range(1, 1000));
  app.add_option("--only", only, "Nothing but the rows whose name contains this text");
  app.add_option("--json", json_file, "Write the results to this file too");
  CLI11_PARSE(app, argc, argv);

  spdlog::set_level(spdlog::level::warn);  // the daemon's lines would stand between the rows
  const Scheduling scheduling = granted_scheduling();
  std::vector<std::string> rows;
  const auto run = [&](const std::vector<Comparison>& comparisons) {
    for (const Comparison& comparison : comparisons) {
      if (!comparison.name.contains(only)) continue;
      const Outcome outcome = compare(comparison, rounds);
      fmt::print("{}", to_text(outcome));
      std::fflush(stdout);
      rows.push_back(to_json(outcome));
    }
  };
  {
    const auto awake = sampling::CpuLatencyHold::take();  // as while a session runs
    fmt::print("{} rounds each, in turns; {}; processors {}\n\n", rounds,
               scheduling.priority > 0 ? fmt::format("SCHED_FIFO {}", scheduling.priority) : "ordinary scheduling",
               awake ? "kept from deep sleep" : "may sleep");
    fmt::print("{}", table_head());
    run(steps());
    run(reaction(scheduling, "idle"));
    {
      const FullLoad load;
      run(reaction(scheduling, "full load"));
    }
    const auto against_cyclictest = jitter(scheduling);
    if (against_cyclictest.empty()) fmt::print("(no cyclictest here: the loop's lateness is not compared)\n");
    run(against_cyclictest);
    run(client_stop());
    run(live_line(scheduling));
    run(live_delay());
    run(ring_reach(scheduling));
    run(plugin(scheduling));
    run(processor_time_in_a_session(scheduling));
  }
  run(processor_time_between_sessions(scheduling));

  if (!json_file.empty()) {
    std::ofstream file(json_file);
    file << "[\n";
    for (std::size_t i = 0; i < rows.size(); ++i) file << rows[i] << (i + 1 < rows.size() ? ",\n" : "\n");
    file << "]\n";
    if (!file.flush()) {
      fmt::print(stderr, "cannot write {}\n", json_file);
      return 1;
    }
  }
  return 0;
}
