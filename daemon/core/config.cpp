// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/config.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "daemon/core/config_keys.hpp"
#include "daemon/core/toml_reader.hpp"

namespace knead {
namespace {

constexpr std::string_view kSystemConfig = "/etc/knead/kneadd.toml";
constexpr std::string_view kSystemSocket = "/run/knead/kneadd.sock";
constexpr std::string_view kSystemDatabase = "/var/lib/knead/knead.db";
constexpr std::string_view kDefault = "default";

/// Takes every key of @p root into @p loaded; @p origin says where a line of this layer is.
template <class Origin>
void read_layer(TomlTable root, LoadedConfig& loaded, const Origin& origin) {
  std::string_view section;
  std::optional<TomlTable> table;
  for (const auto& key : config_detail::keys()) {
    if (key.section != section) {
      section = key.section;
      table = root.table(section);
    }
    if (table && key.read(*table, key.name, loaded.config))
      loaded.origins[key.dotted()] = origin(table->line(key.name));
  }
}

Result<> read_file(const std::string& file, LoadedConfig& loaded) {
  const auto text = TomlDocument::read_text(file);
  if (!text) {
    if (text.error().code == Errc::kNotFound) return {};
    return std::unexpected(text.error());
  }
  auto document = TomlDocument::parse(*text);
  if (document.parsed())
    read_layer(document.root(), loaded, [&](int line) { return fmt::format("{}:{}", file, line); });
  const auto findings = document.finish();
  if (has_errors(findings)) return std::unexpected(first_error(findings, file));
  return {};
}

Result<> read_override(const ConfigOverride& override, LoadedConfig& loaded) {
  auto document = TomlDocument::parse(fmt::format("{} = {}", override.key, override.value));
  if (document.parsed()) read_layer(document.root(), loaded, [&](int) { return override.flag; });
  const auto findings = document.finish();
  if (!has_errors(findings)) return {};
  // The one line of this document is not a place a person could look at.
  Finding finding = findings.front();
  finding.line = 0;
  return std::unexpected(to_error(finding, override.flag));
}

}  // namespace

ConfigOverride ConfigOverride::path(std::string flag, std::string key, const std::string& value) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(value, failed);
  return {.flag = std::move(flag),
          .key = std::move(key),
          .value = config_detail::quoted(failed ? value : absolute.lexically_normal().string())};
}

std::string default_socket(const Environment& environment) {
  if (!environment.runtime_directory.empty()) return environment.runtime_directory + "/kneadd.sock";
  if (environment.uid == 0) return std::string(kSystemSocket);
  if (!environment.xdg_runtime_dir.empty()) return environment.xdg_runtime_dir + "/knead/kneadd.sock";
  // No login session, as over a bare ssh or in a container. The home folder is ours alone, unlike /tmp.
  return environment.data_home() + "/knead/kneadd.sock";
}

std::string default_database(const Environment& environment) {
  if (!environment.state_directory.empty()) return environment.state_directory + "/knead.db";
  if (environment.uid == 0) return std::string(kSystemDatabase);
  return environment.data_home() + "/knead/knead.db";
}

Config default_config(const Environment& environment) {
  Config config;
  config.api.socket = default_socket(environment);
  config.record.database = default_database(environment);
  return config;
}

std::vector<std::string> config_files(const Environment& environment) {
  return {std::string(kSystemConfig), environment.config_home() + "/knead/kneadd.toml"};
}

Result<LoadedConfig> load_config(const Environment& environment, std::span<const std::string> files,
                                 std::span<const ConfigOverride> overrides) {
  LoadedConfig loaded{.config = default_config(environment), .origins = {}};
  for (const auto& key : config_detail::keys()) loaded.origins[key.dotted()] = kDefault;
  for (const auto& file : files)
    if (auto read = read_file(file, loaded); !read) return std::unexpected(read.error());
  for (const auto& override : overrides)
    if (auto read = read_override(override, loaded); !read) return std::unexpected(read.error());
  return loaded;
}

Result<LoadedConfig> load_config(const Environment& environment, std::span<const ConfigOverride> overrides) {
  const auto files = config_files(environment);
  return load_config(environment, files, overrides);
}

std::vector<Finding> check_config(std::string_view toml) {
  LoadedConfig ignored;
  auto document = TomlDocument::parse(toml);
  if (document.parsed()) read_layer(document.root(), ignored, [](int) { return std::string(); });
  return document.finish();
}

std::vector<RenderedKey> render_keys(const LoadedConfig& loaded) {
  std::vector<RenderedKey> rows;
  for (const auto& key : config_detail::keys()) {
    const auto origin = loaded.origins.find(key.dotted());
    rows.push_back({.key = key.dotted(),
                    .value = key.show(loaded.config),
                    .origin = origin == loaded.origins.end() ? std::string(kDefault) : origin->second});
  }
  return rows;
}

std::string render(const LoadedConfig& loaded) {
  std::string text;
  std::string_view section;
  const auto rows = render_keys(loaded);
  std::size_t row = 0;
  for (const auto& key : config_detail::keys()) {
    if (key.section != section) {
      section = key.section;
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    const RenderedKey& shown = rows[row++];
    if (shown.value.empty())
      text += fmt::format("# {} is not set: {}\n", key.name, key.about);
    else
      text += fmt::format("{} = {}  # {}; {}\n", key.name, shown.value, shown.origin, key.about);
  }
  return text;
}

std::vector<std::string> client_sockets(const LoadedConfig& loaded) {
  std::vector<std::string> sockets{loaded.config.api.socket};
  const auto origin = loaded.origins.find("api.socket");
  const bool chosen = origin != loaded.origins.end() && origin->second != kDefault;
  if (!chosen && sockets.front() != kSystemSocket) sockets.emplace_back(kSystemSocket);
  return sockets;
}

}  // namespace knead
