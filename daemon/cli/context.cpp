// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/context.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <vector>

#include "daemon/api/messages.hpp"
#include "daemon/session/event_json.hpp"

namespace knead::cli {

Result<LoadedConfig> Context::config() const {
  std::vector<ConfigOverride> overrides;
  if (!socket.empty()) overrides.push_back(ConfigOverride::path("--socket", "api.socket", socket));
  return load_config(environment_, overrides);
}

Result<api::Client> Context::connect() const {
  const auto loaded = config();
  if (!loaded) return std::unexpected(loaded.error());
  return api::Client::connect_any(client_sockets(*loaded));
}

Result<boost::json::value> Context::ask(std::string_view method, const boost::json::object& params) const {
  auto client = connect();
  if (!client) return std::unexpected(client.error());
  return client->call(method, params);
}

Result<std::string> Context::database(const std::string& chosen) const {
  if (!chosen.empty()) return chosen;
  if (const auto status = ask("daemon.status"); status && status->is_object()) {
    auto database = api::daemon_status_from(status->get_object()).record.database;
    if (!database.empty()) return database;
  }
  const auto loaded = config();
  if (!loaded) return std::unexpected(loaded.error());
  return loaded->config.record.database;
}

ExitCode report(const Error& error) {
  fmt::print(stderr, "knead: {}\n", error.message());
  return exit_code_of(error);
}

ExitCode report_wrong_use(const Error& error) {
  report(error);
  return ExitCode::kWrongUse;
}

void print_json(const boost::json::value& value) { fmt::print("{}\n", session::serialize(value)); }

}  // namespace knead::cli
