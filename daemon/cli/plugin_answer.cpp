// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/plugin_answer.hpp"

#include <fmt/format.h>

#include <utility>

#include "daemon/core/sample_ring.hpp"
#include "daemon/core/toml_reader.hpp"
#include "daemon/host/find_plugin.hpp"

namespace knead::cli {
namespace {

/// At the line of [activation] that sets @p key.
Finding at(const session::Routine& routine, std::string_view key, Finding::Severity severity, const Error& error) {
  Finding finding{.severity = severity, .key = fmt::format("activation.{}", key), .text = error.context};
  if (!error.remedy.empty()) finding.text += "; " + error.remedy;
  TomlDocument document = TomlDocument::parse(routine.source);
  if (const auto table = document.root().table("activation")) {
    finding.line = table->line(key);
    finding.column = table->column(key);
  }
  return finding;
}

/// A plugin may refuse for whatever reason it likes; most often it does not know the exercise, and names it.
std::string_view refused_key(const session::Activation& activation, const Error& error) {
  return error.context.find('"' + activation.exercise + '"') != std::string::npos ? "exercise" : "plugin";
}

}  // namespace

PluginAnswer ask_plugin(const session::Routine& routine, const std::vector<std::string>& folders) {
  if (!routine.activation) return {};
  const auto error_at = [&](std::string_view key, const Error& error) {
    return PluginAnswer{.info = {}, .finding = at(routine, key, Finding::Severity::kError, error)};
  };
  auto file = host::find_plugin(routine.activation->plugin, folders);
  if (!file) {
    return {.info = {}, .finding = at(routine, "plugin", Finding::Severity::kWarning, file.error())};
  }
  auto program = host::find_host_program();
  if (!program) return error_at("plugin", program.error());
  constexpr std::uint64_t kSlots = 64;  // no sample is ever written
  auto ring = SampleRing::create(kSlots);
  if (!ring) return error_at("plugin", ring.error());
  const auto descriptor = ring->read_only_descriptor();
  if (!descriptor) return error_at("plugin", descriptor.error());
  auto answer = host::PluginProcess::examine({.plugin_file = std::move(*file),
                                              .host_program = std::move(*program),
                                              .activation = *routine.activation,
                                              .routine_file = routine.file,
                                              .ring_fd = *descriptor});
  if (answer) return {.info = std::move(*answer), .finding = {}};
  if (answer.error().finding) return {.info = {}, .finding = std::move(answer.error().finding)};
  return error_at(refused_key(*routine.activation, answer.error().error), answer.error().error);
}

}  // namespace knead::cli
