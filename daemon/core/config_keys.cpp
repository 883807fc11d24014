// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/config_keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace knead::config_detail {
namespace {

template <class T, class Value>
bool take(T& into, const std::optional<Value>& value) {
  if (value) into = static_cast<T>(*value);  // the range it was read with fits T
  return value.has_value();
}

/// A number that configuration may lower but never raise (R2).
std::optional<double> below_ceiling(TomlTable& table, std::string_view name, double least, double most,
                                    std::string_view unit) {
  const auto value = table.number(name, {.min = least});
  if (value && *value > most) {
    table.error(name, fmt::format("is {}, above the compiled ceiling of {}{}, which configuration can only lower; "
                                  "give at most {}",
                                  *value, most, unit, most));
    return std::nullopt;
  }
  return value;
}

/// The same for a whole number of units of time.
template <class Duration>
std::optional<Duration> time_below_ceiling(TomlTable& table, std::string_view name, Duration least, Duration most,
                                           std::string_view unit) {
  const auto value = table.integer(name, {.min = least.count()});
  if (value && *value > most.count()) {
    below_ceiling(table, name, 0, static_cast<double>(most.count()), unit);
    return std::nullopt;
  }
  if (!value) return std::nullopt;
  return Duration(*value);
}
std::optional<std::chrono::milliseconds> ms_below_ceiling(TomlTable& table, std::string_view name,
                                                          std::chrono::milliseconds least,
                                                          std::chrono::milliseconds most) {
  return time_below_ceiling(table, name, least, most, " ms");
}
std::optional<std::chrono::seconds> s_below_ceiling(TomlTable& table, std::string_view name, std::chrono::seconds least,
                                                    std::chrono::seconds most) {
  return time_below_ceiling(table, name, least, most, " s");
}

constexpr std::size_t kMaxPath = 4096;

bool absolute(TomlTable& table, std::string_view name, std::string_view path) {
  if (path.starts_with('/')) return true;
  table.error(name, fmt::format("is \"{}\", a relative path; give one that begins with /", path));
  return false;
}

std::optional<std::string> path(TomlTable& table, std::string_view name) {
  auto value = table.string(name, Need::kOptional, kMaxPath);
  if (value && !absolute(table, name, *value)) return std::nullopt;
  return value;
}

std::optional<std::vector<std::string>> paths(TomlTable& table, std::string_view name) {
  auto values = table.strings(name, Need::kOptional, kMaxPath);
  if (values && !std::ranges::all_of(*values, [&](const auto& value) { return absolute(table, name, value); }))
    return std::nullopt;
  return values;
}

// Named whole: beside a source that includes <iomanip> an argument of std would bring std::quoted in.
std::string show_text(const std::string& text) { return text.empty() ? std::string() : config_detail::quoted(text); }
std::string show_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> items;
  items.reserve(paths.size());
  for (const auto& item : paths) items.push_back(config_detail::quoted(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}
std::string show_ms(std::chrono::milliseconds value) { return std::to_string(value.count()); }

using T = TomlTable;
using N = std::string_view;

// Ranges without a ceiling's source are what the kernel or the ball accepts.
constexpr std::array kKeys{
    Key{"api", "socket", "where programs reach the daemon",
        [](T& t, N n, Config& c) { return take(c.api.socket, path(t, n)); },
        [](const Config& c) { return show_text(c.api.socket); }},
    Key{"api", "socket_group", "members of this group may use the daemon too",
        [](T& t, N n, Config& c) { return take(c.api.socket_group, t.string(n)); },
        [](const Config& c) { return show_text(c.api.socket_group); }},
    Key{"record", "database", "where sessions are stored (SQLite)",
        [](T& t, N n, Config& c) { return take(c.record.database, path(t, n)); },
        [](const Config& c) { return show_text(c.record.database); }},
    Key{"realtime", "priority", "SCHED_FIFO priority of the sampling thread, 0: ordinary scheduling",
        [](T& t, N n, Config& c) { return take(c.realtime.priority, t.integer(n, {.min = 0, .max = 99})); },
        [](const Config& c) { return std::to_string(c.realtime.priority); }},
    Key{"realtime", "lock_memory", "keep the daemon's memory out of swap",
        [](T& t, N n, Config& c) { return take(c.realtime.lock_memory, t.boolean(n)); },
        [](const Config& c) { return std::string(c.realtime.lock_memory ? "true" : "false"); }},
    Key{"realtime", "cpu", "processor the sampling thread is bound to, -1: any",
        [](T& t, N n, Config& c) { return take(c.realtime.cpu, t.integer(n, {.min = -1, .max = 1023})); },
        [](const Config& c) { return std::to_string(c.realtime.cpu); }},
    Key{"realtime", "hold_cpu_latency", "keep processors from deep sleep while a session runs",
        [](T& t, N n, Config& c) { return take(c.realtime.hold_cpu_latency, t.boolean(n)); },
        [](const Config& c) { return std::string(c.realtime.hold_cpu_latency ? "true" : "false"); }},
    Key{"interlock", "hard_limit_n", "force that turns the motor off, at most 60",
        [](T& t, N n, Config& c) {
          const auto value = below_ceiling(t, n, 1.0, ceiling::kHardLimit.value, " N");
          return take(c.interlock.hard_limit.value, value);
        },
        [](const Config& c) { return fmt::format("{}", c.interlock.hard_limit.value); }},
    Key{"interlock", "lease_ms", "how long a motor request holds without renewal, at most 250",
        [](T& t, N n, Config& c) {
          // The main thread renews at 50 Hz; below 60 ms an ordinary hiccup would stutter the motor.
          return take(c.interlock.lease, ms_below_ceiling(t, n, std::chrono::milliseconds(60), ceiling::kLease));
        },
        [](const Config& c) { return show_ms(c.interlock.lease); }},
    Key{"interlock", "ttl_ms", "how long the ball runs its motor without a word from us, at most 500",
        [](T& t, N n, Config& c) {
          return take(c.interlock.ttl, ms_below_ceiling(t, n, std::chrono::milliseconds(60), ceiling::kTtl));
        },
        [](const Config& c) { return show_ms(c.interlock.ttl); }},
    Key{"interlock", "stale_ms", "silence of the ball that turns the motor off, at most 20",
        [](T& t, N n, Config& c) {
          // Two missing report periods of 1 ms, and some room for the scheduler.
          return take(c.interlock.stale, ms_below_ceiling(t, n, std::chrono::milliseconds(4), ceiling::kStale));
        },
        [](const Config& c) { return show_ms(c.interlock.stale); }},
    Key{"interlock", "max_level", "strongest vibration, 0 to 1",
        [](T& t, N n, Config& c) {
          return take(c.interlock.max_level, below_ceiling(t, n, 0.0, ceiling::kMotorLevel, ""));
        },
        [](const Config& c) { return fmt::format("{}", c.interlock.max_level); }},
    Key{"interlock", "max_rise_per_s", "how fast vibration may grow, in full strengths a second, at most 2",
        [](T& t, N n, Config& c) {
          // At 0.1 a vibration of half strength takes 5 s; less would be felt as a motor that does not work.
          return take(c.interlock.max_rise_per_s, below_ceiling(t, n, 0.1, ceiling::kRisePerS, " a second"));
        },
        [](const Config& c) { return fmt::format("{}", c.interlock.max_rise_per_s); }},
    Key{"interlock", "max_run_s", "vibration without a rest of 10 s, at most 150",
        [](T& t, N n, Config& c) {
          return take(c.interlock.max_run, s_below_ceiling(t, n, std::chrono::seconds(1), ceiling::kVibrationRun));
        },
        [](const Config& c) { return std::to_string(c.interlock.max_run.count()); }},
    Key{"interlock", "max_vibration_s", "vibration in one session, at most 240",
        [](T& t, N n, Config& c) {
          return take(c.interlock.max_vibration, s_below_ceiling(t, n, std::chrono::seconds(0), ceiling::kVibration));
        },
        [](const Config& c) { return std::to_string(c.interlock.max_vibration.count()); }},
    Key{"interlock", "max_temperature_c", "the ball's temperature that turns the motor off, at most 45",
        [](T& t, N n, Config& c) {
          const auto value = t.integer(n, {.min = 0});
          if (value && *value > ceiling::kTemperatureC) {
            below_ceiling(t, n, 0, ceiling::kTemperatureC, " C");
            return false;
          }
          return take(c.interlock.max_temperature_c, value);
        },
        [](const Config& c) { return std::to_string(c.interlock.max_temperature_c); }},
    Key{"session", "band_n", "your own target force, [lowest, highest], instead of the routine's",
        [](T& t, N n, Config& c) {
          const auto band = t.numbers(n, 2, {.min = 0.0, .max = ceiling::kHardLimit.value});
          if (!band) return false;
          if (band->front() >= band->back()) {
            t.error(n, "is upside down or empty; give the lower force first");
            return false;
          }
          c.session.band = Config::Band{.lo = Newtons{band->front()}, .hi = Newtons{band->back()}};
          return true;
        },
        [](const Config& c) {
          if (!c.session.band) return std::string();
          return fmt::format("[{}, {}]", c.session.band->lo.value, c.session.band->hi.value);
        }},
    Key{"session", "safety_questions", "who answers the safety questions before a session: ask, always or practitioner",
        [](T& t, N n, Config& c) {
          const auto name = t.string(n);
          if (!name) return false;
          const auto rule = safety_rule_from(*name);
          if (!rule) {
            t.error(n, fmt::format("is \"{}\"; give one of {}", *name, fmt::join(kSafetyRuleNames, ", ")));
            return false;
          }
          return take(c.session.safety_questions, rule);
        },
        [](const Config& c) { return config_detail::quoted(to_string(c.session.safety_questions)); }},
    Key{"paths", "routines", "folders with routines, looked through before the usual ones",
        [](T& t, N n, Config& c) { return take(c.paths.routines, paths(t, n)); },
        [](const Config& c) { return show_paths(c.paths.routines); }},
    Key{"paths", "plugins", "folders with plugins, looked through before the usual ones",
        [](T& t, N n, Config& c) { return take(c.paths.plugins, paths(t, n)); },
        [](const Config& c) { return show_paths(c.paths.plugins); }},
    Key{"paths", "balls", "folders with ball models, looked through before the usual ones",
        [](T& t, N n, Config& c) { return take(c.paths.balls, paths(t, n)); },
        [](const Config& c) { return show_paths(c.paths.balls); }},
    Key{"ball", "serial", "the ball to use when several are there and none is named",
        [](T& t, N n, Config& c) { return take(c.ball.serial, t.string(n)); },
        [](const Config& c) { return show_text(c.ball.serial); }},
    Key{"ball", "rate_hz", "readings a second: 1000, 2000, 4000 or 8000",
        [](T& t, N n, Config& c) {
          const auto value = t.integer(n, {.min = 1000, .max = 8000});
          // The ball's clock counts microseconds and a report carries the period in them.
          if (value && 1'000'000 % *value != 0) {
            t.error(n,
                    fmt::format("is {}, which does not divide a second evenly; give 1000, 2000, 4000 or 8000", *value));
            return false;
          }
          return take(c.ball.rate_hz, value);
        },
        [](const Config& c) { return std::to_string(c.ball.rate_hz); }},
};

}  // namespace

std::span<const Key> keys() { return kKeys; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

}  // namespace knead::config_detail
