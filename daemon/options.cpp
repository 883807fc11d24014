// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace knead {

namespace {
constexpr int kWrongUse = 2;
}

std::expected<DaemonOptions, int> parse_daemon_options(int argc, char** argv) {
  DaemonOptions options;
  std::string socket;
  std::string database;
  int rate_hz = 0;
  bool quiet = false;

  CLI::App app("kneadd: samples the ball, runs sessions, keeps the record, serves the `knead` command");
  app.set_version_flag("--version", "kneadd " KNEAD_VERSION);
  app.add_option("--config", options.config_file, "Read this configuration file and no other");
  app.add_option("--socket", socket, "Unix socket to serve");
  app.add_option("--database", database, "SQLite file of the record");
  app.add_option("--rate", rate_hz, "Sampling rate in Hz, 1000 to 8000");
  app.add_option("--sim", options.sim_balls,
                 "Use a virtual ball instead of USB: PERSON|TRACE.csv[,serial=S][,speed=N][,seed=N]; may be repeated");
  app.add_flag("--quiet", quiet, "Do not print cues");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return std::unexpected(app.exit(error));  // --help, --version
    std::cerr << "kneadd: " << error.what() << "; `kneadd --help` shows how it is used\n";
    return std::unexpected(kWrongUse);
  }
  if (!socket.empty()) options.overrides.push_back(ConfigOverride::path("--socket", "api.socket", socket));
  if (!database.empty()) options.overrides.push_back(ConfigOverride::path("--database", "record.database", database));
  if (rate_hz != 0) options.overrides.push_back({"--rate", "ball.rate_hz", std::to_string(rate_hz)});
  options.show_cues = !quiet;
  return options;
}

}  // namespace knead
