// SPDX-License-Identifier: Apache-2.0
// What a person may set. Layers, later ones win key by key:
//
//   compiled defaults ─▶ /etc/knead/kneadd.toml ─▶ ~/.config/knead/kneadd.toml ─▶ flags
//
// An unknown key, a wrong value and a value above a safety ceiling are errors that name file, line and key (R2, R9).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/ceiling.hpp"
#include "daemon/core/environment.hpp"
#include "daemon/core/error.hpp"
#include "daemon/core/finding.hpp"
#include "daemon/core/safety_rule.hpp"
#include "daemon/core/units.hpp"

namespace knead {

struct Config {
  struct Api {
    std::string socket;        ///< never empty once loaded
    std::string socket_group;  ///< empty: the process's own
    bool operator==(const Api&) const = default;
  } api;
  struct Record {
    std::string database;  ///< never empty once loaded
    bool operator==(const Record&) const = default;
  } record;
  struct Realtime {
    int priority = 40;  ///< SCHED_FIFO, 0: off. Below the kernel's interrupt threads (50), which bring our data
    bool lock_memory = true;
    int cpu = -1;  ///< -1: any
    bool hold_cpu_latency = true;
    bool operator==(const Realtime&) const = default;
  } realtime;
  struct Interlock {
    Newtons hard_limit = ceiling::kHardLimit;
    std::chrono::milliseconds lease = ceiling::kLease;
    std::chrono::milliseconds ttl = ceiling::kTtl;
    std::chrono::milliseconds stale = ceiling::kStale;
    double max_level = ceiling::kMotorLevel;
    double max_rise_per_s = ceiling::kRisePerS;
    std::chrono::seconds max_vibration = ceiling::kVibration;
    std::chrono::seconds max_run = ceiling::kVibrationRun;
    int max_temperature_c = ceiling::kTemperatureC;
    bool operator==(const Interlock&) const = default;
  } interlock;
  struct Band {
    Newtons lo;
    Newtons hi;
    bool operator==(const Band&) const = default;
  };
  struct Session {
    std::optional<Band> band;  ///< replaces every routine's own
    SafetyRule safety_questions = SafetyRule::kAsk;
    bool operator==(const Session&) const = default;
  } session;
  struct Paths {
    std::vector<std::string> routines;  ///< folders looked through before the usual ones
    std::vector<std::string> plugins;
    std::vector<std::string> balls;
    bool operator==(const Paths&) const = default;
  } paths;
  struct Ball {
    std::string serial;  ///< used when several balls are there and none is named; empty: ask
    int rate_hz = 1000;
    bool operator==(const Ball&) const = default;
  } ball;

  bool operator==(const Config&) const = default;
};

/// The strongest layer: a flag of the command line.
struct ConfigOverride {
  std::string flag;   ///< "--socket": named in errors and as the origin
  std::string key;    ///< "api.socket"
  std::string value;  ///< as it would stand in the file: "12", "\"/run/x.sock\""

  /// For a key that holds a path: made absolute against the working directory.
  static ConfigOverride path(std::string flag, std::string key, const std::string& value);
};

struct LoadedConfig {
  Config config;
  std::map<std::string, std::string, std::less<>> origins;  ///< "api.socket" -> "default", "FILE:LINE" or a flag
};

/// Defaults where nothing is set: systemd's folders, then the system's for root, then the user's (XDG).
std::string default_socket(const Environment& environment);
std::string default_database(const Environment& environment);
Config default_config(const Environment& environment);

/// The files of the layers, weakest first, whether they exist or not.
std::vector<std::string> config_files(const Environment& environment);

/// Reads the layers in order. A file of @p files that does not exist is skipped. Errors: kInvalidInput with file, line,
/// key and remedy; kAccessDenied.
Result<LoadedConfig> load_config(const Environment& environment, std::span<const std::string> files,
                                 std::span<const ConfigOverride> overrides = {});
/// The usual files.
Result<LoadedConfig> load_config(const Environment& environment, std::span<const ConfigOverride> overrides = {});

/// Everything that is wrong with one file's text, for `knead config check FILE`.
std::vector<Finding> check_config(std::string_view toml);

/// A configuration file with every key, its value, and where the value came from as a comment.
std::string render(const LoadedConfig& loaded);
struct RenderedKey {
  std::string key;    ///< "api.socket"
  std::string value;  ///< as in the file; empty: not set
  std::string origin;
};
/// The same as rows, for `--json`.
std::vector<RenderedKey> render_keys(const LoadedConfig& loaded);

/// Sockets a client tries, in order: the one that was set, or the user's own daemon's and then the system's.
std::vector<std::string> client_sockets(const LoadedConfig& loaded);

}  // namespace knead
