// SPDX-License-Identifier: Apache-2.0
// What the record costs, in tables and as JSON.
//
//   knead_record_bench codecs [--rounds N] [--json FILE]
//   knead_record_bench year [--sessions N] [--json FILE]
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <fstream>

#include "tests/bench/record/record_bench.hpp"

int main(int argc, char** argv) {
  CLI::App app("What the record costs");
  app.require_subcommand(1);
  std::string json_file;
  int rounds = 3;
  CLI::App* codecs = app.add_subcommand("codecs", "Bytes and processor time of a sample");
  codecs->add_option("--rounds", rounds, "Of which the medians are taken")->check(CLI::Range(1, 100));
  codecs->add_option("--json", json_file, "Write the results to this file too");
  int sessions = 730;
  CLI::App* year = app.add_subcommand("year", "A year of daily use");
  year->add_option("--sessions", sessions, "How many")->check(CLI::Range(2, 100'000));
  year->add_option("--json", json_file, "Write the results to this file too");
  CLI11_PARSE(app, argc, argv);
  try {
    const std::string json = *codecs ? knead::bench::codecs(rounds) : knead::bench::year(sessions);
    if (!json_file.empty() && !(std::ofstream(json_file) << json).flush()) {
      fmt::print(stderr, "cannot write {}\n", json_file);
      return 1;
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "knead_record_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
