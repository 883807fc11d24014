// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/api/client.hpp"
#include "daemon/cli/exit_code.hpp"
#include "daemon/core/config.hpp"
#include "daemon/core/environment.hpp"
#include "daemon/core/error.hpp"

namespace knead::cli {

/// What every command may need: where it runs, the options before the command's name, and the action the command line
/// chose. One per program run.
class Context {
 public:
  explicit Context(Environment environment) : environment_(std::move(environment)) {}

  std::string socket;                ///< --socket; empty: as configured
  std::function<ExitCode()> action;  ///< set by the chosen command

  [[nodiscard]] const Environment& environment() const { return environment_; }
  [[nodiscard]] Result<LoadedConfig> config() const;
  [[nodiscard]] Result<api::Client> connect() const;
  /// Connects, asks one thing, and leaves.
  [[nodiscard]] Result<boost::json::value> ask(std::string_view method, const boost::json::object& params = {}) const;
  /// @p chosen, or the running daemon's database, or the configured one.
  [[nodiscard]] Result<std::string> database(const std::string& chosen) const;

 private:
  Environment environment_;
};

/// "knead: <context>; <remedy>" on stderr.
ExitCode report(const Error& error);
/// The same for what was typed. @return kWrongUse.
ExitCode report_wrong_use(const Error& error);
/// On stdout, one line, the same bytes for the same value.
void print_json(const boost::json::value& value);

}  // namespace knead::cli
